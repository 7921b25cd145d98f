import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { Envelope } from '../../src/events/envelope.js';
import { until } from '../rig/waiting.js';
import type { ServedDashboard } from './servedDashboard.js';

/** What a script would publish. */
type Published = Pick<Envelope, 'type' | 'data'> & Partial<Envelope>;

/** The page of all events, as a person sees it who wants one PRD; what is published is of that PRD too. */
export class EventsOf {
  /** Opens the page in `page`, whose browser has a session. */
  static async open(hub: ServedDashboard, page: Page, prd: string): Promise<EventsOf> {
    await page.goto(`${hub.origin}/events`);
    await page.evaluate('localStorage.removeItem("storyloop.events")');
    await page.reload();
    const events = new EventsOf(hub, page, prd);
    // Kept at once, asked of the hub a moment later: after a reload, asked at once.
    await events.field('PRD').fill(prd);
    await page.reload();
    await page.locator('.raw-list[aria-busy=false]').waitFor();
    return events;
  }

  private constructor(
    private readonly hub: ServedDashboard,
    readonly page: Page,
    readonly prd: string,
  ) {}

  field(name: string): Locator {
    return this.page.getByLabel(name, { exact: true });
  }

  async emit(...events: readonly Published[]): Promise<void> {
    const { origin, discovery } = this.hub;
    const answer = await fetch(`${origin}/emit?publisher=ci`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${discovery.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(events.map((event) => ({ prd_id: this.prd, ...event }))),
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Publishes a line for each text. */
  say(...texts: readonly string[]): Promise<void> {
    return this.emit(...texts.map((message) => ({ type: 'log.message', data: { level: 'info', message } })));
  }

  /** The texts of the list, the newest first. */
  texts(): Promise<string[]> {
    return this.page.locator('.event-text').allTextContents();
  }

  /** Waits until the list has exactly these texts, the newest first. */
  async shows(expected: readonly string[]): Promise<void> {
    let told: string[] = [];
    const same = until('the list', async () => {
      told = await this.texts();
      return told.join('\n') === expected.join('\n');
    });
    await same.catch(() => {
      assert.deepEqual(told, expected);
    });
  }
}
