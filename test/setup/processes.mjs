import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';

/** Runs a program without showing its output, which a failure quotes. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: needsShell(command), ...options });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${[command, ...args].join(' ')}: ${signal ?? `exit code ${code}`}\n${lastLines(output)}`));
    });
  });
}

/** Runs a program with its output shown, in a process group of its own, which a time limit or Ctrl-C ends as a whole. */
export function stream(command, args, { timeLimit, ...options } = {}) {
  return new Promise((resolve) => {
    const group = process.platform !== 'win32';
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: group, ...options });
    const end = (signal) => {
      try {
        if (group) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    };
    const interrupt = () => end('SIGINT');
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    let late = false;
    const timers = timeLimit ? [after(timeLimit, 'SIGTERM'), after(timeLimit + 10_000, 'SIGKILL')] : [];
    function after(ms, signal) {
      return setTimeout(() => {
        late = true;
        end(signal);
      }, ms);
    }
    const finish = (code, reason) => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      timers.forEach(clearTimeout);
      resolve({ code, reason: late ? `took longer than ${Math.round(timeLimit / 1000)} s` : reason });
    };
    child.on('error', (error) => finish(1, error.message));
    child.on('exit', (code, signal) => finish(code ?? 1, signal ?? `exit code ${code}`));
  });
}

/** The full path of a program on PATH. */
export function findProgram(...names) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
      for (const suffix of suffixes) {
        const file = path.join(folder, name + suffix);
        if (isExecutable(file)) return file;
      }
    }
  }
  return undefined;
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// npm and npx are .cmd files on Windows, which only a shell starts.
const needsShell = (command) => process.platform === 'win32' && /^np[mx]$/.test(command);

const lastLines = (text) => text.trimEnd().split('\n').slice(-20).join('\n');
