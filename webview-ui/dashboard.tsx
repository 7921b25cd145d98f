import './noEval.js';
import { render } from 'preact';
import { isKnown } from '../src/events/envelope.js';
import type { ClientFrame } from '../src/events/frames.js';
import { systemClock } from '../src/primitives/clock.js';
import type { RunState } from '../src/state/runState.js';
import { Answers } from './answers.js';
import { browserHost } from './browserHost.js';
import './dashboard.css';
import type { Host, HostFrame } from './host.js';
import { HubView } from './hubView.js';
import { RunRequests } from './runRequests.js';
import { chosenExpansion, restoreView, withExpanded, withRun, type ViewState } from './viewState.js';
import type { Actions } from './views/actions.js';
import { DashboardView } from './views/dashboardView.js';
import { vscodeHost } from './vscodeHost.js';

/** Joins host, state and view. Frames change the state at once; the page is drawn at most once per animation frame. */
function startDashboard(host: Host, root: HTMLElement): void {
  const hub = new HubView();
  let view = restoreView(host.readView());
  let scheduled = false;

  const draw = (): void => {
    scheduled = false;
    const { eventsPage } = host;
    render(<DashboardView {...{ hub, requests, answers, view, actions, eventsPage }} />, root);
  };
  const changed = (): void => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  };
  const changeView = (next: ViewState): void => {
    view = next;
    host.saveView(view);
    changed();
  };

  const send = (frame: ClientFrame): void => {
    host.send(frame);
  };
  const requests = new RunRequests(send, systemClock, changed);
  const known = (): Iterable<RunState> => hub.runs.values();
  const answers = new Answers(send, systemClock, changed, known, view.answers, (written) => {
    view = { ...view, answers: [...written] };
    host.saveView(view);
  });
  const actions: Actions = {
    ask: (intent, run) => {
      requests.ask(intent, run);
    },
    dismissError: () => {
      requests.dismiss();
    },
    selectRun: (runId) => {
      changeView(withRun(view, runId));
    },
    expandStory: (runId, storyId, expanded) => {
      changeView(withExpanded(view, runId, storyId, expanded));
    },
    writeAnswer: (question, text) => {
      answers.write(question, text);
      const { run_id: run, story_id: story } = question;
      // It stays open when somebody else answers meanwhile.
      if (chosenExpansion(view, run, story) === undefined) changeView(withExpanded(view, run, story, true));
    },
    sendAnswer: (question) => {
      answers.answer(question);
      // It stays open when it waits no more.
      changeView(withExpanded(view, question.run_id, question.story_id, true));
    },
    setFilter: (filter) => {
      changeView({ ...view, filter });
    },
  };

  host.onFrame((frame) => {
    if ((frame.op === 'ok' || frame.op === 'error') && !answers.take(frame)) requests.answer(frame);
    hub.take(frame);
    for (const run of hub.runs.values()) {
      requests.settle(run);
      answers.settle(run);
    }
    if (view.run !== undefined && startsRun(frame, hub)) changeView(withRun(view, undefined));
    if (frame.op === 'select') changeView(withRun(view, frame.run_id));
    changed();
  });
  draw();
  host.send({ op: 'ready' });
}

/** A run that has just begun in this window is what its user wants to see, whatever was looked at before. */
function startsRun(frame: HostFrame, hub: HubView): boolean {
  const events =
    frame.op === 'event' ? [frame.event] : frame.op === 'events' ? frame.events.map(({ event }) => event) : [];
  return events.some((event) => {
    if (!isKnown(event) || event.type !== 'prd.started' || event.data.resumed === true) return false;
    const run = event.run_id === event.source ? hub.runs.get(event.source) : undefined;
    return run !== undefined && hub.isOfWindow(run);
  });
}

const host = 'acquireVsCodeApi' in window ? vscodeHost() : browserHost();
startDashboard(host, document.body.appendChild(document.createElement('div')));
