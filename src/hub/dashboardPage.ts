import type { ServerResponse } from 'node:http';
import { cookieName, type BrowserSessions } from '../gate/browserSessions.js';
import type { DashboardFiles } from './dashboardFiles.js';
import type { Admitted } from '../gate/gate.js';
import type { PagePath } from '../gate/pageFiles.js';
import { commonHeaders } from './responses.js';

interface PageRequest {
  readonly sessions: BrowserSessions;
  readonly files: DashboardFiles;
  readonly response: ServerResponse;
  readonly admitted: Admitted;
}

/** `GET /`, `/events`: the page for who has a session, a session for who has a ticket, and how to get one for everybody else. */
export function servePage({ sessions, files, response, admitted }: PageRequest, page: PagePath): void {
  const { scheme, host, port, scope, enters, query } = admitted;
  const sockets = `${scheme === 'https' ? 'wss' : 'ws'}://${host}`;
  if (enters) {
    const { cookie, pageKey, maxAgeSeconds } = sessions.open(port);
    const secure = scheme === 'https' ? '; Secure' : '';
    const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
    response.setHeader('Set-Cookie', `${cookieName(port)}=${cookie}; ${attributes}`);
    send(response, sockets, 200, entrance(page, pageKey));
  } else if (scope === undefined) {
    send(response, sockets, 401, query.has('ticket') ? usedTicket : howToEnter);
  } else if (files.size === 0) {
    send(response, sockets, 503, document('<p>This hub was started without the files of the dashboard.</p>'));
  } else {
    send(response, sockets, 200, shells[page]);
  }
}

/** One of the files that the page loads; false when there is none of this name. */
export function serveFile({ files, response, admitted }: PageRequest): boolean {
  const file = files.get(admitted.path);
  if (!file) return false;
  response.writeHead(200, { ...commonHeaders, 'Content-Type': file.type, 'Content-Length': file.content.length });
  response.end(file.content);
  return true;
}

function send(response: ServerResponse, sockets: string, status: number, html: string): void {
  const policy = [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `font-src 'self'`,
    `img-src 'self' data:`,
    // Not every browser counts a WebSocket to the same place as 'self'.
    `connect-src 'self' ${sockets}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(html),
    'Content-Security-Policy': policy,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
  });
  response.end(html);
}

function document(body: string, head = ''): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <link rel="icon" href="data:,">
  <title>Storyloop</title>
${head}</head>
<body>
${body}
</body>
</html>
`;
}

const shell = (name: string): string =>
  document(
    `  <script src="/${name}.js"></script>`,
    ['browser', 'codicon', name].map((style) => `  <link rel="stylesheet" href="/${style}.css">\n`).join(''),
  );
const shells: Readonly<Record<PagePath, string>> = { '/': shell('dashboard'), '/events': shell('events') };

/**
 * Goes on to the page by itself, not by a 303: then the next request comes from this page, and gets the strict cookie,
 * wherever the link was. The page key travels behind `#`, which is sent to nobody.
 */
function entrance(page: PagePath, pageKey: string): string {
  const target = `${page}#key=${pageKey}`;
  return document(`<p><a href="${target}">Go on</a></p>`, `  <meta http-equiv="refresh" content="0;url=${target}">\n`);
}

const remedy =
  'Run <b>Storyloop: Open dashboard in browser</b> in VS Code, or <code>storyloop dashboard</code> in a terminal.';
const howToEnter = document(`<p>The dashboard opens with a link that is good once. ${remedy}</p>`);
const usedTicket = document(`<p>This link was used already, or is older than a minute. ${remedy}</p>`);
