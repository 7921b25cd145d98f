import * as z from 'zod';

/** A place in the hub's log: `<log id>:<seq>`. Sequence numbers start at 1 and have no gaps. */
export interface Cursor {
  readonly logId: string;
  readonly seq: number;
}

export const cursorText = z
  .string()
  .max(64)
  .regex(/^[0-9a-z]{1,32}:\d{1,15}$/, 'a cursor looks like "9f2c:1041"');

export function formatCursor({ logId, seq }: Cursor): string {
  return `${logId}:${seq}`;
}

/** Undefined when `text` is no cursor. */
export function parseCursor(text: string): Cursor | undefined {
  if (!cursorText.safeParse(text).success) return undefined;
  const [logId = '', seq = ''] = text.split(':');
  return { logId, seq: Number(seq) };
}

/** The cursor after which the event at `text` comes next. Undefined when `text` is no cursor. */
export function cursorBefore(text: string): string | undefined {
  const cursor = parseCursor(text);
  return cursor && formatCursor({ logId: cursor.logId, seq: Math.max(0, cursor.seq - 1) });
}
