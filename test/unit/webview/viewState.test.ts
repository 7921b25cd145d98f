import assert from 'node:assert/strict';
import { chosenExpansion, restoreView, withExpanded, withRun } from '../../../webview-ui/viewState.js';

const nothing = { expanded: {}, filter: '', answers: [] };

describe('Where the user is in the dashboard', () => {
  it('comes back as it was saved', () => {
    const view = withRun(withExpanded({ ...nothing, filter: 'story.*' }, 'run_1', 'US-001', false), 'run_1');
    const back = restoreView(JSON.parse(JSON.stringify(view)));
    assert.deepEqual(back, view);
    assert.equal(chosenExpansion(back, 'run_1', 'US-001'), false);
    assert.equal(chosenExpansion(back, 'run_2', 'US-001'), undefined);
  });

  it('starts afresh when what was saved is of another shape', () => {
    for (const saved of [undefined, null, 7, 'x', { expanded: { a: 1 }, filter: '' }, { run: 1 }]) {
      assert.deepEqual(restoreView(saved), nothing);
    }
  });

  it('comes back from before there were answers', () => {
    assert.deepEqual(restoreView({ expanded: { 'run_1/US-001': true }, filter: 'x' }), {
      expanded: { 'run_1/US-001': true },
      filter: 'x',
      answers: [],
    });
  });

  it('follows the newest run again when a run is let go', () => {
    assert.equal('run' in withRun(withRun(nothing, 'run_1'), undefined), false);
  });

  it('forgets the oldest of very many stories', () => {
    let view = restoreView(undefined);
    for (let n = 0; n < 600; n += 1) view = withExpanded(view, 'run_1', String(n), true);
    assert.equal(Object.keys(view.expanded).length, 500);
    assert.equal(chosenExpansion(view, 'run_1', '599'), true);
    assert.equal(chosenExpansion(view, 'run_1', '0'), undefined);
  });
});
