interface Runner {
  /** The words of a script that begin this runner, without its options. */
  readonly program: RegExp;
  /** Options that take the following word. */
  readonly takesWord: readonly string[];
  /** Options that make no sense for a single test, or fail it for reasons of their own. */
  readonly dropped: RegExp;
  readonly template: (options: readonly string[]) => string[];
}

const RUNNERS: readonly Runner[] = [
  {
    program: /^node(?=\s(?:.*\s)?--test(?:\s|$))/,
    takesWord: ['--import', '--require', '-r', '--loader', '--experimental-loader', '--conditions', '-C', '--env-file'],
    dropped: /^--(?:test|watch|experimental-test)/,
    template: (options) => ['node', ...options, '--test', '--test-name-pattern={name}', '{file}'],
  },
  {
    program: /^(?:npx )?mocha\b/,
    takesWord: [
      '--require',
      '-r',
      '--import',
      '--config',
      '--timeout',
      '-t',
      '--ui',
      '-u',
      '--extension',
      '--node-option',
      '-n',
    ],
    dropped: /^(?:--(?:watch|grep|fgrep|spec|parallel|reporter|bail|forbid-)|-[wgfRb]$)/,
    template: (options) => ['npx', '--no-install', 'mocha', ...options, '--fail-zero', '--grep={name}', '{file}'],
  },
  {
    program: /^(?:npx )?vitest(?: run)?\b/,
    takesWord: ['--config', '-c', '--root', '-r', '--project', '--environment', '--pool'],
    dropped: /^(?:--(?:watch|coverage|testNamePattern|reporter|passWithNoTests|bail)|-[wt]$)/,
    template: (options) => ['npx', '--no-install', 'vitest', 'run', ...options, '--testNamePattern={name}', '{file}'],
  },
  {
    program: /^(?:npx )?jest\b/,
    takesWord: ['--config', '-c', '--env', '--preset', '--rootDir'],
    dropped: /^(?:--(?:watch|coverage|testNamePattern|passWithNoTests|bail|reporters)|-[tob]$)/,
    template: (options) => [
      'npx',
      '--no-install',
      'jest',
      ...options,
      '--testNamePattern={name}',
      '--runTestsByPath',
      '{file}',
    ],
  },
];

/**
 * How to run one test by the runner of an npm script, as an argument vector with `{file}` and `{name}`. Undefined when
 * the script is more than one plain command of node --test, mocha, vitest or jest.
 */
export function testTemplate(script: string): string[] | undefined {
  const plain = script.trim();
  if (/[&|;<>$`\\\n]/.test(plain)) return undefined;
  for (const runner of RUNNERS) {
    const start = runner.program.exec(plain)?.[0];
    if (start === undefined) continue;
    const words = plain.slice(start.length).match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
    return runner.template(optionsOf(runner, words.map(unquote)));
  }
  return undefined;
}

/**
 * The command for one test. Runners take a pattern for the name, so its special characters are escaped; without a
 * name the arguments that hold `{name}` are left out, and the whole file runs.
 */
export function fillTestCommand(
  template: readonly string[],
  test: { readonly file: string; readonly name?: string },
): string[] {
  const name = (test.name ?? '').replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const used = test.name === undefined ? template.filter((part) => !part.includes('{name}')) : template;
  return used.map((part) => part.replace(/\{(?:file|name)\}/g, (hole) => (hole === '{file}' ? test.file : name)));
}

function optionsOf(runner: Runner, words: readonly string[]): string[] {
  return words.filter((word, index) => {
    const before = words[index - 1];
    if (before !== undefined && runner.takesWord.includes(before)) return true;
    return word.startsWith('-') && !runner.dropped.test(word);
  });
}

function unquote(word: string): string {
  return word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? '');
}
