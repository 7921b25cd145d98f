import { becomeHub } from '../../src/hub/becomeHub.js';
import { systemClock } from '../../src/primitives/clock.js';
import { silentLogger } from '../../src/primitives/logger.js';
import { hubToken } from '../../src/session/discovery.js';
import { UserPaths } from '../../src/session/paths.js';

/** A hub whose log has small segments, until its standard input ends; `kill` is where it is to die. */
async function main([home = '', kill = '', segmentBytes = '']: readonly string[]): Promise<void> {
  process.env['STORYLOOP_FAILPOINT'] = kill;
  const user = new UserPaths(home);
  const became = await becomeHub({
    user,
    role: 'test',
    clock: systemClock,
    logger: silentLogger,
    version: '1',
    port: 0,
    maxSegmentBytes: Number(segmentBytes),
  });
  if (!became.ok) throw new Error(`held by ${became.error.holder.pid}`);
  const hub = became.value;
  process.stdin.resume().once('end', () => void hub.stop());
  process.stdout.write(`${JSON.stringify({ port: hub.port, token: await hubToken(user), logId: hub.logId })}\n`);
}

void main(process.argv.slice(2));
