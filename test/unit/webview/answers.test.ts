import assert from 'node:assert/strict';
import type { ClientFrame } from '../../../src/events/frames.js';
import { Answers } from '../../../webview-ui/answers.js';
import { HubView } from '../../../webview-ui/hubView.js';
import { ANSWER_MS } from '../../../webview-ui/runRequests.js';
import type { QuestionAddress, WrittenAnswer } from '../../../webview-ui/writtenAnswer.js';
import { Recorder } from '../../page/recordedRun.js';
import { FakeClock } from '../../rig/fakeClock.js';

const port: QuestionAddress = { run_id: 'run_1', story_id: 'US-001', question_id: 'Q-1' };
const host: QuestionAddress = { ...port, question_id: 'Q-2' };

/** A run whose story asks for a port and a host, what is written to it, and a clock that the test moves. */
function rig(saved: readonly WrittenAnswer[] = []) {
  const clock = new FakeClock();
  const hub = new HubView();
  const sent: ClientFrame[] = [];
  const kept: { answers: readonly WrittenAnswer[] } = { answers: saved };
  const answers = new Answers(
    (frame) => sent.push(frame),
    clock,
    () => {},
    () => hub.runs.values(),
    saved,
    (written) => {
      kept.answers = written;
    },
  );
  const to = new Recorder('run_1', 'prd_1', Date.parse('2026-11-21T07:00:00.000Z'));
  const tell = (): void => {
    for (const event of to.events.splice(0)) hub.take({ op: 'event', s: [], event });
    for (const run of hub.runs.values()) answers.settle(run);
  };
  to.add('prd.started', { status: 'running', total_stories: 1 }).add('story.started', { story_id: 'US-001' });
  to.add('question.asked', { story_id: 'US-001', question_id: 'Q-1', question: 'Which port?' });
  to.add('question.asked', { story_id: 'US-001', question_id: 'Q-2', question: 'Which host?' });
  /** The id of the latest request. */
  const id = (): string => String(sent.at(-1)?.id);
  return { clock, sent, kept, answers, to, tell, id };
}

describe('An answer to a question', () => {
  it('is sent once with its question, and is on its way until the hub has taken it', () => {
    const { answers, sent, clock, tell, id } = rig();
    tell();
    answers.write(port, ' 8080\n');
    answers.answer(port);
    answers.answer(port);
    assert.deepEqual(sent, [
      { op: 'run.answer', id: id(), run_id: 'run_1', story_id: 'US-001', question_id: 'Q-1', answer: '8080' },
    ]);
    assert.equal(answers.of(port).kind, 'sending');
    assert.equal(answers.of(host).kind, 'written', 'each question has its own');
    assert.equal(answers.take({ op: 'ok', id: id(), intent_id: 'i' }), true);
    assert.deepEqual(answers.of(port), { kind: 'sent', text: '8080', problem: undefined });
    assert.equal(clock.pending, 0, 'an answer ends the wait for it');
  });

  it('is not sent when there is nothing in it, or too much', () => {
    const { answers, sent } = rig();
    for (const text of ['', ' \n', 'x'.repeat(2_001)]) {
      answers.write(port, text);
      answers.answer(port);
    }
    assert.deepEqual(sent, []);
  });

  it('keeps its text when it is refused, says why until it is changed, and can be sent again', () => {
    const { answers, sent, id } = rig();
    answers.write(port, '8080');
    answers.answer(port);
    assert.equal(answers.take({ op: 'error', id: id(), code: 'UNAVAILABLE', message: 'not now' }), true);
    assert.deepEqual(answers.of(port), { kind: 'written', text: '8080', problem: 'Answer failed: not now' });
    answers.answer(port);
    assert.deepEqual([answers.of(port).kind, answers.of(port).problem], ['sending', undefined]);
    answers.take({ op: 'error', id: id(), code: 'UNAVAILABLE', message: 'not now' });
    answers.write(port, '8081');
    assert.equal(answers.of(port).problem, undefined);
    assert.equal(new Set(sent.map((frame) => frame.id)).size, 2);
  });

  it('can be sent again when nobody takes it, and counts when it is taken late', () => {
    const { answers, clock, id } = rig();
    answers.write(port, '8080');
    answers.answer(port);
    clock.advance(ANSWER_MS);
    assert.match(answers.of(port).problem ?? '', /It may still take effect/);
    answers.take({ op: 'ok', id: id() });
    assert.equal(answers.of(port).kind, 'sent');
  });

  it('that is written anew before the hub took it is not sent by that, nor is it a fault of anything else', () => {
    const { answers, id } = rig();
    answers.write(port, '8080');
    answers.answer(port);
    answers.write(port, '9090');
    assert.equal(answers.take({ op: 'error', id: id(), code: 'UNAVAILABLE', message: 'x' }), true);
    assert.equal(answers.take({ op: 'ok', id: id() }), true);
    assert.deepEqual(answers.of(port), { kind: 'written', text: '9090', problem: undefined });
  });

  it('has an id that no other page gives', () => {
    const pages = [rig(), rig()];
    for (const { answers } of pages) {
      answers.write(port, '8080');
      answers.answer(port);
    }
    assert.equal(new Set(pages.map(({ id }) => id())).size, 2);
  });

  it('leaves to others what they asked for', () => {
    const { answers } = rig();
    answers.write(port, '8080');
    answers.answer(port);
    assert.equal(answers.take({ op: 'error', id: 1, code: 'INTERNAL', message: 'x' }), false);
    assert.equal(answers.take({ op: 'error', code: 'INTERNAL', message: 'x' }), false);
    assert.equal(answers.of(port).kind, 'sending');
  });

  it('is kept as it is written, survives other events, and is forgotten once the question is open no more', () => {
    const { answers, kept, to, tell } = rig();
    tell();
    answers.write(port, 'half an ans');
    answers.write(host, 'local');
    to.add('log.message', { level: 'info', message: 'x' });
    tell();
    assert.equal(answers.of(port).text, 'half an ans');
    to.add('answer.requested', { by: 'ada', story_id: 'US-001', question_id: 'Q-1', answer: '80' });
    tell();
    assert.deepEqual(kept.answers, [{ ...host, text: 'local', sent: false }]);
    to.add('story.completed', { story_id: 'US-001', success: false, status: 'failed' });
    tell();
    assert.deepEqual(kept.answers, []);
  });

  it('comes back after a reload, and waits for a hub that does not know the question yet', () => {
    const { kept, answers } = rig();
    answers.write(port, '8080');
    answers.answer(port);
    const again = rig(kept.answers);
    assert.deepEqual(again.answers.of(port), { kind: 'written', text: '8080', problem: undefined });
    const all = again.to.events.splice(0);
    again.to.events.push(...all.slice(0, 1));
    again.tell();
    again.to.events.push(...all.slice(1));
    again.tell();
    assert.equal(again.answers.of(port).text, '8080');
    again.answers.answer(port);
    again.answers.take({ op: 'ok', id: again.id() });
    assert.equal(rig(again.kept.answers).answers.of(port).kind, 'sent');
  });

  it('forgets the oldest of very many', () => {
    const { answers, kept } = rig();
    for (let n = 0; n < 60; n += 1) answers.write({ ...port, question_id: `Q-${n}` }, 'x');
    assert.equal(kept.answers.length, 50);
    assert.equal(answers.of({ ...port, question_id: 'Q-59' }).text, 'x');
    assert.equal(answers.of({ ...port, question_id: 'Q-0' }).text, '');
  });
});
