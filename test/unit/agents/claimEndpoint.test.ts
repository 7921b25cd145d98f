import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { CriterionClaim } from '../../../src/agents/agent.js';
import { AskDesk, type Question } from '../../../src/agents/askTool.js';
import { ClaimEndpoint } from '../../../src/agents/claimEndpoint.js';
import { ReportDesk } from '../../../src/agents/reportTool.js';
import { ReviewDesk } from '../../../src/agents/reviewTool.js';
import { deferred } from '../../../src/primitives/deferred.js';

const claims: CriterionClaim[] = [];
const questions: Question[] = [];
const open: ClaimEndpoint[] = [];

async function endpoint(onClaim?: () => Promise<void>): Promise<ClaimEndpoint> {
  const desk = new ReportDesk([1, 2], async (claim) => {
    claims.push(claim);
    await onClaim?.();
  });
  const askDesk = new AskDesk((question) => {
    questions.push(question);
    return Promise.resolve();
  });
  const opened = await ClaimEndpoint.open([desk, askDesk]);
  assert.ok(opened.ok);
  open.push(opened.value);
  return opened.value;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends exactly these headers; `fetch` would add to them. */
function send(
  { access }: ClaimEndpoint,
  body: unknown,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answer> {
  const { promise, resolve, reject } = deferred<Answer>();
  const sent = request(
    access.url,
    {
      method,
      headers: { authorization: `Bearer ${access.token}`, 'content-type': 'application/json', ...headers },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    },
  );
  sent.on('error', reject);
  sent.end(typeof body === 'string' ? body : JSON.stringify(body));
  return promise;
}

const message = (method: string, params?: object): object => ({ jsonrpc: '2.0', id: 7, method, params });
const call = (name: string, input: unknown): object => message('tools/call', { name, arguments: input });
const report = (input: unknown): object => call('report_criterion', input);

async function told(
  to: ClaimEndpoint,
  input: unknown,
  tool = 'report_criterion',
): Promise<{ isError: boolean; text: string }> {
  const { text } = await send(to, call(tool, input));
  const { result } = JSON.parse(text) as { result: { isError: boolean; content: { text: string }[] } };
  return { isError: result.isError, text: result.content.map((part) => part.text).join('') };
}

describe("an attempt's endpoint for claims", () => {
  beforeEach(() => {
    claims.splice(0);
    questions.splice(0);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  });

  it('speaks the revision of MCP that the client asks for, or its newest', async () => {
    const to = await endpoint();
    const agreed = async (protocolVersion: string): Promise<unknown> => {
      const { text } = await send(to, message('initialize', { protocolVersion, capabilities: {} }));
      return (JSON.parse(text) as { result: { protocolVersion: unknown } }).result.protocolVersion;
    };
    assert.equal(await agreed('2025-03-26'), '2025-03-26');
    assert.equal(await agreed('1999-01-01'), '2025-11-25');
    assert.equal((await send(to, { jsonrpc: '2.0', method: 'notifications/initialized' })).status, 202);
    assert.match((await send(to, message('ping'))).text, /"result":\{\}/);
    assert.match((await send(to, message('resources/list'))).text, /-32601/);
    assert.equal((await send(to, message('ping'), { 'mcp-protocol-version': '2099-01-01' })).status, 400);
  });

  it('offers its tools, marked as harmless so that unattended agents may use it', async () => {
    const { text } = await send(await endpoint(), message('tools/list'));
    const { tools } = (JSON.parse(text) as { result: { tools: { name: string; annotations: unknown }[] } }).result;
    assert.deepEqual(
      tools.map(({ name, annotations }) => [name, annotations]),
      [
        [
          'report_criterion',
          { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
        ],
        ['ask_question', { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false }],
      ],
    );
  });

  it('takes a claim once, and answers when it is on disk', async () => {
    const onDisk = deferred();
    const to = await endpoint(() => onDisk.promise);
    const answered = told(to, { criterion: 'AC-2', test: { file: 'a.test.js', name: 'works' }, note: 'n' });
    let isAnswered = false;
    void answered.then(() => (isAnswered = true));
    assert.match((await send(to, message('ping'))).text, /result/);
    assert.equal(isAnswered, false);
    onDisk.resolve();
    assert.deepEqual((await answered).isError, false);
    await told(to, { criterion: 'AC-2', test: { file: 'a.test.js', name: 'works' }, note: 'n' });
    assert.deepEqual(claims, [{ acIndex: 2, test: { file: 'a.test.js', name: 'works' }, note: 'n' }]);
  });

  it('tells the agent what is wrong with a report', async () => {
    const to = await endpoint();
    assert.deepEqual(await told(to, { criterion: 'AC-3' }), {
      isError: true,
      text: 'There is no AC-3. This story has AC-1, AC-2.',
    });
    for (const input of [{ criterion: '2' }, { criterion: 'AC-0' }, {}, undefined, { criterion: 'AC-1', test: 'x' }]) {
      assert.equal((await told(to, input)).isError, true, JSON.stringify(input));
    }
    assert.match((await send(to, message('tools/call', { name: 'rm' }))).text, /-32602/);
    assert.deepEqual(claims, []);
  });

  it('takes only so many claims', async () => {
    const to = await endpoint();
    for (let note = 0; note < 200; note += 1) await told(to, { criterion: 'AC-1', note: String(note) });
    assert.match((await told(to, { criterion: 'AC-2' })).text, /Too many/);
    assert.equal(claims.length, 200);
  });

  it('takes a question once, as plain text, and tells the agent to end', async () => {
    const to = await endpoint();
    const input = { question: ' Which \u001b[31mport? ', options: ['80', '8080'] };
    const answers = [await told(to, input, 'ask_question'), await told(to, input, 'ask_question')];
    const text = 'Asked. End here; you are started again with the answer.';
    assert.deepEqual(answers, [
      { isError: false, text },
      { isError: false, text },
    ]);
    assert.deepEqual(questions, [{ question: 'Which port?', options: ['80', '8080'] }]);
  });

  it('takes no question without words or beyond its bounds, and only so many', async () => {
    const to = await endpoint();
    const long = 'x'.repeat(2_001);
    for (const input of [{}, { question: ' ' }, { question: long }, { question: 'x', options: [long] }])
      assert.equal((await told(to, input, 'ask_question')).isError, true);
    for (let index = 0; index < 5; index += 1) await told(to, { question: `Question ${index}` }, 'ask_question');
    assert.match((await told(to, { question: 'One more' }, 'ask_question')).text, /Too many/);
    assert.equal(questions.length, 5);
  });

  it('lets no reviewer ask: what is no tool of its role is none at its endpoint', async () => {
    const opened = await ClaimEndpoint.open([new ReviewDesk([1], 'k', () => {})]);
    assert.ok(opened.ok);
    open.push(opened.value);
    assert.match((await send(opened.value, call('ask_question', { question: 'Which port?' }))).text, /-32602.*no such/);
  });

  it('refuses another name for it, a page, a wrong or foreign credential, and what is no request', async () => {
    const [to, other] = [await endpoint(), await endpoint()];
    const claim = report({ criterion: 'AC-1' });
    const status = async (headers: Record<string, string>, method?: string, body: unknown = claim): Promise<number> =>
      (await send(to, body, headers, method)).status;
    assert.deepEqual(
      [
        await status({ host: 'evil.test' }),
        await status({ origin: 'http://127.0.0.1' }),
        await status({ 'sec-fetch-site': 'same-origin' }),
        await status({ authorization: '' }),
        await status({ authorization: `Bearer ${other.access.token}` }),
        await status({}, 'DELETE'),
        await status({ 'content-type': 'text/plain' }),
        await status({}, 'POST', '{'),
        await status({}, 'POST', [claim]),
        await status({}, 'POST', `"${'x'.repeat(70_000)}"`),
      ],
      [421, 403, 403, 401, 401, 405, 415, 400, 400, 413],
    );
    assert.deepEqual(claims, []);
  });

  it('ends with its attempt: nobody listens, and what was on its way is not taken', async () => {
    const desk = new ReportDesk([1], () => Promise.resolve());
    const opened = await ClaimEndpoint.open([desk]);
    assert.ok(opened.ok);
    await opened.value[Symbol.asyncDispose]();
    await assert.rejects(send(opened.value, report({ criterion: 'AC-1' })), /ECONNREFUSED/);
    assert.deepEqual(await desk.take({ criterion: 'AC-1' }), {
      ok: false,
      error: 'The attempt is over; this report was not taken.',
    });
  });
});
