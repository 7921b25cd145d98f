import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { parseEnvelope } from '../../src/events/envelope.js';
import { emptyHub, foldHub } from '../../src/state/hubState.js';
import { historyItems } from '../../src/vscode/runHistory.js';
import { RunStore } from '../../src/vscode/runStore.js';
import { WindowFolders } from '../../src/vscode/windowFolders.js';
import { WindowRun } from '../../src/vscode/windowRun.js';
import { FakeClock } from '../rig/fakeClock.js';

/** The run of a window, and what the hub tells it. */
class Rig implements vscode.Disposable {
  readonly #clock = new FakeClock();
  readonly #folders = new WindowFolders();
  readonly store = new RunStore(this.#clock);
  readonly window = new WindowRun(this.store, this.#folders);
  #seq = 0;

  constructor() {
    this.store.restart(emptyHub(), new Set(), [], 'log:0', foldHub);
  }

  tell(source: string, type: string, data: object, run?: string): void {
    const seq = ++this.#seq;
    const about = run === undefined ? {} : { run_id: run };
    const parsed = parseEnvelope({
      ...{ id: `e_${seq}`, type, ...about, source, prd_id: 'shop-prd-000000', project: 'shop', data },
      ...{ timestamp: new Date(seq * 1_000).toISOString(), term: 1, source_seq: seq },
    });
    assert.ok(parsed.ok, JSON.stringify(parsed));
    this.store.receive(type.startsWith('hub.') ? parsed.value : { ...parsed.value, cursor: `log:${seq}` });
    this.#clock.advance(250);
  }

  start(run: string): void {
    const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    this.tell(run, 'prd.started', { status: 'running', total_stories: 3, title: run, root, branch: 'shop' }, run);
  }

  get shown(): unknown[] {
    const { run, status } = this.window;
    return [run?.title, status];
  }

  dispose(): void {
    this.window.dispose();
    this.#folders.dispose();
    this.store.dispose();
  }
}

describe('The run of a window', () => {
  let rig: Rig;
  beforeEach(() => (rig = new Rig()));
  afterEach(() => {
    rig.dispose();
  });

  it('is one from outside only where it is the latest that happened; a run of its folders that goes on comes first', () => {
    rig.tell('nightly', 'prd.started', { status: 'running', total_stories: 1, title: 'Nightly' });
    assert.deepEqual(rig.shown, ['Nightly', 'running']);
    assert.equal(rig.window.run?.external, true);
    assert.deepEqual(rig.window.executed(), []);
    rig.start('run_1');
    assert.deepEqual(rig.shown, ['run_1', 'running']);
  });

  it('is not one that nobody executes, when another goes on', () => {
    rig.start('run_1');
    rig.start('run_2');
    assert.deepEqual(rig.shown, ['run_2', 'running']);
    rig.tell('hub', 'hub.liveness', { interrupted: ['run_2'] });
    assert.deepEqual(rig.shown, ['run_1', 'running']);
    rig.tell('hub', 'hub.liveness', { interrupted: ['run_1', 'run_2'] });
    assert.deepEqual(rig.shown, ['run_2', 'interrupted']);
    assert.deepEqual(rig.window.executed(), []);
  });

  it('is the one that a person picked from the history, newest first, until another begins', () => {
    rig.start('run_1');
    rig.tell('run_1', 'prd.stopped', {}, 'run_1');
    rig.start('run_2');
    const rows = historyItems(rig.window.history, rig.store).map(
      ({ label, description }) => `${label}: ${description}`,
    );
    assert.deepEqual(rows, [
      '$(sync) run_2: Running, 0/3 stories, shop',
      '$(stop-circle) run_1: Stopped, 0/3 stories, shop',
    ]);
    rig.window.pick('run_1');
    assert.deepEqual([...rig.shown, rig.window.isPicked], ['run_1', 'stopped', true]);
    rig.tell('run_2', 'prd.paused', {}, 'run_2');
    assert.deepEqual(rig.shown, ['run_1', 'stopped']);
    rig.start('run_3');
    assert.deepEqual([...rig.shown, rig.window.isPicked], ['run_3', 'running', false]);
  });
});
