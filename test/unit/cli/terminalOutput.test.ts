import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, openSync, closeSync, readSync } from 'node:fs';
import path from 'node:path';
import { TerminalOutput } from '../../../src/cli/terminalOutput.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('A terminal that nobody reads', () => {
  const folder = useTemporaryFolder();
  let clock = new FakeClock();
  let reader = 0;
  let terminal: TerminalOutput;
  beforeEach(() => {
    clock = new FakeClock();
    // What it takes is bounded, as a terminal's is.
    const pipe = path.join(folder(), 'terminal');
    execFileSync('mkfifo', [pipe]);
    reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const opened = TerminalOutput.open(pipe, clock);
    assert.ok(opened);
    terminal = opened;
  });
  afterEach(() => {
    terminal.destroy();
    closeSync(reader);
  });

  function read(): string {
    const buffer = Buffer.alloc(1024 * 1024);
    try {
      return buffer.toString('utf8', 0, readSync(reader, buffer));
    } catch {
      return '';
    }
  }

  const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index}\n`);

  it('is not waited for, and gets everything in order once somebody reads', () => {
    for (const line of lines) terminal.write(line);
    assert.ok(terminal.writableLength > 0, 'more than it takes');
    let told = '';
    for (let round = 0; round < 50 && terminal.writableLength > 0; round += 1) {
      told += read();
      clock.advance(50);
    }
    assert.equal(told + read(), lines.join(''));
  });

  it('is given up at the end after a second', async () => {
    for (const line of lines) terminal.write(line);
    const finished = terminal.finish();
    clock.advance(1_000);
    await finished;
    assert.equal(clock.pending, 0);
  });

  it('holds nobody up at the end when it has everything', async () => {
    terminal.write('done\n');
    await terminal.finish();
    assert.equal(read(), 'done\n');
    assert.equal(clock.pending, 0);
  });
});
