import { existsSync } from 'node:fs';
import { canInstallPackages, installPackages } from './debianPackages.mjs';
import { findProgram, isExecutable } from './processes.mjs';

/** What a Chromium needs to run as root, without a GPU and without a network. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of an installed Chromium (any browser of its family will do), installed first where that is possible. */
export async function ensureChromium() {
  const found = findChromium();
  if (found || !canInstallPackages()) return found;
  await installPackages(['chromium']);
  return findChromium();
}

export const CHROMIUM_HINT =
  'needs Chrome, Chromium or Edge: install one, or name its executable in STORYLOOP_CHROMIUM';

function findChromium() {
  const chosen = process.env.STORYLOOP_CHROMIUM;
  if (chosen) {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`STORYLOOP_CHROMIUM names no executable: ${chosen}`);
  }
  return findProgram(...NAMES) ?? USUAL_PLACES.find((file) => existsSync(file));
}

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
];

const WINDOWS_FOLDERS = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap(
  (name) => process.env[name] ?? [],
);

const USUAL_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  ...WINDOWS_FOLDERS.flatMap((folder) => [
    `${folder}\\Google\\Chrome\\Application\\chrome.exe`,
    `${folder}\\Chromium\\Application\\chrome.exe`,
    `${folder}\\Microsoft\\Edge\\Application\\msedge.exe`,
  ]),
];
