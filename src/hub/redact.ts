/** What stands where a secret was. */
const gone = '[redacted]';

/** A name whose value is nobody's business, as a field or before `=` or `:` in a text. */
const secretName = String.raw`[\w-]*(?:token|secret|passw(?:or)?d|api[_-]?key|access[_-]?key|private[_-]?key|authorization|cookie|ticket|credential|page-?key)[\w-]*`;

const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, gone],
  // A whole header: its value may have several words.
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)[^\r\n]+/gi, `$1$2${gone}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${gone}`],
  [/\b(storyloop\.(?:auth|page)\.)[\w.~-]+/g, `$1${gone}`],
  [/\b(storyloop-\d+=)[^\s;]+/g, `$1${gone}`],
  [/(:\/\/[^\s/:@]*:)[^\s/@]+@/g, `$1${gone}@`],
  [new RegExp(String.raw`\b(${secretName})(["']?\s*[:=]\s*["']?)[^\s"'&,;}\]]+`, 'gi'), `$1$2${gone}`],
  // Keys that are known by how they begin.
  [/\b(?:sk|pk|rk)[-_][\w-]{8,}/g, gone],
  [/\b(?:gh[oprsu]_|github_pat_|glpat-|npm_|pypi-|hf_|xox[a-z]-|xapp-)[\w-]{8,}/g, gone],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, gone],
  [/\bAIza[\w-]{20,}/g, gone],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, gone],
];

const secretField = new RegExp(`^${secretName}$`, 'i');
const maxDepth = 5;

/** A text without what looks like a secret. Rather too much than too little: it is for people who look for a fault. */
export function redactText(text: string): string {
  return patterns.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}

/** The same for anything that is to be told as JSON; what is nested too deep is left out. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return typeof value;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactText(value.stack ?? String(value));
  if (depth >= maxDepth) return '…';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      redactText(name),
      secretField.test(name) && item !== undefined ? gone : redactValue(item, depth + 1),
    ]),
  );
}
