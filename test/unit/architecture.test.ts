import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What a folder may import besides itself; `folder/file` allows one file of a folder. */
interface Layer {
  readonly ours: readonly string[];
  readonly packages: readonly string[];
}

const core = ['primitives', 'events'];
const headless = [
  ...core,
  ...['state', 'bus', 'prd', 'records', 'session', 'journal', 'git', 'config', 'processes', 'agents'],
  ...['plan', 'attempt', 'judge', 'coordinator'],
  ...['log', 'gate', 'dialects', 'hub', 'client'],
];
const outerRing: Layer = {
  ours: [
    ...core,
    ...['state', 'prd', 'session', 'journal/readJournal', 'journal/tailJournal', 'git', 'config', 'hub', 'client'],
  ],
  packages: ['vscode', 'node:*', 'zod'],
};

/** The same table stands in src/README.md. */
const layers: Readonly<Record<string, Layer>> = {
  primitives: { ours: [], packages: [] },
  events: { ours: ['primitives'], packages: ['zod'] },
  state: { ours: core, packages: [] },
  bus: { ours: core, packages: ['mitt'] },
  prd: { ours: core, packages: ['jsonc-parser', 'node:crypto', 'node:path', 'picomatch'] },
  records: { ours: core, packages: ['node:fs', 'node:path', 'node:util', 'node:zlib'] },
  session: {
    ours: [...core, 'records'],
    packages: ['node:*', 'zod', 'proper-lockfile', 'write-file-atomic'],
  },
  journal: { ours: [...core, 'state', 'records', 'session'], packages: ['node:fs', 'node:path'] },
  git: { ours: ['primitives', 'session/repositoryTurns'], packages: ['node:*'] },
  config: { ours: ['primitives', 'session/paths'], packages: ['node:fs', 'node:path', 'zod'] },
  processes: { ours: ['primitives'], packages: ['node:*'] },
  agents: { ours: [...core, 'processes', 'config/config', 'config/commandText'], packages: ['node:*', 'zod', 'execa'] },
  plan: {
    ours: [...core, 'state', 'prd', 'session', 'git', 'config', 'processes', 'agents'],
    packages: ['node:crypto', 'node:fs', 'node:path'],
  },
  attempt: {
    ours: [...core, 'prd', 'session/paths', 'journal', 'git', 'config', 'processes', 'agents', 'plan'],
    packages: ['node:*'],
  },
  judge: {
    ours: [
      ...[...core, 'state', 'prd', 'session/repositoryTurns', 'git', 'config', 'processes', 'agents', 'plan'],
      'attempt',
    ],
    packages: ['node:*', 'fast-xml-parser', 'picomatch', 'zod'],
  },
  coordinator: {
    ours: [
      ...[...core, 'state', 'prd', 'records', 'session', 'journal', 'git', 'config', 'processes', 'agents'],
      ...['plan', 'attempt', 'judge'],
    ],
    packages: ['node:*', 'zod'],
  },
  log: { ours: [...core, 'state', 'records', 'session'], packages: ['node:crypto', 'node:fs', 'node:path', 'zod'] },
  gate: { ours: core, packages: ['node:crypto', 'zod'] },
  dialects: { ours: core, packages: [] },
  hub: {
    ours: [
      ...[...core, 'state', 'bus', 'records', 'session', 'journal/readJournal', 'journal/tailJournal', 'log', 'gate'],
      'dialects',
    ],
    packages: ['node:*', 'prom-client', 'ws', 'zod'],
  },
  socketio: {
    ours: [...core, 'gate/scopes', 'dialects/progressHub', 'hub/feed', 'hub/socketIo'],
    packages: ['node:*', 'engine.io', 'socket.io', 'zod'],
  },
  client: { ours: [...core, 'state', 'session'], packages: ['node:events', 'node:http', 'ws'] },
  cli: { ours: [...headless, 'package.json'], packages: ['node:*', 'commander', 'log-update', 'string-width', 'zod'] },
  vscode: { ...outerRing, ours: [...outerRing.ours, 'processes/executable'] },
  'extension.ts': { ours: [...outerRing.ours, 'vscode', 'package.json'], packages: outerRing.packages },
  'webview-ui': {
    ours: [...core, 'state', 'client/connection', 'client/filterQuery', 'client/serverFrame'],
    packages: ['preact', 'zod'],
  },
};

/** Specifiers of all imports: at run time, of types only, dynamic, and re-exports. */
function specifiers(source: string): string[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** `src/hub/gate.ts` → `hub`, `src/extension.ts` → `extension.ts`, `webview-ui/views/story.tsx` → `webview-ui`. */
function layerOf(file: string): string {
  const [top = '', next = ''] = file.split('/');
  return top === 'src' ? next : top;
}

/** Why `file` may not import `specifier`; undefined when it may. */
function refusal(file: string, specifier: string): string | undefined {
  const layer = layers[layerOf(file)];
  if (!layer) return 'is in no layer';
  if (!specifier.startsWith('.')) {
    const name = packageOf(specifier);
    return layer.packages.some((one) => one === name || (one === 'node:*' && name.startsWith('node:')))
      ? undefined
      : `imports ${specifier}`;
  }
  const relative = path.posix.join(path.posix.dirname(file), specifier);
  if (!/(\.js|\.css|\.json|\.ts\?bundle)$/.test(specifier)) return `imports ${specifier} without its suffix`;
  const target = layerOf(relative);
  const exact = relative.replace(/^src\//, '').replace(/\.(js|ts\?bundle)$/, '');
  return target === layerOf(file) || layer.ours.includes(target) || layer.ours.includes(exact)
    ? undefined
    : `imports ${relative}`;
}

/** `node:fs/promises` → `node:fs`, `preact/hooks` → `preact`, `@scope/name/x` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Whether the module exports something by default, in any of the ways there are. */
function hasDefaultExport(source: string): boolean {
  const file = ts.createSourceFile('x.tsx', source, ts.ScriptTarget.Latest);
  return file.statements.some((statement) => {
    if (ts.isExportAssignment(statement)) return true;
    if (ts.isExportDeclaration(statement)) {
      const named = statement.exportClause;
      return (
        named !== undefined && ts.isNamedExports(named) && named.elements.some((one) => one.name.text === 'default')
      );
    }
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) ?? false;
  });
}

/** Whether a line names a package registry or a folder of the machine on which this was written. Names neither itself. */
function namesMachine(line: string): boolean {
  const registries = /:\/\/[\w.-]*registry|\bregistry\.(npm|yarn)|\bnpmj[s]\.|\bpypi[.]org|\bdeb[.]debian/;
  const folders = /(?<![\w.$)}\]>/-])\/(wor[k]|roo[t])(?![\w-])/;
  return registries.test(line) || folders.test(line);
}

// What is committed or about to be, so that a mistake is found before the commit.
const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
  maxBuffer: 1 << 26,
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(file));
const read = (file: string): string => readFileSync(file, 'utf8');
const modules = tracked.filter((file) => /^(src|webview-ui)\/.*\.tsx?$/.test(file));
const programs = modules.filter((file) => !file.endsWith('.d.ts'));

function assertNone(violations: readonly string[]): void {
  assert.equal(violations.length, 0, `\n  ${violations.join('\n  ')}\n`);
}

describe('The tree of files', () => {
  it('imports along the layers only', () => {
    assertNone(
      programs.flatMap((file) =>
        specifiers(read(file)).flatMap((specifier) => {
          const why = refusal(file, specifier);
          return why === undefined ? [] : [`${file} ${why}`];
        }),
      ),
    );
  });

  it('is two levels deep under src, and has no index and no utils', () => {
    assertNone(tracked.filter((file) => file.startsWith('src/') && file.split('/').length > 3));
    assertNone(modules.filter((file) => /(^|\/)(index|utils?|helpers?|common|misc)(\.|\/)/.test(file)));
  });

  it('has entries, types for the bundler and one page about itself at the top of src, and nothing else', () => {
    const top = tracked.filter((file) => /^src\/[^/]+$/.test(file));
    assertNone(top.filter((file) => !['src/extension.ts', 'src/bundle.d.ts', 'src/README.md'].includes(file)));
  });

  it('has no file of more than 400 lines', () => {
    const long = tracked.filter((file) => /^(src|webview-ui|test)\/.*\.(ts|tsx|mjs|css)$/.test(file));
    assertNone(
      long.flatMap((file) => {
        const lines = read(file).split('\n').length - 1;
        return lines > 400 ? [`${file}: ${lines} lines`] : [];
      }),
    );
  });

  it('exports by name', () => {
    assertNone(programs.filter((file) => hasDefaultExport(read(file))));
  });

  it('keeps the primitives a closed list; another one is a decision that is taken here', () => {
    const names = modules
      .filter((file) => file.startsWith('src/primitives/'))
      .map((file) => path.basename(file, '.ts'));
    assert.deepEqual(names.sort(), [
      'assertNever',
      'clock',
      'deferred',
      'disposables',
      'errorCode',
      'failpoint',
      'logger',
      'result',
      'sequence',
      'unlessAborted',
    ]);
  });

  it('names no registry and no path of the machine that it was written on', () => {
    assertNone(
      tracked.flatMap((file) => {
        const text = read(file);
        if (text.includes('\0')) return [];
        return text
          .split('\n')
          .flatMap((line, index) => (namesMachine(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));
      }),
    );
  });
});

describe('src/README.md', () => {
  const page = existsSync('src/README.md') ? read('src/README.md') : '';

  it('has the table of layers that is enforced', () => {
    const cell = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(', '));
    assertNone(
      Object.entries(layers)
        .map(([name, { ours, packages }]) => `| \`${name}\` | ${cell(ours)} | ${cell(packages)} |`)
        .filter((row) => !page.replaceAll(/ +/g, ' ').includes(row)),
    );
  });

  it('names only files and tests that exist', () => {
    const names = [...page.matchAll(/`((?:src|test|webview-ui|docs|examples)\/[\w./-]+)`(?: “([^”]+)”)?/g)];
    assert.ok(names.length > 0);
    assertNone(
      names.flatMap(([, file = '', test]) => {
        if (!existsSync(file)) return [file];
        return test !== undefined && !read(file).includes(test) ? [`${file} “${test}”`] : [];
      }),
    );
  });
});

describe('The rules of this page', () => {
  it('see every kind of import', () => {
    const source = `
      import { a } from './a.js'; import type { B } from './b.js'; export * from './c.js'; export type { D } from './d.js';
      import './e.js'; let f: import('./f.js').F; const g = await import('./g.js'); import h = require('./h.js');
      // import './comment.js'
      const text = "import './text.js'";`;
    assert.deepEqual(
      specifiers(source).sort(),
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `./${name}.js`),
    );
  });

  it('refuse what leaves a layer', () => {
    const refused = (file: string, specifier: string): boolean => refusal(file, specifier) !== undefined;
    assert.equal(refused('src/events/ids.ts', '../primitives/result.js'), false);
    assert.equal(refused('src/events/ids.ts', '../state/fold.js'), true);
    assert.equal(refused('src/events/ids.ts', '../events/cursor.js'), false);
    assert.equal(refused('src/state/fold.ts', 'node:fs'), true);
    assert.equal(refused('src/records/scan.ts', 'node:fs/promises'), false);
    assert.equal(refused('src/records/scan.ts', 'node:http'), true);
    assert.equal(refused('src/hub/hub.ts', 'vscode'), true);
    assert.equal(refused('src/vscode/tree.ts', 'vscode'), false);
    assert.equal(refused('src/vscode/tree.ts', '../coordinator/main.js'), true);
    assert.equal(refused('src/vscode/tree.ts', '../journal/readJournal.js'), false);
    assert.equal(refused('src/vscode/tree.ts', '../journal/journalWriter.js'), true);
    assert.equal(refused('src/coordinator/main.ts', '../hub/hub.js'), true);
    assert.equal(refused('src/config/gates.ts', '../session/paths.js'), false);
    assert.equal(refused('src/config/gates.ts', '../session/inbox.js'), true);
    assert.equal(refused('src/extension.ts', './vscode/commands.js'), false);
    assert.equal(refused('src/cli/main.ts', '../vscode/commands.js'), true);
    assert.equal(refused('src/processes/guarded.ts', './guardian.ts?bundle'), false);
    assert.equal(refused('src/processes/guarded.ts', './guardian'), true);
    assert.equal(refused('webview-ui/views/story.tsx', '../../src/state/selectors.js'), false);
    assert.equal(refused('webview-ui/views/story.tsx', '../../src/hub/hub.js'), true);
    assert.equal(refused('src/fresh/thing.ts', './other.js'), true);
  });

  it('see registries and folders of a machine', () => {
    const registry = ['https://the', 'registry.example/x'].join('-');
    const folders = ['root', 'work/main'].map((folder) => `cd "/${folder}" && ls`);
    const lines = [registry, ...folders];
    for (const line of lines) assert.equal(namesMachine(line), true, line);
    for (const line of ['agents/registry.js', '<root>/work', 'refs/work/x', '/workspaces', '${dir}/root', '/rooted']) {
      assert.equal(namesMachine(line), false, line);
    }
  });

  it('see every kind of default export', () => {
    for (const source of [
      'export default 1',
      'export default function f() {}',
      'const a = 1; export { a as default }',
    ]) {
      assert.equal(hasDefaultExport(source), true, source);
    }
    assert.equal(hasDefaultExport('export const a = 1; export class B {}'), false);
  });
});
