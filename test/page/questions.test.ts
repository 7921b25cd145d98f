import assert from 'node:assert/strict';
import type { ClientFrame } from '../../src/events/frames.js';
import { DashboardRig } from './dashboardPage.js';
import { faintTexts } from './faintTexts.js';
import { RUN_ID, runInThirdStory } from './recordedRun.js';

const QUESTION = 'Which port?\n<b>8080</b> is taken by `nginx`.';

describe('A question of an agent, on the dashboard', function () {
  this.timeout(60_000);
  let rig: DashboardRig;

  before(async () => {
    rig = await DashboardRig.start();
  });

  after(async () => {
    await rig[Symbol.asyncDispose]();
  });

  afterEach(() => rig.closePages());

  /** The sample run, whose third story asks for a port and a host and waits. */
  async function openAsking(options?: Parameters<DashboardRig['open']>[0]) {
    const dashboard = await rig.open(options);
    const recorded = runInThirdStory(Date.now() - 154_000);
    recorded
      .add('question.asked', { story_id: 'US-003', question_id: 'Q-1', question: QUESTION, options: ['80', '9090'] })
      .add('question.asked', { story_id: 'US-003', question_id: 'Q-2', question: 'Which host?' })
      .add('context.completed', { story_id: 'US-003', attempt: 1, success: false, reason: 'question' })
      .add('story.status', {
        ...{ story_key: 'US-003', old_status: 'in_progress', new_status: 'blocked', reason: 'question' },
      });
    let told = recorded.events.length;
    await dashboard.init(recorded.events);
    await dashboard.shows('Waiting for an answer');
    const { page } = dashboard;
    const tell = async (): Promise<void> => {
      await dashboard.tell(recorded.events.slice(told));
      told = recorded.events.length;
    };
    const question = (name: string) => page.getByRole('group', { name });
    const port = question('Which port?');
    const answer = port.getByRole('textbox', { name: 'Your answer' });
    const send = port.getByRole('button', { name: 'Answer' });
    /** The id of the latest answer that the page sent. */
    const id = async (): Promise<string> => {
      const answers = (await dashboard.sent()).filter(({ op }) => op === 'run.answer');
      return String((answers.at(-1) as ClientFrame | undefined)?.id);
    };
    return { dashboard, page, recorded, tell, question, port, answer, send, id };
  }

  it('is shown in full, as text, with who asks and what is proposed', async () => {
    const { dashboard, page, port } = await openAsking();
    assert.equal(await port.locator('.question-text').innerText(), QUESTION);
    assert.equal(await page.locator('.question b').count(), 0);
    assert.deepEqual(await dashboard.texts('.question h4'), Array(2).fill('US-003 asks Attempt 1'));
    assert.deepEqual(await port.getByRole('group', { name: 'Proposed answers' }).getByRole('button').allInnerTexts(), [
      '80',
      '9090',
    ]);
    assert.equal(await port.getByRole('textbox').getAttribute('aria-describedby'), 'question-US-003-Q-1');
  });

  it('is told in the header, which leads to where it is answered, also in a story that was closed', async () => {
    const { page, answer } = await openAsking();
    assert.match(await page.getByRole('status').innerText(), / US-003 waits for an answer\.$/);
    await page.locator('#story-US-003').click();
    await answer.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'US-003 asks: Which port?' }).click();
    await page.locator('#answer-US-003-Q-1:focus').waitFor();
  });

  it('is answered, waits for the run, and shows then what was answered and by whom', async () => {
    const { dashboard, page, recorded, tell, port, answer, send, id } = await openAsking();
    assert.equal(await send.getAttribute('aria-disabled'), 'true', 'there is no answer yet');
    await send.click({ force: true });
    await answer.fill('  ');
    await answer.press('Control+Enter');
    await answer.fill('8081, please\n');
    assert.equal(await send.getAttribute('aria-disabled'), 'false');
    await answer.press('Control+Enter');
    assert.deepEqual(await dashboard.request('run.answer'), {
      ...{ op: 'run.answer', id: await id(), run_id: RUN_ID },
      ...{ story_id: 'US-003', question_id: 'Q-1', answer: '8081, please' },
    });
    const sending = port.getByRole('button', { name: 'Sending…' });
    assert.equal(await sending.getAttribute('aria-disabled'), 'true');
    await sending.click({ force: true });
    await answer.press('Meta+Enter');
    assert.equal((await dashboard.sent()).length, 2, 'ready, and one answer');
    await dashboard.frame({ op: 'ok', id: await id(), intent_id: 'i1' });
    await port.getByText('On its way to the run').waitFor();
    await page.locator('.question:focus').waitFor();
    recorded.add('answer.requested', { by: 'ada', story_id: 'US-003', question_id: 'Q-1', answer: '8081, please' });
    await tell();
    await port.getByText('Answer of ada').waitFor();
    await port.getByText('8081, please').waitFor();
    assert.equal(await port.getByRole('textbox').count(), 0);
    assert.equal(await page.getByRole('textbox', { name: 'Your answer' }).count(), 1, 'the other one stays open');
    recorded.add('answer.requested', { by: 'eve', story_id: 'US-003', question_id: 'Q-2', answer: 'localhost' });
    recorded.add('story.status', { story_key: 'US-003', old_status: 'blocked', new_status: 'open' });
    await tell();
    await page.getByText('Answer of eve').waitFor();
    await page.getByText('Waiting for an answer').waitFor({ state: 'detached' });
    assert.doesNotMatch(await page.getByRole('status').innerText(), /answer/);
  });

  it('stays where it is when somebody else answers it while a person types', async () => {
    const { page, recorded, tell, question, answer } = await openAsking();
    await answer.pressSequentially('half an ans');
    recorded.add('answer.requested', { by: 'eve', story_id: 'US-003', question_id: 'Q-2', answer: 'localhost' });
    recorded.add('answer.requested', { by: 'eve', story_id: 'US-003', question_id: 'Q-1', answer: '8080' });
    await tell();
    await question('Which port?').getByText('Answer of eve').waitFor();
    await page.locator('.question:focus').waitFor();
  });

  it('says beside it why an answer is refused, keeps the text, and takes it again', async () => {
    const { dashboard, port, answer, send, id } = await openAsking();
    await answer.fill('8081');
    await send.click();
    await dashboard.request('run.answer');
    await dashboard.frame({ op: 'error', id: await id(), code: 'NOT_EXECUTED', message: 'nobody executes it' });
    await port.getByRole('alert').getByText('Answer failed: nobody executes it').waitFor();
    assert.equal(await answer.inputValue(), '8081');
    assert.equal(await answer.getAttribute('aria-invalid'), 'false', 'it may be sent as it is');
    assert.match((await answer.getAttribute('aria-describedby')) ?? '', /-problem$/);
    await send.click();
    await port.getByRole('alert').waitFor({ state: 'detached' });
    assert.equal(await answer.isEditable(), false, 'what is on its way stays as it is');
    await dashboard.frame({ op: 'ok', id: await id(), intent_id: 'i1' });
    await port.getByText('On its way to the run').waitFor();
  });

  it('keeps what is typed while events come, in another story, and over a reload', async () => {
    const { dashboard, page, recorded, tell, question, answer } = await openAsking();
    const other = question('Which host?').getByRole('textbox');
    await answer.fill('half an ans');
    await other.fill('my');
    recorded.add('log.message', { level: 'info', message: 'meanwhile' });
    recorded.add('criterion.claimed', { story_id: 'US-003', ac_index: 2, note: 'again' });
    await tell();
    await dashboard.shows('meanwhile');
    await page.locator('#answer-US-003-Q-2:focus').waitFor();
    assert.equal(await answer.inputValue(), 'half an ans');
    await page.locator('#story-US-003').click();
    await answer.waitFor({ state: 'detached' });
    await page.locator('#story-US-001').click();
    await page.locator('#story-US-003').click();
    assert.deepEqual([await answer.inputValue(), await other.inputValue()], ['half an ans', 'my']);
    await page.reload();
    await dashboard.init(recorded.events);
    assert.deepEqual([await answer.inputValue(), await other.inputValue()], ['half an ans', 'my']);
  });

  it('takes a choice as the answer, and gives the own words back when it is taken back', async () => {
    const { dashboard, port, answer, send } = await openAsking();
    await answer.fill('my own');
    await port.getByRole('button', { name: '9090' }).click();
    assert.equal(await answer.inputValue(), '9090');
    await port.getByRole('button', { name: '9090', pressed: true }).click();
    assert.equal(await answer.inputValue(), 'my own');
    await port.getByRole('button', { name: '80', exact: true }).click();
    await send.click();
    assert.equal(((await dashboard.request('run.answer')) as { answer?: string }).answer, '80');
  });

  it('can be answered with the keyboard alone, in the order in which it is read', async () => {
    const { page, answer } = await openAsking();
    await page.locator('#story-US-003').focus();
    const stops: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.locator(':focus').evaluate((one: { id: string; textContent: string }) => one.id || one.textContent),
      );
    }
    assert.deepEqual(stops, ['80', '9090', 'answer-US-003-Q-1', 'Answer']);
    await answer.focus();
    await page.keyboard.type('with\nwords');
    await page.keyboard.press('ArrowUp');
    assert.equal(await answer.inputValue(), 'with\nwords');
    await page.locator('#answer-US-003-Q-1:focus').waitFor();
  });

  it('takes an answer for a run that has stopped, and says that it is kept', async () => {
    const { dashboard, page, recorded, tell, port, question, answer, send, id } = await openAsking();
    recorded.add('prd.stopped', {
      reason: `Waiting for an answer. US-003 asks: ${QUESTION} (80 / 9090) US-003 asks: Which host?`,
    });
    await tell();
    await page.getByRole('status').getByText('Stopped').waitFor();
    assert.equal(await page.locator('.note').count(), 0, 'the reason is not said twice');
    await answer.fill('80');
    await send.click();
    await dashboard.request('run.answer');
    await dashboard.frame({ op: 'ok', id: await id(), intent_id: 'i1' });
    await port.getByText('The answer is kept. The story goes on with it when the run is resumed.').waitFor();
    await page.getByRole('button', { name: 'US-003 asks: Which port?' }).waitFor({ state: 'detached' });
    await question('Which host?').getByRole('textbox').fill('localhost');
    await question('Which host?').getByRole('button', { name: 'Answer' }).click();
    await dashboard.frame({ op: 'ok', id: await id(), intent_id: 'i2' });
    await page.getByRole('region', { name: 'Questions' }).getByText('The answer is kept.').waitFor();
  });

  it('is shown without a way to answer where nobody would read it', async () => {
    const { page, recorded, tell, port } = await openAsking();
    recorded.add('prd.cancelled', {});
    await tell();
    await page.locator('#story-US-003').click();
    await port.getByText('The run is cancelled; nobody reads an answer.').waitFor();
    assert.equal(await port.getByRole('textbox').count(), 0);
    assert.equal(await page.getByText('Waiting for an answer').count(), 0);
  });

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`can be read in the ${theme} theme, wide and narrow`, async () => {
      const { page, dashboard, answer, send, id } = await openAsking({ theme });
      await answer.fill('8081');
      await send.click();
      await dashboard.frame({ op: 'error', id: await id(), code: 'NOT_EXECUTED', message: 'nobody executes it' });
      await page.getByRole('alert').waitFor();
      for (const width of [1_100, 400]) {
        await page.setViewportSize({ width, height: 760 });
        const overflow = await page.locator('html').evaluate((html: { scrollWidth: number }) => html.scrollWidth);
        assert.equal(overflow, width);
        assert.deepEqual(await faintTexts(page), []);
      }
    });
  }
});
