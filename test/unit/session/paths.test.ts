import assert from 'node:assert/strict';
import os from 'node:os';
import path from 'node:path';
import { ProjectPaths, UserPaths } from '../../../src/session/paths.js';

/** Written down a second time: what an older version left is found by a newer one. */
const ofProject = {
  state: 'storyloop',
  locks: 'storyloop/locks',
  lock: 'storyloop/locks/prd-1.lock',
  terms: 'storyloop/terms/prd-1',
  turns: 'storyloop/turns/hooks',
  runs: 'storyloop/runs',
};
const ofRun = {
  dir: 'storyloop/runs/run_1',
  journal: 'storyloop/runs/run_1/journal-2.jsonl',
  live: 'storyloop/runs/run_1/live-2.jsonl',
  reserve: 'storyloop/runs/run_1/reserve',
  inbox: 'storyloop/runs/run_1/inbox',
  prompt: 'storyloop/runs/run_1/prompts/US-1-3.md',
  transcript: 'storyloop/runs/run_1/output/US-1-3-agent.log',
  output: 'storyloop/runs/run_1/output/US-1-3-gate.log',
  scratch: 'storyloop/runs/run_1/scratch',
  replacedPrd: 'storyloop/runs/run_1/replaced/US-1.prd',
};
const ofUser = {
  hub: 'hub',
  discovery: 'hub/hub.json',
  token: 'hub/token',
  hubPort: 'hub/port',
  hubLock: 'hub/hub.lock',
  hubTerms: 'hub/terms',
  hubLog: 'hub/log',
  hubMessages: 'logs/hub.jsonl',
  projects: 'projects',
  tickets: 'tickets',
  approvals: 'approvals',
  config: 'config.json',
};

const under = (folder: string, paths: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(paths).map(([name, relative]) => [name, path.join(folder, relative)]));

describe('A path on disk', () => {
  it('of a project is where every version looks for it', () => {
    const project = new ProjectPaths('common');
    const { state, locks, runs } = project;
    const found = {
      state,
      locks,
      lock: project.lock('prd-1'),
      terms: project.terms('prd-1'),
      turns: project.turns('hooks'),
      runs,
    };
    assert.deepEqual(found, under('common', ofProject));
  });

  it('of a run is, too', () => {
    const run = new ProjectPaths('common').run('run_1');
    const { dir, reserve, inbox, scratch } = run;
    const written = { journal: run.journal(2), live: run.live(2), prompt: run.prompt('US-1', 3) };
    const kept = { transcript: run.transcript('US-1', 3), output: run.output('US-1', 3, 'gate') };
    const found = { dir, reserve, inbox, scratch, ...written, ...kept, replacedPrd: run.replacedPrd('US-1') };
    assert.deepEqual(found, under('common', ofRun));
  });

  it('of a user is, too', () => {
    const user = new UserPaths('home');
    const { hub, discovery, token, hubPort, hubLock, hubTerms, hubLog, hubMessages } = user;
    const { projects, tickets, approvals, config } = user;
    const ofHub = { hub, discovery, token, hubPort, hubLock, hubTerms, hubLog, hubMessages };
    assert.deepEqual({ ...ofHub, projects, tickets, approvals, config }, under('home', ofUser));
  });

  describe('of a user who named no folder', () => {
    const before = process.env['STORYLOOP_HOME'];
    afterEach(() => {
      if (before === undefined) delete process.env['STORYLOOP_HOME'];
      else process.env['STORYLOOP_HOME'] = before;
    });

    it('is in the home folder, unless the environment names another', () => {
      for (const none of [undefined, '']) {
        if (none === undefined) delete process.env['STORYLOOP_HOME'];
        else process.env['STORYLOOP_HOME'] = none;
        assert.equal(new UserPaths().home, path.join(os.homedir(), '.storyloop'));
      }
      process.env['STORYLOOP_HOME'] = 'elsewhere';
      assert.equal(new UserPaths().home, 'elsewhere');
    });
  });
});
