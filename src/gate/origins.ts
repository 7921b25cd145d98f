import { err, ok, type Result } from '../primitives/result.js';

/** Requests of a page: what it may send, and for how long a browser need not ask again. */
export const preflightHeaders = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID, X-Request-Id',
  'Access-Control-Max-Age': '600',
} as const;

/**
 * Origins of a person's own pages, each written exactly as browsers send it. The error names the first that is none:
 * neither `*` nor `null` nor a pattern is one.
 */
export function parseOrigins(texts: readonly string[]): Result<readonly string[], string> {
  const wrong = texts.find((text) => !isOrigin(text));
  return wrong === undefined
    ? ok([...texts])
    : err(
        `"${wrong}" is no origin. Write it as browsers do, for example https://board.example or http://localhost:3000`,
      );
}

function isOrigin(text: string): boolean {
  return /^https?:\/\/[a-z0-9.:[\]-]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
