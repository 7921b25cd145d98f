import assert from 'node:assert/strict';
import { BrowserSessions } from '../../../src/gate/browserSessions.js';
import { FakeClock } from '../../rig/fakeClock.js';

const token = 'the-token-of-the-hub';
const port = 18_790;
const week = 7 * 24 * 60 * 60_000;

/** As the first version signs it when the clock of these tests begins. */
const signedBefore = {
  cookie: '1767830400.wufO7B8BeMw8IDsBkJMfjg.BbNKMwquC0IMTkkzP7g0dwVv_cj9f76OA7XyFJMYL6w',
  pageKey: 'JBdLi_MvBHKW8FmhGpoRWe6kch7imZ4Nq7hCJDWm_Ro',
};

function sessionsAt(clock = new FakeClock()) {
  return { clock, sessions: new BrowserSessions(token, clock) };
}

describe('A ticket', () => {
  it('is good once', () => {
    const { sessions } = sessionsAt();
    const ticket = sessions.issueTicket();
    assert.deepEqual([sessions.spend(ticket), sessions.spend(ticket)], [true, false]);
  });

  it('is good for a minute', () => {
    const { sessions, clock } = sessionsAt();
    const [early, late] = [sessions.issueTicket(), sessions.issueTicket()];
    clock.advance(59_999);
    assert.equal(sessions.spend(early), true);
    clock.advance(1);
    assert.equal(sessions.spend(late), false);
  });

  it('cannot be guessed, and is of no use to another hub', () => {
    const { sessions } = sessionsAt();
    const tickets = new Set(Array.from({ length: 50 }, () => sessions.issueTicket()));
    assert.equal(tickets.size, 50);
    for (const ticket of tickets) assert.match(ticket, /^[\w-]{43}$/);
    for (const guess of ['', 'undefined', token]) assert.equal(sessions.spend(guess), false);
    const [ticket = ''] = tickets;
    assert.equal(sessionsAt().sessions.spend(ticket), false);
  });

  it('is forgotten when a hundred newer ones are open', () => {
    const { sessions } = sessionsAt();
    const tickets = Array.from({ length: 101 }, () => sessions.issueTicket());
    assert.deepEqual(
      tickets.map((ticket) => sessions.spend(ticket)),
      tickets.map((_, index) => index > 0),
    );
  });
});

describe('A browser session', () => {
  it('is known to the next hub with the same token and port, and to no other', () => {
    const { sessions, clock } = sessionsAt();
    const { cookie, pageKey } = sessions.open(port);
    const known = (hub: BrowserSessions, at: number): [boolean, boolean] => [
      hub.isValid(cookie, at),
      hub.isPageKey(pageKey, cookie, at),
    ];
    assert.deepEqual(known(new BrowserSessions(token, clock), port), [true, true]);
    assert.deepEqual(known(new BrowserSessions(token, clock), port + 1), [false, false], 'another port');
    assert.deepEqual(known(new BrowserSessions('a new token', clock), port), [false, false], 'a new token');
  });

  it('ends after a week', () => {
    const { sessions, clock } = sessionsAt();
    const { cookie, maxAgeSeconds } = sessions.open(port);
    assert.equal(maxAgeSeconds * 1_000, week);
    clock.advance(week - 1_000);
    assert.equal(sessions.isValid(cookie, port), true);
    clock.advance(1_000);
    assert.equal(sessions.isValid(cookie, port), false);
  });

  it('ends with the token for which it was made, and so does a ticket; without a token there is none', () => {
    for (const next of ['a new token', undefined]) {
      const { sessions } = sessionsAt();
      const { cookie, pageKey } = sessions.open(port);
      const ticket = sessions.issueTicket();
      sessions.useToken(next);
      assert.equal(sessions.isValid(cookie, port), false);
      assert.equal(sessions.isPageKey(pageKey, cookie, port), false);
      assert.equal(sessions.spend(ticket), false);
      sessions.useToken(token);
      assert.equal(sessions.isValid(cookie, port), true, 'the old token is back');
    }
    const { sessions, clock } = sessionsAt();
    sessions.useToken('a new token');
    const { cookie } = sessions.open(port);
    assert.equal(new BrowserSessions('a new token', clock).isValid(cookie, port), true);
    sessions.useToken(undefined);
    const { cookie: none } = sessions.open(port);
    for (const guess of ['', 'undefined']) assert.equal(new BrowserSessions(guess, clock).isValid(none, port), false);
  });

  it('outlives an update: what an older Storyloop signed is known', () => {
    const { sessions } = sessionsAt();
    assert.equal(sessions.isValid(signedBefore.cookie, port), true);
    assert.equal(sessions.isPageKey(signedBefore.pageKey, signedBefore.cookie, port), true);
  });

  it('cannot be prolonged, changed or made up', () => {
    const { sessions } = sessionsAt();
    const { cookie, pageKey } = sessions.open(port);
    const [ends = '', id = '', signature = ''] = cookie.split('.');
    const made = [
      `${Number(ends) + 1}.${id}.${signature}`,
      `${ends}.${'A'.repeat(22)}.${signature}`,
      `${ends}.${id}.${pageKey}`,
      `${ends}.${id}`,
      `${cookie}=`,
      ` ${cookie}`,
      '',
    ];
    for (const value of made) assert.equal(sessions.isValid(value, port), false, value);
  });

  it('gives its page a key that its cookie does not tell, and that opens no other session', () => {
    const { sessions } = sessionsAt();
    const [one, other] = [sessions.open(port), sessions.open(port)];
    assert.notEqual(one.cookie, other.cookie);
    for (const key of [other.pageKey, one.cookie, one.cookie.split('.')[2] ?? '', '', token]) {
      assert.equal(sessions.isPageKey(key, one.cookie, port), false, key);
    }
  });
});
