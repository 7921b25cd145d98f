import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Logger } from '../../../src/primitives/logger.js';
import { deferred } from '../../../src/primitives/deferred.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { newEventId } from '../../../src/events/ids.js';
import { dropIntent, Inbox, intentSchema, type Intent } from '../../../src/session/inbox.js';
import { RunPaths } from '../../../src/session/paths.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

describe('An inbox', () => {
  const folder = useTemporaryFolder();
  const run = (): RunPaths => new RunPaths(folder());
  const now = Date.UTC(2026, 10, 20);
  const files = (): string[] => readdirSync(run().inbox).filter((name) => name.endsWith('.json'));

  it('gives each intent once, oldest first, those of one millisecond in the order in which they were dropped', async () => {
    const ids = [];
    for (const intent of ['pause', 'resume', 'pause', 'stop'] as const) {
      ids.push(await dropIntent(run(), { intent, by: 'test' }, now));
    }
    const seen: Intent[] = [];
    await using inbox = new Inbox(run().inbox, async (intent) => {
      await new Promise(setImmediate);
      seen.push(intent);
    });
    await inbox.open();
    await until('four intents', () => seen.length === 4 && files().length === 0);
    assert.deepEqual(
      seen.map(({ id }) => id),
      ids,
    );
    assert.deepEqual(
      seen.map(({ intent }) => intent),
      ['pause', 'resume', 'pause', 'stop'],
    );
    assert.equal(seen[0]?.at, '2026-11-20T00:00:00.000Z');
    assert.match(ids[0] ?? '', /^i_/);
    const later = await dropIntent(run(), { intent: 'stop', by: 'test' }, now + 1_000);
    assert.ok([...ids, later].every((id, index, all) => index === 0 || id > (all[index - 1] ?? '')));
    assert.ok(later > newEventId(now + 999).replace('e_', 'i_'), 'it tells when, to who compares with another process');
  });

  it('notices what is dropped while it is open', async () => {
    const seen: Intent[] = [];
    await using inbox = new Inbox(run().inbox, (intent) => {
      seen.push(intent);
      return Promise.resolve();
    });
    await inbox.open();
    await dropIntent(run(), { intent: 'accept', by: 'VS Code', story_id: 'US-1', ac_index: 2 }, now);
    await until('the intent', () => seen.length > 0);
    assert.deepEqual([seen[0]?.story_id, seen[0]?.ac_index], ['US-1', 2]);
  });

  it('gives the last of several answers that nobody has read to one question, and those to others', async () => {
    const answer = (question_id: string, text: string): Promise<string> =>
      dropIntent(run(), { intent: 'answer', by: 'test', story_id: 'US-1', question_id, answer: text }, now);
    await dropIntent(run(), { intent: 'accept', by: 'test', story_id: 'US-1', ac_index: 1 }, now);
    await answer('Q-1', '80');
    await answer('Q-2', 'localhost');
    await answer('Q-1', '8080');
    const seen: Intent[] = [];
    await using inbox = new Inbox(run().inbox, (intent) => {
      seen.push(intent);
      return Promise.resolve();
    });
    await inbox.open();
    await until('all of them', () => seen.length > 0 && files().length === 0);
    assert.deepEqual(
      seen.map((intent) => intent.answer ?? intent.intent),
      ['accept', 'localhost', '8080'],
    );
  });

  it('keeps an intent until its taker is done with it', async () => {
    await dropIntent(run(), { intent: 'stop', by: 'test' }, now);
    const journalled = deferred();
    const taken = deferred();
    await using inbox = new Inbox(run().inbox, async () => {
      taken.resolve();
      await journalled.promise;
    });
    await inbox.open();
    await taken.promise;
    assert.equal(files().length, 1);
    journalled.resolve();
    await until('it to be gone', () => files().length === 0);
  });

  it('offers an intent again that could not be taken, and none before it', async () => {
    await dropIntent(run(), { intent: 'pause', by: 'test' }, now);
    await dropIntent(run(), { intent: 'stop', by: 'test' }, now);
    const seen: string[] = [];
    await using inbox = new Inbox(run().inbox, ({ intent }) => {
      seen.push(intent);
      return seen.length === 1 ? Promise.reject(new Error('not now')) : Promise.resolve();
    });
    await inbox.open();
    await until('both', () => files().length === 0);
    assert.deepEqual(seen, ['pause', 'pause', 'stop']);
  });

  it('moves aside what is no intent, says so, and goes on', async () => {
    mkdirSync(run().inbox);
    const secret = path.join(folder(), 'secret');
    const valid = { intent: 'stop', by: 'test', at: new Date(now).toISOString() };
    writeFileSync(secret, JSON.stringify({ ...valid, id: 'a4' }));
    const write = (name: string, content: string): void => {
      writeFileSync(path.join(run().inbox, name), content);
    };
    write('a1.json', '{');
    write('a2.json', JSON.stringify({ ...valid, id: 'a2', intent: 'rm -rf' }));
    write('a3.json', JSON.stringify({ ...valid, id: 'another' }));
    symlinkSync(secret, path.join(run().inbox, 'a4.json'));
    write('a5.json', JSON.stringify({ ...valid, id: 'a5', by: 'x'.repeat(20_000) }));
    write('a6.json', JSON.stringify({ ...valid, id: 'a6' }));
    write('note.txt', 'not ours');
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
    const seen: string[] = [];
    await using inbox = new Inbox(
      run().inbox,
      ({ id }) => {
        seen.push(id);
        return Promise.resolve();
      },
      logger,
    );
    await inbox.open();
    await until('the good one', () => files().length === 0);
    assert.deepEqual(seen, ['a6']);
    assert.deepEqual(
      readdirSync(path.join(run().inbox, 'rejected')).sort(),
      ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => `${name}.json`),
    );
    assert.deepEqual(
      warnings.sort(),
      ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => `Not an intent: ${path.join(run().inbox, `${name}.json`)}`),
    );
    assert.ok(existsSync(path.join(run().inbox, 'note.txt')));
    assert.ok(readFileSync(secret, 'utf8').length > 0);
  });

  it('takes what is as large as it may be, and no hidden file, which is not whole yet', async () => {
    mkdirSync(run().inbox);
    const write = (id: string, size: number, name = `${id}.json`): void => {
      const content = JSON.stringify({ intent: 'stop', by: 'test', at: new Date(now).toISOString(), id });
      writeFileSync(path.join(run().inbox, name), content.padEnd(size));
    };
    write('a1', 16 * 1024);
    write('a2', 16 * 1024 + 1);
    write('a3', 0, '.a3.json');
    write('a4', 0, 'a4.json.bak');
    mkdirSync(path.join(run().inbox, 'a5.json'));
    const seen: string[] = [];
    await using inbox = new Inbox(run().inbox, ({ id }) => {
      seen.push(id);
      return Promise.resolve();
    });
    await inbox.open();
    await until('it to be empty', () => files().join() === '.a3.json');
    assert.deepEqual(seen, ['a1']);
    assert.deepEqual(readdirSync(run().inbox).sort(), ['.a3.json', 'a4.json.bak', 'rejected']);
    assert.deepEqual(readdirSync(path.join(run().inbox, 'rejected')).sort(), ['a2.json', 'a5.json']);
  });

  it('hands over nothing more once it is closed', async () => {
    for (const intent of ['pause', 'stop'] as const) await dropIntent(run(), { intent, by: 'test' }, now);
    const seen: string[] = [];
    const taken = deferred();
    const go = deferred();
    const inbox = new Inbox(run().inbox, async ({ intent }) => {
      seen.push(intent);
      taken.resolve();
      await go.promise;
    });
    await inbox.open();
    await taken.promise;
    const closed = inbox[Symbol.asyncDispose]();
    go.resolve();
    await closed;
    assert.deepEqual([seen, files().length], [['pause'], 1]);
  });

  it('is closed to others, and says when it cannot be read', async () => {
    await dropIntent(run(), { intent: 'stop', by: 'test' }, now);
    assert.equal(statSync(run().inbox).mode & 0o777, 0o700);
    const elsewhere = new RunPaths(path.join(folder(), 'deep', 'er'));
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
    await using inbox = new Inbox(elsewhere.inbox, () => Promise.resolve(), logger);
    await inbox.open();
    assert.equal(statSync(elsewhere.inbox).mode & 0o777, 0o700);
    rmSync(elsewhere.inbox, { recursive: true });
    await until('a warning', () => warnings.length > 0);
    assert.match(warnings[0] ?? '', /^The inbox could not be read: Error: ENOENT/);
  });

  it('can be closed before it was opened', async () => {
    await new Inbox(run().inbox, () => Promise.resolve())[Symbol.asyncDispose]();
    assert.ok(!existsSync(run().inbox));
  });

  it('has no room where there is a file', async () => {
    writeFileSync(path.join(folder(), 'file'), '');
    const none = new RunPaths(path.join(folder(), 'file'));
    await assert.rejects(dropIntent(none, { intent: 'stop', by: 'test' }, now), { code: 'ENOTDIR' });
  });

  it('exists only for runs that do', async () => {
    await assert.rejects(dropIntent(new RunPaths(path.join(folder(), 'none')), { intent: 'stop', by: 'test' }, now), {
      code: 'ENOENT',
    });
  });

  it('refuses to drop what nobody could take', async () => {
    await assert.rejects(dropIntent(run(), { intent: 'stop', by: '' }, now));
    const intent = { id: 'a', intent: 'stop', by: 'test', at: '2026-11-20T00:00:00.000Z' };
    const long = { id: 'a'.repeat(64), by: 'x'.repeat(128), story_id: 'x'.repeat(128), ac_index: 1 };
    assert.ok(intentSchema.safeParse({ ...intent, ...long }).success);
    const wrong = [
      ...[{ id: '' }, { id: 'a'.repeat(65) }, { id: '../a' }, { id: 'A' }, { id: 'a\n' }, { intent: 'kill' }],
      ...[{ by: 'x'.repeat(129) }, { by: undefined }, { at: 'now' }, { at: undefined }],
      ...[{ story_id: 'x'.repeat(129) }, { story_id: 1 }, { ac_index: 0 }, { ac_index: 1.5 }, { ac_index: '1' }],
    ];
    for (const change of wrong)
      assert.ok(!intentSchema.safeParse({ ...intent, ...change }).success, JSON.stringify(change));
  });
});
