// Stands in for a desktop VS Code: takes its arguments for a test run, has a real VS Code in Chromium do it, and ends with its exit code.
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchBrowser } from './browser.js';
import { HostSuiteOutput } from './hostSuiteOutput.js';
import { startServer } from './server.js';
import { workbenchUrl } from './workbenchUrl.js';

const TIME_LIMIT = 300_000;

async function runSuite(signal: AbortSignal): Promise<number> {
  // runTests passes many more arguments, for a VS Code that has a window of its own.
  const { values, positionals } = parseArgs({
    options: { extensionDevelopmentPath: { type: 'string' }, extensionTestsPath: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  });
  const tests = { extension: String(values.extensionDevelopmentPath), suite: String(values.extensionTestsPath) };
  await using server = await startServer({ driver: true });
  await using browser = await launchBrowser();
  const page = await browser.newPage();
  const output = new HostSuiteOutput(console.log);
  try {
    await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
      output.add(args);
    });
    const url = workbenchUrl(server, { folder: positionals[0], tests });
    const [code] = await Promise.all([exitOf(page, signal), page.goto(url)]);
    if (!output.isComplete) throw new Error('The extension host ended before its tests did');
    return code;
  } finally {
    output.end();
  }
}

async function exitOf(page: Page, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  return await new Promise<number>((resolve, reject) => {
    page.exposeFunction('codeAutomationExit', resolve).catch(reject);
    page.once('crash', () => {
      reject(new Error('The window crashed'));
    });
    page.once('close', () => {
      reject(new Error('The window was closed'));
    });
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

const end = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    end.abort(new Error(`Ended by ${signal}`));
  });
}
const limit = setTimeout(() => {
  end.abort(new Error(`The tests in VS Code took longer than ${TIME_LIMIT / 1000} s`));
}, TIME_LIMIT);

void runSuite(end.signal)
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  })
  .then((code) => {
    clearTimeout(limit);
    process.exitCode = code;
  });
