import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The dashboard's page: one script and two style sheets of our own, and nothing else may load or run. */
export function dashboardHtml(webview: vscode.Webview, dist: vscode.Uri): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  const nonce = randomBytes(16).toString('base64url');
  const source = webview.cspSource;
  const policy = [
    `default-src 'none'`,
    `style-src ${source}`,
    `font-src ${source}`,
    `img-src ${source} data:`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <link rel="stylesheet" href="${file('codicon.css')}">
  <link rel="stylesheet" href="${file('dashboard.css')}">
  <title>Storyloop</title>
</head>
<body>
  <script nonce="${nonce}" src="${file('dashboard.js')}"></script>
</body>
</html>`;
}
