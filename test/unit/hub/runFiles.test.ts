import assert from 'node:assert/strict';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, startJournal, type RunRig } from './hubRig.js';

const secret = 'this is nobody’s business';

describe('The files of a run', () => {
  let rig: HubRig;
  let run: RunRig;
  let dir: string;

  // Before the folder goes.
  afterEach(async () => {
    await run[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
  });
  const folder = useTemporaryFolder();

  beforeEach(async () => {
    rig = await HubRig.start(folder());
    run = await startJournal(folder(), rig.user, 'run_a1');
    await run.journal.append('prd.started', {
      ...{ status: 'running', total_stories: 1, title: 'Sample' },
      stories: [
        {
          ...{ story_id: 'US-1', title: 'First', description: 'As a user', priority: 1, depends_on: [], passes: false },
          criteria: [{ ac_index: 1, ac_text: 'It works' }],
        },
      ],
    });
    await until('the run to be known', () => rig.hub.state.runs.has('run_a1'));
    const paths = run.paths.run('run_a1');
    ({ dir } = paths);
    for (const place of ['prompts', 'output']) mkdirSync(path.join(dir, place), { recursive: true });
    writeFileSync(paths.prompt('US-1', 1), '# Do it\n');
    writeFileSync(paths.transcript('US-1', 1), '<script>alert(1)</script>');
    writeFileSync(paths.output('US-1', 1, 'gate-test'), 'ok\n');
    writeFileSync(path.join(folder(), 'secret.log'), secret);
  });

  const get = (file: string) => rig.http(`/files/run_a1/${file}`);

  it('are listed, and come as attachments that no browser shows', async () => {
    const list = await rig.http('/files/run_a1');
    assert.deepEqual(JSON.parse(list.body), {
      run: 'run_a1',
      files: [
        { name: 'prompts/US-1-1.md', bytes: 8 },
        { name: 'output/US-1-1-agent.log', bytes: 25 },
        { name: 'output/US-1-1-gate-test.log', bytes: 3 },
      ],
    });
    const transcript = await get('output/US-1-1-agent.log');
    assert.equal(transcript.body, '<script>alert(1)</script>');
    assert.equal(transcript.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(transcript.headers['x-content-type-options'], 'nosniff');
    assert.equal(transcript.headers['content-disposition'], 'attachment; filename="US-1-1-agent.log"');
    assert.match(String(transcript.headers['content-security-policy']), /sandbox/);
    assert.equal((await get('prompts/US-1-1.md')).body, '# Do it\n');
  });

  it('are those of the list and no others: neither journals nor what was replaced, nor anything outside', async () => {
    writeFileSync(path.join(dir, 'output', 'notes.txt'), secret);
    writeFileSync(path.join(dir, 'output', 'US-1-1-agent.log.bak'), secret);
    for (const name of [
      ...[
        'journal-1.jsonl',
        'inbox/x.json',
        'replaced/US-1.prd',
        'reserve',
        'output/notes.txt',
        'output/US-1-1-agent.log.bak',
      ],
      ...[
        'output',
        'prompts/US-1-1-agent.log',
        'output/US-1-1.md',
        'output/US-2-1-agent.log',
        'output/US-1-1-agent.log/x',
      ],
      ...[
        '../run_a1/prompts/US-1-1.md',
        'prompts/../../../terms/x',
        'output/..%2f..%2f..%2f..%2fsecret.log',
        '%2e%2e/x',
      ],
      ...['output/%252e%252e', 'output//US-1-1-agent.log', 'output/US-1-1-agent.log%00', 'output/US-1-1-agent.log%0a'],
      ...['output%2fUS-1-1-agent.log', 'output\\US-1-1-agent.log', 'constructor/US-1-1.md', '__proto__/x', '%', '%ff'],
    ]) {
      const answer = await get(name);
      assert.equal(answer.status, 404, name);
      assert.equal(answer.body.includes(secret), false, name);
    }
    for (const target of [
      '/files',
      '/files/',
      '/files/run_zz',
      '/files/../api/state',
      '/files/%2e%2e',
      '/files/external:x:y',
    ]) {
      assert.equal((await rig.http(target)).status, 404, target);
    }
  });

  it('are not reached through links, whether the file, its folder or the run is one', async () => {
    const file = path.join(dir, 'output', 'US-1-1-gate-test.log');
    rmSync(file);
    symlinkSync(path.join(folder(), 'secret.log'), file);
    assert.equal((await get('output/US-1-1-gate-test.log')).status, 404);
    const outside = path.join(folder(), 'outside');
    mkdirSync(outside);
    writeFileSync(path.join(outside, 'US-1-9-gate-test.log'), secret);
    renameSync(path.join(dir, 'output'), path.join(dir, 'before'));
    symlinkSync(outside, path.join(dir, 'output'));
    assert.equal((await get('output/US-1-9-gate-test.log')).status, 404);
    const list = await rig.http('/files/run_a1');
    assert.deepEqual((JSON.parse(list.body) as { files: unknown[] }).files, [{ name: 'prompts/US-1-1.md', bytes: 8 }]);
    renameSync(dir, path.join(folder(), 'elsewhere'));
    symlinkSync(path.join(folder(), 'elsewhere'), dir);
    assert.equal((await get('prompts/US-1-1.md')).status, 404);
    rmSync(dir);
    renameSync(path.join(folder(), 'elsewhere'), dir);
  });

  it('are not folders, and not longer than what may be sent', async () => {
    mkdirSync(path.join(dir, 'output', 'US-1-2-agent.log'));
    assert.equal((await get('output/US-1-2-agent.log')).status, 404);
    const file = path.join(dir, 'output', 'US-1-3-agent.log');
    writeFileSync(file, '');
    assert.deepEqual(
      [(await get('output/US-1-3-agent.log')).status, (await get('output/US-1-3-agent.log')).body],
      [200, ''],
    );
    truncateSync(file, 66 * 1024 ** 2);
    const refused = await get('output/US-1-3-agent.log');
    assert.deepEqual([refused.status, (JSON.parse(refused.body) as { code: string }).code], [413, 'TOO_LARGE']);
  });

  it('are not those of a run that an outsider made up', async () => {
    await rig.emit({
      type: 'prd.started',
      prd_id: 'P',
      run_id: 'run_a1',
      data: { status: 'running', total_stories: 1 },
    });
    const [id] = [...rig.hub.state.runs.keys()].filter((one) => one.startsWith('external:'));
    assert.ok(id);
    assert.equal((await rig.http(`/files/${encodeURIComponent(id)}`)).status, 404);
  });

  it('stay what they are, whatever is asked: nothing outside the list is ever answered', async () => {
    linkSync(path.join(folder(), 'secret.log'), path.join(dir, 'journal-99.jsonl'));
    const part = fc.constantFrom(
      '..',
      '.',
      'output',
      'prompts',
      'run_a1',
      '%2e%2e',
      '%2f',
      'secret.log',
      'US-1-1.md',
      '\\',
      '%00',
      '',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const { status, body } = await rig.http(`/files/${parts.join('/')}`);
        assert.ok(status === 404 || (status === 200 && !body.includes(secret)), `${status}`);
      }),
      { numRuns: 60 },
    );
  });

  it('have beside them the data files of a sprint dashboard, with their types, of the last run', async () => {
    const expected = {
      '/story-descriptions.json': [
        'application/json; charset=utf-8',
        /^\{"US-1":\{"title":"First","description":"As a user","criteria":\["It works"\]\}\}$/,
      ],
      '/sprint-status.yaml': ['application/x-yaml; charset=utf-8', /^run: "run_a1"\n[^]*\n {2}"US-1": "open"\n/],
      '/orchestrator.md': ['text/plain; charset=utf-8', /^# Sample\n/],
      '/orchestrator.csv': ['text/plain; charset=utf-8', /^run,story,[^\n]*\r\nrun_a1,US-1,First,open,/],
    } as const;
    for (const [target, [type, text]] of Object.entries(expected)) {
      const answer = await rig.http(target);
      assert.equal(answer.status, 200, target);
      assert.equal(answer.headers['content-type'], type);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      assert.match(answer.body, text);
    }
  });

  it('and those of another run or PRD when it is named; 404 where there is none', async () => {
    const started = { type: 'prd.started', data: { status: 'running', total_stories: 0, title: 'Later' } };
    await rig.emit({ ...started, prd_id: 'other' }, {});
    const title = async (query: string): Promise<string | number> => {
      const { status, body } = await rig.http(`/orchestrator.md${query}`);
      return status === 200 ? (body.split('\n')[0] ?? '') : status;
    };
    assert.equal(await title(''), '# Later');
    assert.equal(await title('?run=run_a1'), '# Sample');
    assert.equal(await title('?prd=repo-prd-000001'), '# Sample');
    assert.equal(await title('?prd=other'), '# Later');
    assert.equal(await title('?prd=none'), 404);
    assert.equal(await title('?run=run_a1&prd=other'), 404);
    for (const target of [
      '/sprint-status.yml',
      '/orchestrator.html',
      '/constructor',
      '/..%2fsprint-status.yaml',
      '/toString',
    ]) {
      assert.equal((await rig.http(target)).status, 404, target);
    }
  });
});
