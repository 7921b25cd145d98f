/** What the system said went wrong: `ENOENT`, `EEXIST`… */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
