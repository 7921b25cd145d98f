import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { HubLogger } from '../../../src/hub/hubLogger.js';
import { redactText } from '../../../src/hub/redact.js';
import { RotatingFile } from '../../../src/hub/rotatingFile.js';
import { silentLogger, type LogLevel } from '../../../src/primitives/logger.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { HubRig } from './hubRig.js';

const token = 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE';

/** A logger and what it said: as lines, and to who listens besides. */
function listening(level: LogLevel = 'debug') {
  const lines: string[] = [];
  const told: string[] = [];
  const next = { ...silentLogger, info: (message: string) => told.push(message), error: (m: string) => told.push(m) };
  const file = { add: (line: string) => lines.push(line) };
  return { logger: new HubLogger({ file, next, level, clock: new FakeClock(), always: { term: 3 } }), lines, told };
}

const secrets: Readonly<Record<string, string>> = {
  'a key of a model': 'sk-ant-api03-AbCdEf0123456789',
  'a key of GitHub': `ghp_${'a1B2'.repeat(9)}`,
  'a fine-grained key of GitHub': `github_pat_${'a1B2'.repeat(9)}`,
  'a key of AWS': 'AKIAIOSFODNN7EXAMPLE',
  'a JSON web token': 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl',
};

describe('A line of the structured log', () => {
  it('is one JSON object with time, level, message, request and fields', () => {
    const { logger, lines } = listening();
    logger.warn('Two\nlines', { request_id: 'r-1', path: '/emit', count: 2 });
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      ...{ time: '2026-01-01T00:00:00.000Z', level: 'warn', message: 'Two\nlines', request_id: 'r-1', term: 3 },
      fields: { path: '/emit', count: 2 },
    });
    assert.equal(lines[0]?.includes('\n'), false);
  });

  it('is written from the level on that was asked for; who listens besides is told everything', () => {
    const { logger, lines, told } = listening('warn');
    logger.info('quiet');
    logger.error('loud', { request_id: 'r-2' });
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { message: string }).message),
      ['loud'],
    );
    assert.deepEqual(told, ['quiet', 'loud (request r-2)']);
  });

  for (const [name, secret] of Object.entries(secrets)) {
    it(`never holds ${name}, wherever it stands`, () => {
      const words = fc.constantFrom('', 'x ', '"', 'key=', 'https://host/?a=', '\n', "{'k':'", '(');
      fc.assert(
        fc.property(words, words, (before, after) => {
          const { logger, lines, told } = listening();
          logger.info(`${before}${secret}${after}`, { about: [{ deep: `${before}${secret}` }], [secret]: 1 });
          assert.equal([...lines, ...told].join('\n').includes(secret), false);
        }),
      );
    });
  }

  it('never holds a token, a header, a cookie or a ticket, by the names that they go under', () => {
    for (const text of [
      `Authorization: Bearer ${token}`,
      `authorization=Basic ${token}`,
      `bearer ${token}`,
      `"token":"${token}"`,
      `token = ${token}`,
      `STORYLOOP_TOKEN=${token}`,
      `http://127.0.0.1:1/?ticket=${token}&x=1`,
      `Sec-WebSocket-Protocol: storyloop.v1, storyloop.auth.${token}`,
      `storyloop.page.${token}`,
      `Cookie: a=b; storyloop-18790=${token}`,
      `Set-Cookie: storyloop-18790=${token}; Path=/`,
      `https://user:${token}@host/repo.git`,
      `-----BEGIN RSA PRIVATE KEY-----\n${token}\n-----END RSA PRIVATE KEY-----`,
      `api_key: ${token}`,
      `password='${token}'`,
    ]) {
      assert.equal(redactText(text).includes(token), false, text);
    }
    const { logger, lines } = listening();
    logger.info('x', { token, headers: { Authorization: token, cookie: [token] }, list: [{ apiKey: token }] });
    assert.equal(lines.join('').includes(token), false);
  });

  it("never holds the hub's own token, however it comes", () => {
    const { logger, lines, told } = listening();
    logger.hide(token);
    logger.info(`just ${token} so`, { [`x${token}`]: { note: `x${token}y` } });
    assert.equal([...lines, ...told].join('').includes(token), false);
    assert.match(told[0] ?? '', /^just \[redacted\] so$/);
  });

  it('leaves words as they are that are no secret', () => {
    for (const text of ['The hub listens on 127.0.0.1:18790', 'task-42 of sketch', 'Story US-1: 3 of 5', 'tokens 17']) {
      assert.equal(redactText(text), text);
    }
  });

  it('survives what no JSON can hold', () => {
    const { logger, lines } = listening();
    const circular: Record<string, unknown> = { big: 1n, call: () => 1 };
    circular['self'] = circular;
    logger.info('odd', { circular, error: new Error(`with sk-${'a'.repeat(20)}`) });
    assert.equal(lines.length, 1);
    assert.equal(lines.join('').includes('sk-a'), false);
  });
});

describe('The file of the structured log', () => {
  const folder = useTemporaryFolder();
  const file = (): string => path.join(folder(), 'logs', 'hub.jsonl');
  const open = (mayWrite = () => true): RotatingFile =>
    new RotatingFile({ file: file(), maxBytes: 1_000, files: 3, mayWrite });
  const read = (name: string): string => readFileSync(path.join(folder(), 'logs', name), 'utf8');

  it('is for nobody else, and goes on where it was', async () => {
    for (const line of ['one', 'two']) {
      await using log = open();
      log.add(line);
    }
    assert.equal(read('hub.jsonl'), 'one\ntwo\n');
    assert.equal(statSync(file()).mode & 0o777, 0o600);
    assert.equal(statSync(path.dirname(file())).mode & 0o777, 0o700);
  });

  it('is put aside when it is full; so many files there are, none too long, with the last lines in order', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => `line ${index}`);
    {
      await using log = open();
      for (const line of lines) log.add(line);
    }
    assert.deepEqual(readdirSync(path.dirname(file())).sort(), ['hub.1.jsonl', 'hub.2.jsonl', 'hub.jsonl']);
    const kept = ['hub.2.jsonl', 'hub.1.jsonl', 'hub.jsonl'].map(read);
    for (const text of kept) assert.ok(text.length <= 1_000, `${text.length}`);
    const told = kept.join('').trimEnd().split('\n');
    assert.deepEqual(told, lines.slice(-told.length));
    assert.ok(told.length > 100);
  });

  it('is not written by who is not the hub any more', async () => {
    let owner = true;
    await using log = open(() => owner);
    log.add('mine');
    await new Promise(setImmediate);
    owner = false;
    log.add('not mine');
    await log[Symbol.asyncDispose]();
    assert.equal(read('hub.jsonl').includes('not mine'), false);
    assert.ok(log.dropped > 0);
  });

  it('loses lines and nothing else when it cannot be written, and follows no link', async () => {
    mkdirSync(path.dirname(file()), { mode: 0o700 });
    writeFileSync(path.join(folder(), 'elsewhere'), 'as it was');
    symlinkSync(path.join(folder(), 'elsewhere'), file());
    {
      await using log = open();
      log.add('one');
      await log[Symbol.asyncDispose]();
      assert.equal(log.dropped, 1);
    }
    assert.equal(readFileSync(path.join(folder(), 'elsewhere'), 'utf8'), 'as it was');
  });

  it('holds what the hub tells of itself, without its token', async () => {
    const rig = await HubRig.start(folder());
    await rig.http('/api/state', { headers: { Authorization: `Bearer ${rig.token}x` }, anonymous: true });
    const { token: own } = rig;
    await rig[Symbol.asyncDispose]();
    const text = readFileSync(path.join(folder(), 'home', 'logs', 'hub.jsonl'), 'utf8');
    const [first] = text
      .split('\n', 1)
      .map((line) => JSON.parse(line) as { message: string; pid: number; term: number });
    assert.match(first?.message ?? '', /^The hub listens on/);
    assert.deepEqual([first?.pid, first?.term], [process.pid, 1]);
    assert.equal(text.includes(own), false);
  });
});
