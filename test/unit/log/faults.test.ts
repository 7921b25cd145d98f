import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { recoverLog, type RecoveredLog } from '../../../src/log/logRecovery.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { Terms } from '../../../src/records/terms.js';
import { currentHolder, parseHolder } from '../../../src/session/holder.js';
import logFaultProcess from '../../rig/logFaultProcess.ts?bundle';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig } from './logRig.js';

const newline = 0x0a;

/** A log of one segment with three events, as its dead owner left it. */
async function threeEvents(folder: string): Promise<{ file: string; content: Buffer; logId: string }> {
  await using rig = await LogRig.open(folder);
  for (let index = 0; index < 3; index += 1) await rig.publish(1);
  const file = path.join(rig.dir, '1-1.jsonl');
  return { file, content: readFileSync(file), logId: rig.log.logId };
}

/** What the next owner finds when no other looked at it before. */
async function recovered(dir: string): Promise<RecoveredLog & { readonly said: readonly string[] }> {
  const said: string[] = [];
  const say = (message: string): number => said.push(message);
  const logger = { ...silentLogger, warn: say, error: say };
  const found = await recoverLog({ dir, acceptedLength: () => Promise.resolve(undefined), logger });
  return { ...found, said };
}

describe('A log that was damaged', () => {
  const folder = useTemporaryFolder();

  it('keeps every whole record, at whatever byte of the last two it was cut', async () => {
    const { file, content, logId } = await threeEvents(folder());
    const ends: number[] = [];
    for (let at = content.indexOf(newline); at >= 0; at = content.indexOf(newline, at + 1)) ends.push(at);
    const [first = 0] = ends.slice(-3);
    for (let cut = content.length; cut > first; cut -= 1) {
      writeFileSync(file, content.subarray(0, cut));
      const found = await recovered(path.dirname(file));
      // A record that lacks only its newline is whole.
      const whole = ends.slice(-3).filter((end) => end <= cut);
      assert.equal(found.lastSeq, whole.length, `cut at ${cut}`);
      assert.equal(found.logId, logId);
      assert.equal(found.tail.length, whole.length);
      const end = whole.at(-1) ?? 0;
      assert.equal(found.segments[0]?.length, Math.min(end + 1, cut));
      assert.equal(found.said.length, end + 1 < cut ? 1 : 0, `what was left out is told, cut at ${cut}`);
    }
  });

  it('never gives another event than was stored, and never fewer in silence, whatever bit of it flipped', async () => {
    const { content, logId } = await threeEvents(path.join(folder(), 'whole'));
    for (let at = 0; at < content.length; at += 3) {
      const dir = path.join(folder(), `${at}`);
      mkdirSync(dir);
      const flipped = Buffer.from(content);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path.join(dir, '1-1.jsonl'), flipped);
      const found = await recovered(dir);
      assert.notDeepEqual([found.said.length, found.lastSeq], [0, 0], `byte ${at}`);
      if (found.lastSeq < 3) assert.equal(found.said.length, 1, `byte ${at} is told`);
      if (found.lastSeq > 0) assert.equal(found.logId, logId);
      const messages = found.tail.map(({ event }) => event.data['message']);
      assert.deepEqual(messages, Array(found.lastSeq).fill('0'), `byte ${at}`);
    }
  });

  it('gives what was stored, or says that it cannot, whatever bit of an older segment flipped', async () => {
    await using rig = await LogRig.open(folder(), { maxSegmentBytes: 600 });
    for (let index = 0; index < 5; index += 1) await rig.publish(1);
    const expected = (await rig.stored()).map(({ json }) => json.toString());
    const file = path.join(rig.dir, '1-2.jsonl');
    const content = readFileSync(file);
    let refused = 0;
    for (let at = 0; at < content.length; at += 5) {
      const flipped = Buffer.from(content);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(file, flipped);
      const stored = await rig.stored().catch((error: unknown) => String(error));
      if (typeof stored === 'string') {
        assert.match(stored, /damaged/);
        refused += 1;
      } else {
        const bytes = stored.map(({ json }) => json.toString());
        assert.deepEqual(bytes, expected);
      }
    }
    writeFileSync(file, content);
    const events = content.indexOf(newline, content.indexOf(newline) + 1) + 1;
    const flips = Math.floor((content.length - 1) / 5) - Math.floor((events - 1) / 5);
    assert.equal(refused, flips, 'each is noticed that hits an event');
    assert.equal((await rig.stored()).length, 5);
  });
});

describe('A log on a disk that fails', () => {
  const folder = useTemporaryFolder();

  for (const [call, when] of ['fdatasync', 'pwrite64'].flatMap((call) =>
    ['1', '2', '3', '5', '2+2', '3+3'].map((when) => [call, when] as const),
  )) {
    it(`has what it acknowledged, once and where it said, when ${call} fails (${when})`, async function () {
      const program = path.join(folder(), 'program.cjs');
      const log = path.join(folder(), 'log');
      mkdirSync(log);
      writeFileSync(program, logFaultProcess);
      const inject = [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        `trace=${call}`,
        '-e',
        `inject=${call}:error=EIO:when=${when}`,
      ];
      // One thread for files, because calls are counted for each thread.
      const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
      const ran = spawnSync('strace', [...inject, process.execPath, program, log], {
        encoding: 'utf8',
        env,
        timeout: 30_000,
      });
      if (ran.error || /ptrace|Operation not permitted/.test(ran.stderr)) this.skip();
      const said = JSON.parse(ran.stdout) as { opened: boolean; answers: [string, string][] };
      const acknowledged = said.answers.filter(([, answer]) => answer !== 'io');
      assert.equal(said.opened, when !== '1');
      assert.equal(acknowledged.length < said.answers.length, said.opened, 'something failed');
      // With every second call failing, no event ever follows a header.
      if (said.opened && when !== '2+2') assert.ok(acknowledged.length >= 4, 'and it went on');

      cpSync(log, path.join(folder(), 'later', 'log'), { recursive: true });
      await new Terms(path.join(folder(), 'later', 'terms'), parseHolder).claim(1, currentHolder('test'));
      await using rig = await LogRig.open(path.join(folder(), 'later'));
      const stored = (await rig.stored()).map(({ seq, event }) => [event.id, `${seq}`]);
      // What was refused last may be there all the same: nobody could look after it.
      assert.deepEqual(stored.slice(0, acknowledged.length), acknowledged);
      assert.ok(stored.length <= acknowledged.length + 1);
      await rig.publish(1);
      assert.equal((await rig.stored()).length, stored.length + 1);
    });
  }
});
