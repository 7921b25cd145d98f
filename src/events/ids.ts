/** Ids that sort by the time they were made: milliseconds in base 36, then randomness. Lower case, safe in file and ref names. */
function timeSortable(now: number, random: Uint8Array): string {
  const time = now.toString(36).padStart(9, '0');
  let noise = '';
  for (const byte of random) noise += digits.charAt(byte % digits.length);
  return `${time}${noise}`;
}

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Randomness is had by the page: asking for a few bytes takes as long as asking for many. */
const pool = new Uint8Array(4_096);
let used = pool.length;

function randomBytes(count: number): Uint8Array {
  if (used + count > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

/** `run_<time-sortable>`. */
export function newRunId(now: number): string {
  return `run_${timeSortable(now, randomBytes(6))}`;
}

/** Whether only a run can be called that. */
export function isRunId(text: string): boolean {
  return text.startsWith('run_');
}

/** Id of one event, unique without asking anybody. */
export function newEventId(now: number): string {
  return `e_${timeSortable(now, randomBytes(10))}`;
}
