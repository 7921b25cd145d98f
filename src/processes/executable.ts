import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The file that a program's name means under an environment's PATH (and PATHEXT); undefined when there is none. */
export function findExecutable(
  name: string,
  env: Readonly<Record<string, string>>,
  cwd = process.cwd(),
): string | undefined {
  const windows = process.platform === 'win32';
  const extensions = windows ? ['', ...(variable(env, 'PATHEXT') ?? '.COM;.EXE;.BAT;.CMD').split(';')] : [''];
  const folders = /[/\\]/.test(windows ? name : name.replaceAll('\\', ''))
    ? [cwd]
    : (variable(env, 'PATH') ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    for (const extension of extensions) {
      const file = path.resolve(folder, name + extension);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

/** Windows' variables have no case. */
function variable(env: Readonly<Record<string, string>>, name: string): string | undefined {
  if (process.platform !== 'win32') return env[name];
  return Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What `spawn` is given to start a command. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly windowsVerbatimArguments: boolean;
}

/**
 * On Windows the shims that npm installs (`npm.cmd`, most agents) start only through cmd.exe, which reads its line by
 * rules of its own. Elsewhere a command is started as it is.
 */
export function launchOf(argv: readonly [string, ...string[]], executable: string | undefined): Launch {
  const [file, ...args] = argv;
  if (executable === undefined || !/\.(?:cmd|bat)$/i.test(executable)) {
    return { file, args, windowsVerbatimArguments: false };
  }
  const words = [escapeForCmd(executable), ...args.map((arg) => escapeForCmd(quoteForProgram(arg), 2))];
  return {
    file: 'cmd.exe',
    args: ['/d', '/s', '/c', `"${words.join(' ')}"`],
    windowsVerbatimArguments: true,
  };
}

/** As the C runtime of the program reads it: in quotes, with quotes and the backslashes before them escaped. */
function quoteForProgram(text: string): string {
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

/** A shim passes its arguments through cmd.exe a second time. */
function escapeForCmd(text: string, times = 1): string {
  const escaped = text.replace(/[()\][%!^"`<>&|;, *?]/g, '^$&');
  return times > 1 ? escapeForCmd(escaped, times - 1) : escaped;
}
