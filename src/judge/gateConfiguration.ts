import type { Weakening } from './weakenedChecks.js';

/** Files that say how strict a check is, by the tool that reads them. */
const tools: Readonly<Record<string, RegExp>> = {
  TypeScript: /^tsconfig.*\.json$/,
  ESLint: /^(?:eslint\.config\.[cm]?[jt]s|\.eslintrc(?:\..+)?|\.eslintignore)$/,
  Jest: /^jest\.config\.\w+$/,
  Vitest: /^vitest\.(?:config|workspace)\.\w+$/,
  Mocha: /^\.mocharc(?:\..+)?$/,
  pytest: /^(?:\.?pytest\.ini|tox\.ini)$/,
  Ruff: /^\.?ruff\.toml$/,
  mypy: /^\.?mypy\.ini$/,
  flake8: /^\.flake8$/,
  coverage: /^(?:\.c8rc|\.nycrc|\.coveragerc)(?:\..+)?$/,
  'pre-commit': /^\.pre-commit-config\.ya?ml$/,
  'lint-staged': /^(?:\.lintstagedrc(?:\..+)?|lint-staged\.config\.\w+)$/,
  Lefthook: /^\.?lefthook(?:-local)?\.\w+$/,
  Storyloop: /^\.storyloop\.json$/,
};

/** The tool whose configuration a file is. */
export function toolOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return Object.entries(tools).find(([, pattern]) => pattern.test(name))?.[0];
}

/**
 * Whether a configuration that is added takes something from one that was there: its tool has one in this folder or above,
 * and its folder had files already. `baseFiles`: all files from before. TypeScript reads the one that it is told.
 */
export function overrides(path: string, baseFiles: readonly string[]): boolean {
  const tool = toolOf(path);
  if (tool === 'Storyloop') return true;
  if (tool === undefined || tool === 'TypeScript') return false;
  const folder = folderOf(path);
  return (
    baseFiles.some((file) => file.startsWith(folder)) &&
    baseFiles.some((file) => toolOf(file) === tool && folder.startsWith(folderOf(file)))
  );
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** A file that holds other things besides the configuration of checks, before and after; undefined: it is not there. */
export interface Manifest {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export function isManifest(path: string): boolean {
  return /(?:^|\/)(?:package\.json|pyproject\.toml|setup\.cfg)$/.test(path);
}

/** What a manifest says of checks and did not say before. `gateTexts`: the commands of the gates, which name npm scripts. */
export function weakenedManifest({ path, before, after }: Manifest, gateTexts: readonly string[]): Weakening[] {
  if (before === undefined) return [];
  const partsOf = path.endsWith('package.json') ? packageParts : sections;
  const [old, now] = [partsOf(before, gateTexts), partsOf(after ?? '', gateTexts)];
  if (!old || !now) return [];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((part) => old.get(part) !== now.get(part))
    .map((part) => ({ file: path, what: `changes ${part}` }));
}

type Parts = ReadonlyMap<string, string>;

const PACKAGE_KEYS = ['jest', 'mocha', 'vitest', 'eslintConfig', 'eslintIgnore', 'c8', 'nyc', 'lint-staged'];

/** Undefined when it cannot be understood, as then by npm. */
function packageParts(text: string, gateTexts: readonly string[]): Parts | undefined {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text === '' ? '{}' : text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  if (!isObject(manifest)) return undefined;
  const scripts = isObject(manifest['scripts']) ? manifest['scripts'] : {};
  const parts = new Map<string, string>();
  for (const key of PACKAGE_KEYS) if (key in manifest) parts.set(`"${key}"`, JSON.stringify(manifest[key]));
  for (const name of usedScripts(scripts, gateTexts)) {
    if (name in scripts) parts.set(`the script "${name}"`, JSON.stringify(scripts[name]));
  }
  return parts;
}

/** The scripts that the gates run, and those that these run in turn. */
function usedScripts(scripts: Readonly<Record<string, unknown>>, gateTexts: readonly string[]): ReadonlySet<string> {
  const used = new Set<string>();
  const follow = (command: string): void => {
    for (const [, name = ''] of command.matchAll(
      /\b(?:npm|pnpm|yarn)\s+(?:run(?:-script)?\s+)?(?:-\S+\s+)*([\w:.-]+)/g,
    )) {
      for (const script of [name === 't' ? 'test' : name, `pre${name}`, `post${name}`]) {
        if (used.has(script)) continue;
        used.add(script);
        if (Object.hasOwn(scripts, script)) follow(String(scripts[script]));
      }
    }
  };
  gateTexts.forEach(follow);
  return used;
}

/** Sections of an INI or TOML file that configure checks. */
function sections(text: string): Parts {
  const parts = new Map<string, string>();
  let section: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[+\s*([^\]]+?)\s*\]+/.exec(line)?.[1];
    if (header !== undefined)
      section = /^(?:tool[.:])?(?:pytest|ruff|mypy|pyright|coverage|flake8|pylint)\b/.test(header) ? header : undefined;
    else if (section !== undefined && line.trim() !== '') {
      parts.set(`[${section}]`, `${parts.get(`[${section}]`) ?? ''}${line.trim()}\n`);
    }
  }
  return parts;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
