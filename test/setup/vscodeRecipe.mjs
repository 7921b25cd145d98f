import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { canInstallPackages, installPackages } from './debianPackages.mjs';
import { findProgram, run } from './processes.mjs';

// A real VS Code from the npm registry: the package code-server contains its built server and web workbench.
export const recipes = {
  '1.103.2': {
    node: 22,
    compiled: ['node-pty', '@vscode/spdlog', 'native-watchdog'],
    // Its own package of ripgrep has no program in it, only a script that downloads one from elsewhere.
    ripgrep: '@vscode/ripgrep-universal@1.18.0',
    driverFlags: [],
  },
  '1.139.1': {
    node: 24,
    compiled: ['@vscode/spdlog', '@vscode/native-watchdog', '@vscode/sqlite3'],
    // Without it this version ignores which extension and tests the address asks for; with it, it shows no notifications.
    driverFlags: ['--enable-smoke-test-driver'],
  },
};

const nodePackage = `node-linux-${process.arch}`;
export const nodeFolder = `node_modules/${nodePackage}`;
export const vscodeFolder = 'node_modules/code-server/lib/vscode';

export async function buildServer(folder, version, { node, compiled, ripgrep }) {
  const npm = (args, cwd) => run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...args], { cwd });
  // Without a package.json of its own, npm would install into the nearest folder above that has one.
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
  const packages = [`code-server@${version.replace(/^1/, '4')}`, `${nodePackage}@${node}`, 'node-gyp@12'];
  await npm(['--force', ...packages, ...(ripgrep ? [ripgrep] : [])], folder);

  const vscode = path.join(folder, vscodeFolder);
  await npm(['--omit=dev'], vscode);
  // node-gyp is called by its name: the packages' own install scripts would have npx fetch it, which not every npm allows.
  const gyp = path.join(folder, 'node_modules/node-gyp/bin/node-gyp.js');
  const home = path.join(folder, nodeFolder);
  const env = { ...process.env, PATH: `${home}/bin:${process.env.PATH}`, npm_config_nodedir: home };
  await Promise.all(
    compiled.map((name) =>
      run(`${home}/bin/node`, [gyp, 'rebuild', '--nodedir', home], {
        cwd: path.join(vscode, 'node_modules', name),
        env,
      }),
    ),
  );
  await symlink('node_modules', path.join(vscode, 'node_modules.asar'));
  if (ripgrep) {
    const program = path.join(folder, `node_modules/@vscode/ripgrep-universal/bin/linux-${process.arch}/rg`);
    const bin = path.join(vscode, 'node_modules/@vscode/ripgrep/bin');
    await mkdir(bin, { recursive: true });
    await copyFile(program, path.join(bin, 'rg'));
  }
}

export async function ensureCompiler() {
  const missing = ['g++', 'make', 'python3'].filter((name) => !findProgram(name));
  if (missing.length === 0) return;
  if (!canInstallPackages())
    throw new Error(`the VS Code server is compiled with ${missing.join(', ')}: install it first`);
  await installPackages(missing);
}
