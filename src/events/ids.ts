/** Ids that sort by the time they were made: milliseconds in base 36, then randomness. Lower case, safe in file and ref names. */
function timeSortable(now: number, random: Uint8Array): string {
  const time = now.toString(36).padStart(9, '0');
  const noise = Array.from(random, (byte) => (byte % 36).toString(36)).join('');
  return `${time}${noise}`;
}

/** `run_<time-sortable>`. */
export function newRunId(now: number): string {
  return `run_${timeSortable(now, crypto.getRandomValues(new Uint8Array(6)))}`;
}

/** Whether only a run can be called that. */
export function isRunId(text: string): boolean {
  return text.startsWith('run_');
}

/** Id of one event, unique without asking anybody. */
export function newEventId(now: number): string {
  return `e_${timeSortable(now, crypto.getRandomValues(new Uint8Array(10)))}`;
}
