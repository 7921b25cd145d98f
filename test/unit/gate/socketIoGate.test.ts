import assert from 'node:assert/strict';
import { passGate, passLateToken, type GateRules } from '../../../src/gate/gate.js';
import { allows } from '../../../src/gate/scopes.js';
import { get, mayPublish, mayPublishAsCi, mayRead, port, request, rulesAt, token, type Change } from './gateRig.js';

const anonymous: [string, string] = ['Authorization', 'ABSENT'];
const served = (): GateRules => ({ ...rulesAt(), socketIo: { isLive: (sid) => sid === 'live' } });

function ask(change: Change, rules: GateRules): string {
  const result = passGate(request(change), rules);
  return result.ok ? (result.value.scope ?? 'nobody') : result.error.code;
}

describe('The transport of Socket.IO', () => {
  const path = '/socket.io/';
  const ways: [string, Change][] = [
    ['a GET', { method: 'GET', target: `${path}?EIO=4&transport=polling` }],
    ['a POST', { target: path }],
    ['an upgrade', { kind: 'upgrade', method: 'GET', target: `${path}?EIO=4&transport=websocket` }],
  ];
  for (const [what, change] of ways) {
    it(`is open to ${what} without a token, where it is served, as often as it comes`, () => {
      const rules = served();
      const codes = Array.from({ length: 5 }, () => ask({ ...change, headers: [anonymous] }, rules));
      assert.deepEqual(
        codes,
        Array.from({ length: 5 }, () => 'nobody'),
      );
      assert.equal(ask({ ...change, headers: [anonymous] }, rulesAt()), 'UNAUTHORIZED');
    });
  }

  it('opens no other path and no other method to who has no token', () => {
    const closed: Change[] = [get, {}, { ...get, target: `${path}x` }, { ...get, target: '/socket.io' }];
    for (const change of [...closed, { method: 'PUT', target: path }, { method: 'OPTIONS', target: path }])
      assert.equal(ask({ ...change, headers: [anonymous] }, served()), 'UNAUTHORIZED', JSON.stringify(change));
  });

  it('is closed to who shows something wrong, or a token that may not read', () => {
    const wrong: [string, string][] = [
      ['Authorization', 'Bearer wrong'],
      ['Cookie', `storyloop-${port}=wrong`],
    ];
    for (const header of wrong) {
      const headers = header[0] === 'Cookie' ? [anonymous, header] : [header];
      assert.equal(ask({ method: 'GET', target: path, headers }, served()), 'UNAUTHORIZED', header[0]);
    }
    const shown = (one: string): string =>
      ask({ method: 'GET', target: path, headers: [['Authorization', `Bearer ${one}`]] }, served());
    assert.deepEqual([mayPublish, mayRead, token].map(shown), ['FORBIDDEN', 'read', 'admin']);
  });

  describe('takes as text', () => {
    const message = (query: string, change: Change = {}): string => {
      const headers: [string, string][] = [['Content-Type', 'text/plain;charset=UTF-8'], ...(change.headers ?? [])];
      return ask({ target: `${path}?EIO=4${query}`, ...change, headers }, served());
    };
    const polling = '&transport=polling';

    it('a message to a connection that its sender can name', () => {
      assert.equal(message(`${polling}&sid=live`, { headers: [anonymous] }), 'nobody');
      for (const sid of ['', '&sid=', '&sid=another', '&sid=live&sid=live', '&sid=live&sid=another'])
        assert.equal(message(`${polling}${sid}`), 'UNSUPPORTED_MEDIA_TYPE', sid);
    });

    it('nothing else: not over another transport, by another method, elsewhere, or where it is not served', () => {
      assert.equal(message('&transport=websocket&sid=live'), 'UNSUPPORTED_MEDIA_TYPE');
      assert.equal(message('&sid=live'), 'UNSUPPORTED_MEDIA_TYPE');
      assert.equal(message(`${polling}&sid=live`, { method: 'PUT' }), 'UNSUPPORTED_MEDIA_TYPE');
      assert.equal(message('', { target: `/emit?EIO=4${polling}&sid=live` }), 'UNSUPPORTED_MEDIA_TYPE');
      const headers: [string, string][] = [['Content-Type', 'text/plain']];
      assert.equal(ask({ target: `${path}?EIO=4${polling}&sid=live`, headers }, rulesAt()), 'UNSUPPORTED_MEDIA_TYPE');
    });

    it('what is text/plain in UTF-8, however that is written', () => {
      const typed = (type: string): string =>
        ask({ target: `${path}?EIO=4${polling}&sid=live`, headers: [['Content-Type', type]] }, served());
      for (const type of ['text/plain', 'TEXT/PLAIN; charset="utf-8"', 'text/plain ;  charset=utf-8'])
        assert.equal(typed(type), 'admin', type);
      for (const type of [
        'ABSENT',
        'text/html',
        'text/plainer',
        'x-text/plain',
        'text/plain; charset=utf-7',
        'text/plain x',
      ])
        assert.equal(typed(type), 'UNSUPPORTED_MEDIA_TYPE', type);
    });
  });
});

describe('A token that is shown inside a connection', () => {
  it('lets in who may read', () => {
    const shown = (one: string): unknown => {
      const result = passLateToken(one, '127.0.0.1', rulesAt());
      return result.ok ? result.value : [result.error.status, result.error.code, result.error.message !== ''];
    };
    assert.deepEqual([token, mayRead].map(shown), ['admin', 'read']);
    for (const one of [mayPublish, mayPublishAsCi]) assert.deepEqual(shown(one), [403, 'FORBIDDEN', true]);
    for (const one of ['', 'wrong', `${token} `]) assert.deepEqual(shown(one), [401, 'UNAUTHORIZED', true], one);
  });

  it('is throttled when it is wrong, wherever else wrong ones were shown, and served when it is right', () => {
    const rules = rulesAt();
    const codeOf = (one: string, address: string): string => {
      const result = passLateToken(one, address, rules);
      return result.ok ? result.value : result.error.code;
    };
    assert.equal(ask({ headers: [['Authorization', 'Bearer wrong']] }, rules), 'UNAUTHORIZED');
    const addresses = ['127.0.0.1', '::1', '127.0.0.2'];
    assert.deepEqual(
      addresses.map((address) => codeOf('wrong', address)),
      ['UNAUTHORIZED', 'UNAUTHORIZED', 'RATE_LIMITED'],
    );
    const refused = passLateToken('wrong', '127.0.0.1', rules);
    assert.match(refused.ok ? '' : refused.error.message, /Too many/);
    assert.equal(codeOf(token, '127.0.0.1'), 'admin');
    assert.equal(codeOf('wrong', '10.0.0.1'), 'UNAUTHORIZED');
  });

  it('is needed by who has shown none: nobody may do nothing', () => {
    assert.equal(allows(undefined, 'read'), false);
  });
});
