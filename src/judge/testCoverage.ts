import { plainText } from '../state/outputText.js';

/** Where a reporter says how much is covered; the first group is the percentage, of lines where it tells several. */
const reports: readonly RegExp[] = [
  // node --test: file | line % | branch % | funcs % | …
  /^\s*(?:#|ℹ) all files\s*\|\s*([\d.]+)\s*\|/gim,
  // Istanbul's table (jest, vitest, c8): file | % statements | % branches | % functions | % lines | …
  /^\s*All files\s*\|(?:\s*[\d.]+\s*\|){3}\s*([\d.]+)\s*\|/gm,
  // Istanbul's summary: Lines : 85.71% ( 12/14 )
  /^\s*Lines\s*:\s*([\d.]+)%/gm,
  // pytest-cov: TOTAL  100  15  85%
  /^TOTAL(?:\s+\d+){2,}\s+([\d.]+)%\s*$/gm,
  // go tool cover -func
  /^total:\s+\(statements\)\s+([\d.]+)%\s*$/gm,
];

/** How much of the code the tests cover, in percent of lines (go: of statements). Undefined when nobody says it. */
export function parseCoverage(output: string): number | undefined {
  const text = plainText(output);
  const found = reports.flatMap((report) => [...text.matchAll(report)]).sort((a, b) => a.index - b.index);
  const percent = found.at(-1)?.[1] ?? ofOnePackage(text);
  const coverage = Number(percent);
  return percent !== undefined && coverage >= 0 && coverage <= 100 ? coverage : undefined;
}

/** `go test -cover` tells it of each package, and what that makes of all of them nobody knows. */
function ofOnePackage(text: string): string | undefined {
  const packages = [...text.matchAll(/^(?:ok|FAIL)?\s.*\bcoverage: ([\d.]+)% of statements/gm)];
  const alone = [...text.matchAll(/^coverage: ([\d.]+)% of statements/gm)];
  const told = packages.length > 0 ? packages : alone;
  return told.length === 1 ? told[0]?.[1] : undefined;
}
