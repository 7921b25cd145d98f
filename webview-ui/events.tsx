import './noEval.js';
import { render } from 'preact';
import { systemClock } from '../src/primitives/clock.js';
import './events.css';
import { EventsPage } from './eventsPage.js';
import { restoreWish } from './eventWish.js';
import { HubAccess, takePageKey } from './hubAccess.js';
import { readStored, store } from './stored.js';
import { EventsView } from './views/eventsView.js';

const STORED_WISH = 'storyloop.events';

/** Joins the page's knowledge and its view, which is drawn at most once per animation frame. */
function startEventsPage(root: HTMLElement): void {
  let scheduled = false;
  const draw = (): void => {
    scheduled = false;
    render(<EventsView page={page} />, root);
  };
  const changed = (): void => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  };
  const access = new HubAccess(takePageKey());
  const page = new EventsPage(access, systemClock, restoreWish(readStored(STORED_WISH)), {
    changed,
    save: (wish) => {
      store(STORED_WISH, wish);
    },
  });
  document.title = 'Storyloop events';
  draw();
  page.start();
}

startEventsPage(document.body.appendChild(document.createElement('div')));
