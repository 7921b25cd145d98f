/** Ids that sort by the time they were made: milliseconds in base 36, then randomness. Lower case, safe in file and ref names. */
function timeSortable(now: number, digits: number): string {
  return now.toString(36).padStart(9, '0') + (fiveDigits() + fiveDigits()).slice(0, digits);
}

/** Asking the system for a few bytes costs as much as asking it for many. */
const random = new Uint32Array(256);
let used = random.length;

function fiveDigits(): string {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  return ((random[used++] ?? 0) % 36 ** 5).toString(36).padStart(5, '0');
}

/** `run_<time-sortable>`. */
export function newRunId(now: number): string {
  return `run_${timeSortable(now, 6)}`;
}

/** Whether only a run can be called that. */
export function isRunId(text: string): boolean {
  return text.startsWith('run_');
}

/** Id of one event, unique without asking anybody. */
export function newEventId(now: number): string {
  return `e_${timeSortable(now, 10)}`;
}
