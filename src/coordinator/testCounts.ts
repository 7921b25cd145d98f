export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly total: number;
}

/** Counts from the closing lines of node:test (TAP and spec) and mocha; undefined when there are none. */
export function parseTestCounts(output: string): TestCounts | undefined {
  const last = (pattern: RegExp): number | undefined => {
    const match = [...output.matchAll(pattern)].at(-1);
    return match?.[1] === undefined ? undefined : Number(match[1]);
  };
  const passed = last(/^\s*(?:#|ℹ) pass (\d+)\s*$/gm) ?? last(/^\s*(\d+) passing\b/gm);
  if (passed === undefined) return undefined;
  const failed = last(/^\s*(?:#|ℹ) fail (\d+)\s*$/gm) ?? last(/^\s*(\d+) failing\b/gm) ?? 0;
  return { passed, failed, total: passed + failed };
}
