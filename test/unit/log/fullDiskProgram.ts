import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { becomeHub } from '../../../src/hub/becomeHub.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { hubToken } from '../../../src/session/discovery.js';
import { UserPaths } from '../../../src/session/paths.js';

/** A hub on a small disk: publishes until it is full, then makes room; says what was answered. */
async function main([folder = '']: readonly string[]): Promise<void> {
  const ballast = path.join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(64 * 1024));
  const user = new UserPaths(path.join(folder, 'home'));
  const hub = await becomeHub({ user, clock: systemClock, logger: silentLogger, version: '1', port: 0, role: 'test' });
  if (!hub.ok) throw new Error('held');
  const { port } = hub.value;
  const token = await hubToken(user);
  const told: string[] = [];
  hub.value.bus.subscribe('log.message', ({ data }) => told.push(data.message.slice(0, 3)));
  const emit = (name: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const sent = request({ host: '127.0.0.1', port, path: '/emit', method: 'POST', headers, agent: false });
      sent.on('error', reject).on('response', (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => {
          const { code } = JSON.parse(body) as { code?: string };
          resolve(`${response.statusCode ?? 0}${code === undefined ? '' : ` ${code}`}`);
        });
      });
      sent.end(JSON.stringify({ type: 'log.message', data: { level: 'info', message: name + 'x'.repeat(8_000) } }));
    });
  const answers: string[] = [];
  for (let index = 100; index < 130; index += 1) answers.push(await emit(`${index}`));
  const full = readFileSync(path.join(user.hubLog, '1-1.jsonl'), 'utf8');
  rmSync(ballast);
  const after = await emit('end');
  await hub.value.stop();
  process.stdout.write(JSON.stringify({ answers, told, after, wholeLines: full.endsWith('}\n') }));
}

void main(process.argv.slice(2));
