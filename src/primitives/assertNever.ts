/** Makes a switch exhaustive: the compiler refuses a case that was forgotten; at run time it is a bug. */
export function assertNever(value: never): never {
  throw new Error(`Internal error: unexpected value ${JSON.stringify(value)}`);
}
