import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeRecord } from '../../../src/records/record.js';
import { Terms } from '../../../src/records/terms.js';
import { currentHolder, parseHolder, type Holder } from '../../../src/session/holder.js';
import { journalTerms, prdOfRun, runNames, undecidedLengths } from '../../../src/session/journalFiles.js';
import { ProjectPaths, type RunPaths } from '../../../src/session/paths.js';
import { openFiles } from '../../rig/openFiles.js';
import { syncedFiles } from '../../rig/syncedFiles.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('The journals of a project', () => {
  const folder = useTemporaryFolder();
  const project = (): ProjectPaths => new ProjectPaths(folder());
  const record = (prd: unknown): Buffer => encodeRecord({ prd_id: prd, data: {} });
  afterEach(() => {
    assert.deepEqual(openFiles(folder()), []);
  });

  /** A run whose journals say this, by term. */
  function write(runId: string, journals: Readonly<Record<string, Buffer | string>>): RunPaths {
    const run = project().run(runId);
    mkdirSync(run.dir, { recursive: true });
    for (const [term, content] of Object.entries(journals)) writeFileSync(run.journal(Number(term)), content);
    return run;
  }

  it('are those of its runs, which are folders with the name of a run', async () => {
    assert.deepEqual(await runNames(project()), []);
    const others = ['run_', 'run_A', 'my_run_a', `run_${'a'.repeat(61)}`, 'run_a.bak', 'run-a'];
    for (const name of ['run_b', 'run_a', `run_${'a'.repeat(60)}`, ...others])
      mkdirSync(path.join(project().runs, name), { recursive: true });
    writeFileSync(path.join(project().runs, 'run_c'), '');
    assert.deepEqual(await runNames(project()), ['run_a', `run_${'a'.repeat(60)}`, 'run_b']);
  });

  it('have a term each, and are sorted by it', async () => {
    const run = write('run_a', { 10: '', 9: '', 1: '' });
    for (const name of [
      'journal-0.jsonl',
      'journal-02.jsonl',
      'journal-3.jsonl.bak',
      'my-journal-4.jsonl',
      'live-5.jsonl',
    ])
      writeFileSync(path.join(run.dir, name), '');
    mkdirSync(run.journal(6));
    assert.deepEqual(await journalTerms(run), [1, 9, 10]);
    assert.deepEqual(await journalTerms(project().run('run_none')), []);
  });

  it('are not taken for none when they cannot be listed', async () => {
    mkdirSync(project().state);
    writeFileSync(project().runs, '');
    await assert.rejects(runNames(project()), { code: 'ENOTDIR' });
    await assert.rejects(journalTerms(project().run('run_a')), { code: 'ENOTDIR' });
  });

  it('belong to the PRD that the first record of all names', async () => {
    assert.equal(
      await prdOfRun(write('run_a', { 2: record('late'), 1: Buffer.concat([record('first'), record('x')]) })),
      'first',
    );
    assert.equal(await prdOfRun(write('run_b', { 1: '', 2: record('second') })), 'second');
    assert.equal(await prdOfRun(write('run_c', { 1: record(7), 2: record('x') })), undefined);
    assert.equal(await prdOfRun(write('run_d', { 1: 'torn' })), undefined);
  });

  describe('count for the next owner', () => {
    const terms = (): Terms<Holder> => new Terms(project().terms('prd-1'), parseHolder);
    const claim = async (count: number): Promise<void> => {
      for (let term = 1; term <= count; term += 1) await terms().claim(term, currentHolder('test'));
    };
    const lengths = (): Promise<Record<string, number>> => undecidedLengths(project(), 'prd-1', terms());

    it('as far as their records are whole, and are on disk then', async function () {
      await claim(2);
      const whole = Buffer.concat([record('prd-1'), record('prd-1')]);
      const run = write('run_a', { 1: Buffer.concat([whole, Buffer.from('{"torn')]), 2: '' });
      let found: unknown;
      const synced = await syncedFiles(async () => (found = await lengths()));
      assert.deepEqual(found, { 'runs/run_a/journal-1.jsonl': whole.length, 'runs/run_a/journal-2.jsonl': 0 });
      if (process.platform === 'linux') assert.deepEqual(synced, [run.journal(1), run.journal(2)]);
    });

    it('with the damage that is in them, so that who reads them comes upon it', async () => {
      await claim(1);
      const damaged = Buffer.concat([record('prd-1'), Buffer.from('damage\n'), record('prd-1')]);
      write('run_a', { 1: damaged });
      assert.deepEqual(await lengths(), { 'runs/run_a/journal-1.jsonl': damaged.length });
    });

    it('whatever run they are of, but of this PRD only, and only where nobody has accepted yet', async () => {
      await claim(3);
      await terms().accept(3, {});
      await terms().claim(4, currentHolder('test'));
      const one = record('prd-1');
      write('run_a', { 2: one, 3: one });
      write('run_b', { 4: one });
      write('run_c', { 1: one });
      write('run_d', { 4: record('prd-2') });
      assert.deepEqual(await lengths(), {
        'runs/run_a/journal-3.jsonl': one.length,
        'runs/run_b/journal-4.jsonl': one.length,
      });
    });
  });
});
