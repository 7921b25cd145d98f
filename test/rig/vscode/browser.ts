import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM_FLAGS, CHROMIUM_HINT, ensureChromium } from '../../setup/chromium.mjs';

export async function launchBrowser(): Promise<Browser> {
  const executablePath = await ensureChromium();
  if (!executablePath) throw new Error(`This test ${CHROMIUM_HINT}`);
  return await chromium.launch({
    executablePath,
    args: CHROMIUM_FLAGS,
    // Whoever opened the window ends it, along with the server; Playwright would end the whole process first.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
