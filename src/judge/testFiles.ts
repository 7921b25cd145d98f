/** Languages whose tests and checks we know, by the extensions of their files. */
export const languages = {
  javascript: ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx', 'vue', 'svelte'],
  python: ['py', 'pyi'],
  go: ['go'],
  rust: ['rs'],
  other: ['java', 'kt', 'cs', 'rb', 'php', 'swift', 'dart', 'ex', 'exs', 'c', 'cc', 'cpp'],
} as const;
export type Language = keyof typeof languages;

export function languageOf(path: string): Language | undefined {
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase();
  const names = Object.keys(languages) as Language[];
  return names.find((name) => languages[name].some((known) => known === extension));
}

const testFolder = /(?:^|\/)(?:tests?|__tests__|specs?|e2e)\//i;
/** `it.test.ts`, `it_spec.rb`, `test_it.py`, `ItTest.java` */
const testName = /(?:^|\/)(?:[^/]*[._-](?:test|spec)s?|test_[^/]*|[^/]*[a-z0-9](?:Tests?|Spec|IT))\.\w+$/;

/** Whether a file holds tests, by its name or its folder. */
export function isTestFile(path: string): boolean {
  return languageOf(path) !== undefined && (testFolder.test(path) || testName.test(path));
}
