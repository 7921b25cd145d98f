import assert from 'node:assert/strict';
import { EventList } from '../../../webview-ui/eventList.js';
import { hubFilter, restoreWish } from '../../../webview-ui/eventWish.js';
import { runInThirdStory } from '../../page/recordedRun.js';

const { events } = runInThirdStory(Date.parse('2026-11-21T07:00:00.000Z'));
const idsOf = (list: EventList): string[] => list.shown.map(({ event }) => event.id);
const ids = (from: number, to: number): string[] => events.slice(from, to).map(({ id }) => id);

describe('The list of all events', () => {
  it('keeps the last ones, and counts what it dropped, also of those that wait', () => {
    const list = new EventList(5);
    list.add(events.slice(0, 7));
    assert.deepEqual([idsOf(list), list.dropped], [ids(2, 7), 2]);
    list.pause();
    list.add(events.slice(7, 14));
    assert.deepEqual([idsOf(list), list.waiting, list.dropped], [ids(2, 7), 5, 4]);
    list.resume();
    assert.deepEqual([idsOf(list), list.waiting, list.dropped], [ids(9, 14), 0, 9]);
  });

  it('takes older events while there is room and nothing is missing between', () => {
    const list = new EventList(5);
    list.add(events.slice(5, 7));
    list.addOlder(events.slice(0, 5).toReversed());
    assert.deepEqual([idsOf(list), list.room], [ids(2, 7), 0]);
    list.add(events.slice(7, 8));
    list.addOlder(events.slice(0, 2).toReversed());
    assert.deepEqual(idsOf(list), ids(3, 8));
  });

  it('gives each event a place of its own, older ones before all others', () => {
    const list = new EventList();
    list.add(events.slice(2, 4));
    list.addOlder(events.slice(0, 2).toReversed());
    const places = list.shown.map(({ place }) => place);
    assert.deepEqual(
      places,
      [...new Set(places)].sort((a, b) => a - b),
    );
  });
});

describe('What a person wants of all events', () => {
  it('asks the hub for no more than was chosen', () => {
    const all = restoreWish({ of: 'another shape' });
    assert.deepEqual(hubFilter(all), { ok: true, value: {} });
    const wish = { ...all, prd: ' nightly ', types: 'story.*, *.failed', severity: 'warn', run: 'run_1' } as const;
    assert.deepEqual(hubFilter(wish), {
      ok: true,
      value: { prds: ['nightly'], types: ['story.*', '*.failed'], severities: ['warn', 'error'], runs: ['run_1'] },
    });
  });

  it('comes back as it was saved', () => {
    const wish = { ...restoreWish(undefined), text: 'kelvin', transient: true };
    assert.deepEqual(restoreWish(JSON.parse(JSON.stringify(wish))), wish);
  });
});
