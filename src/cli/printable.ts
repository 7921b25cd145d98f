import { stripVTControlCharacters } from 'node:util';

/** What others wrote, as one line that cannot move the cursor or change the terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is to be taken out
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
