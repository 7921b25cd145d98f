import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import type { Envelope } from '../../src/events/envelope.js';
import { eventLine } from '../../src/state/eventLine.js';
import { until } from './waiting.js';

/** An event as the list of live events shows it. */
type Shown = readonly [at: string, type: string, text: string];

/** What the page's list of live events says, oldest first. */
async function shownOn(page: Page): Promise<Shown[]> {
  const rows = await page.evaluate<Shown[]>(`[...document.querySelectorAll('.feed-list li')].map((row) => [
    row.querySelector('time').dateTime,
    row.querySelector('.feed-type').textContent,
    row.querySelector('.feed-text').title,
  ])`);
  return rows.reverse();
}

/** Waits until a dashboard's list of live events has every event of `log` once and in order. */
export async function assertShowsAll(page: Page, log: () => Promise<readonly Envelope[]>): Promise<void> {
  let told: Shown[] = [];
  let logged: Shown[] = [];
  const same = until('the page to show the log', async () => {
    told = await shownOn(page);
    logged = (await log()).map((event) => [event.timestamp, event.type, eventLine(event).text]);
    return isDeepStrictEqual(told, logged);
  });
  await same.catch(() => {
    assert.deepEqual(told, logged);
  });
  assert.ok(logged.length > 0);
}
