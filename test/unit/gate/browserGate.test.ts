import assert from 'node:assert/strict';
import { passGate } from '../../../src/gate/gate.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { get, host, port, request, rulesAt, upgrade, type Change } from './gateRig.js';

describe('passGate for a browser', () => {
  const clock = new FakeClock();
  const rules = rulesAt(clock);
  const { cookie, pageKey } = rules.sessions.open(port);
  const origin: [string, string] = ['Origin', `http://${host}`];
  const same: [string, string] = ['Sec-Fetch-Site', 'same-origin'];
  const typed: [string, string] = ['Sec-Fetch-Site', 'none'];
  const withCookie: [string, string] = ['Cookie', `theme=dark; storyloop-${port}=${cookie}; x=y`];
  const withKey: [string, string] = ['Storyloop-Page', pageKey];
  const offer: [string, string] = ['Sec-WebSocket-Protocol', `storyloop.v1, storyloop.page.${pageKey}`];
  const secondOffer: [string, string] = ['Sec-WebSocket-Protocol', 'storyloop.page.another'];
  const control: Change = { target: '/api/runs/run_1/pause' };
  const page: Change = { method: 'GET', target: '/' };
  const file: Change = { method: 'GET', target: '/dashboard.js' };

  /** What a browser gets: the scope, or the code of the refusal. */
  function asked(change: Change, headers: readonly [string, string][]): string {
    const result = passGate(request({ ...change, headers: [['Authorization', 'ABSENT'], ...headers] }), rulesAt(clock));
    return result.ok ? (result.value.scope ?? 'nobody') : result.error.code;
  }

  const admitted: [string, Change, readonly [string, string][]][] = [
    ['the page by a typed address', page, [withCookie, typed]],
    ['the page when it goes on from its entrance', page, [withCookie, same]],
    ['the page of all events', { ...page, target: '/events' }, [withCookie, same]],
    ['statistics for the page', { ...get, target: '/api/stats' }, [withCookie, withKey, same]],
    ['a file of the page', file, [withCookie, same]],
    ['reading by the page', get, [withCookie, withKey, same]],
    ['reading by the page, told by its Origin', get, [withCookie, withKey, origin]],
    ['history for the page', { ...get, target: '/api/events?since=a:1' }, [withCookie, withKey, same]],
    ['control by the page', control, [withCookie, withKey, origin, same]],
    ['a WebSocket of the page', upgrade, [withCookie, offer, origin]],
    ['a good cookie beside one that another port set', page, [['Cookie', `storyloop-${port}=x`], withCookie, typed]],
  ];
  for (const [what, change, headers] of admitted) {
    it(`admits ${what}`, () => {
      assert.equal(asked(change, headers), 'browser');
    });
  }

  const foreign: [string, string] = ['Origin', 'http://127.0.0.1:3000'];
  const sameSite: [string, string] = ['Sec-Fetch-Site', 'same-site'];
  const otherPort: [string, string] = ['Cookie', `storyloop-${port}=${rules.sessions.open(port + 1).cookie}`];
  const refused: [string, Change, readonly [string, string][], string][] = [
    ['reading with nothing but the cookie', get, [withCookie, same], 'UNAUTHORIZED'],
    ['control with nothing but the cookie', control, [withCookie, origin], 'UNAUTHORIZED'],
    ['a WebSocket with nothing but the cookie', upgrade, [withCookie, origin], 'UNAUTHORIZED'],
    ['reading with nothing but the key', get, [withKey, same], 'UNAUTHORIZED'],
    ['a WebSocket with nothing but the key', upgrade, [offer, origin], 'UNAUTHORIZED'],
    ['a wrong key', get, [withCookie, ['Storyloop-Page', `${pageKey}x`], same], 'UNAUTHORIZED'],
    ['reading from who knows where', get, [withCookie, withKey], 'UNAUTHORIZED'],
    ['a file from who knows where', file, [withCookie], 'UNAUTHORIZED'],
    ['control without an Origin', control, [withCookie, withKey, same], 'UNAUTHORIZED'],
    ['a WebSocket without an Origin', upgrade, [withCookie, offer], 'UNAUTHORIZED'],
    ['the session of another port', get, [otherPort, withKey, same], 'UNAUTHORIZED'],
    [
      'a session by the side of a wrong token',
      get,
      [withCookie, withKey, same, ['Authorization', 'Bearer x']],
      'UNAUTHORIZED',
    ],
    ['reading for a page on another port', get, [withCookie, withKey, foreign], 'FORBIDDEN_ORIGIN'],
    ['reading for a frame on another port', get, [withCookie, withKey, sameSite], 'FORBIDDEN_ORIGIN'],
    ['control for a page on another port', control, [withCookie, withKey, foreign], 'FORBIDDEN_ORIGIN'],
    ['a WebSocket of a page on another port', upgrade, [withCookie, offer, foreign], 'FORBIDDEN_ORIGIN'],
    ['the page in a frame on another port', page, [withCookie, sameSite], 'FORBIDDEN_ORIGIN'],
    ['a file, told by its Origin', file, [withCookie, origin], 'UNAUTHORIZED'],
    ['a file that is sent', { target: '/dashboard.js' }, [withCookie, origin, same], 'UNAUTHORIZED'],
    ['control by a GET', { ...control, method: 'GET' }, [withCookie, withKey, origin], 'UNAUTHORIZED'],
    ['control beneath', { target: '/api/runs/run_1/pause/1' }, [withCookie, withKey, origin], 'UNAUTHORIZED'],
    ['control elsewhere', { target: '/x/api/runs/run_1/pause' }, [withCookie, withKey, origin], 'UNAUTHORIZED'],
    ['a WebSocket with a second key', upgrade, [withCookie, offer, secondOffer, origin], 'UNAUTHORIZED'],
    ['the page, from who knows where', page, [withCookie], 'nobody'],
    ['publishing', {}, [withCookie, withKey, origin], 'UNAUTHORIZED'],
    ['a ticket for another browser', { target: '/api/tickets' }, [withCookie, withKey, origin], 'UNAUTHORIZED'],
    ['what the pages have no use for', { ...get, target: '/metrics' }, [withCookie, withKey, same], 'UNAUTHORIZED'],
    ['statistics with nothing but the cookie', { ...get, target: '/api/stats' }, [withCookie, same], 'UNAUTHORIZED'],
    ['a stream', { ...get, target: '/stream/progress' }, [withCookie, withKey, same], 'UNAUTHORIZED'],
    ['a WebSocket elsewhere', { ...upgrade, target: '/' }, [withCookie, offer, origin], 'UNAUTHORIZED'],
  ];
  for (const [what, change, headers, code] of refused) {
    it(`refuses ${what}`, () => {
      assert.equal(asked(change, headers), code);
    });
  }

  const navigation: [string, string][] = [
    ['Sec-Fetch-Mode', 'navigate'],
    ['Sec-Fetch-Dest', 'document'],
  ];

  it('takes a ticket once, for a window of its own, wherever the link was', () => {
    for (const site of ['none', 'same-origin', 'same-site', 'cross-site']) {
      const target = `/?ticket=${rules.sessions.issueTicket()}`;
      const enter = (): unknown => {
        const headers: [string, string][] = [['Authorization', 'ABSENT'], ['Sec-Fetch-Site', site], ...navigation];
        const result = passGate(request({ method: 'GET', target, headers }), rules);
        return result.ok ? [result.value.scope, result.value.enters] : result.error.code;
      };
      assert.deepEqual(
        [enter(), enter()],
        [
          ['browser', true],
          [undefined, false],
        ],
        site,
      );
      clock.advance(1_000);
    }
  });

  it('takes no ticket from a frame, an image or a script of a foreign page, and none elsewhere', () => {
    const ticket = rules.sessions.issueTicket();
    const attempt = (target: string, mode: string, dest: string, change: Change = {}): string => {
      const headers: [string, string][] = [
        ['Authorization', 'ABSENT'],
        sameSite,
        ['Sec-Fetch-Mode', mode],
        ['Sec-Fetch-Dest', dest],
      ];
      const result = passGate(request({ method: 'GET', target, headers, ...change }), rules);
      return result.ok ? 'admitted' : result.error.code;
    };
    const target = `/?ticket=${ticket}`;
    for (const [mode, dest] of [
      ['no-cors', 'document'],
      ['navigate', 'iframe'],
      ['no-cors', 'image'],
      ['cors', 'empty'],
    ] as const) {
      assert.equal(attempt(target, mode, dest), 'FORBIDDEN_ORIGIN', dest);
    }
    assert.equal(attempt(`/api/state?ticket=${ticket}`, 'navigate', 'document'), 'FORBIDDEN_ORIGIN');
    assert.equal(attempt(target, 'navigate', 'document', { method: 'POST' }), 'FORBIDDEN_ORIGIN');
    assert.equal(rules.sessions.spend(ticket), true, 'it is as good as before');
  });

  it('gives no second session to who has one', () => {
    const headers: [string, string][] = [['Authorization', 'ABSENT'], withCookie, typed];
    const result = passGate(request({ ...page, headers }), rules);
    assert.deepEqual(result.ok && [result.value.scope, result.value.enters], ['browser', false]);
  });

  it('spends no ticket that is shown elsewhere', () => {
    const ticket = rules.sessions.issueTicket();
    const headers: [string, string][] = [['Authorization', 'ABSENT']];
    assert.equal(passGate(request({ ...get, target: `/api/state?ticket=${ticket}`, headers }), rules).ok, false);
    assert.equal(rules.sessions.spend(ticket), true);
  });

  it('takes a wrong session for a failure, and not for nobody', () => {
    const open = { ...rulesAt(clock), allowTokenless: true };
    const attempt = (cookie: string): string => {
      const headers: [string, string][] = [
        ['Authorization', 'ABSENT'],
        ['Cookie', cookie],
      ];
      const result = passGate(request({ ...get, headers }), open);
      return result.ok ? (result.value.scope ?? 'nobody') : result.error.code;
    };
    const wrong = Array.from({ length: 4 }, () => attempt(`storyloop-${port}=guess`));
    assert.deepEqual(wrong, ['UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED', 'RATE_LIMITED']);
    assert.equal(attempt(`theme=dark; storyloop-${port + 1}=x`), 'tokenless', 'it is of another port');
  });

  it('shows the page for strangers to who has neither ticket nor session, and counts wrong ones as failures', () => {
    const patient = rulesAt(clock);
    const attempt = (target: string): string => {
      const headers: [string, string][] = [['Authorization', 'ABSENT'], typed];
      const result = passGate(request({ method: 'GET', target, headers }), patient);
      return result.ok ? (result.value.scope ?? 'nobody') : result.error.code;
    };
    const guesses = Array.from({ length: 5 }, () => attempt('/?ticket=guess'));
    assert.deepEqual(guesses, ['nobody', 'nobody', 'nobody', 'RATE_LIMITED', 'RATE_LIMITED']);
    assert.equal(attempt('/'), 'nobody');
  });

  it('ends a session with its week', () => {
    const later = new FakeClock();
    const its = rulesAt(later);
    const session = its.sessions.open(port);
    const read = (): boolean =>
      passGate(
        request({
          ...get,
          headers: [
            ['Authorization', 'ABSENT'],
            ['Cookie', `storyloop-${port}=${session.cookie}`],
            ['Storyloop-Page', session.pageKey],
            same,
          ],
        }),
        its,
      ).ok;
    assert.equal(read(), true);
    later.advance(session.maxAgeSeconds * 1_000);
    assert.equal(read(), false);
  });
});
