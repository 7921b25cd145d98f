import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressKey, type Door } from '../../../src/gate/door.js';
import { passGate, type GateRules } from '../../../src/gate/gate.js';
import { parseOrigins } from '../../../src/gate/origins.js';
import { RateLimiter } from '../../../src/gate/rateLimiter.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { get, host, mayRead, port, request, rulesAt, token, upgrade, type Change } from './gateRig.js';

const board = 'https://board.example';

/** The scope, or the code of the refusal. */
function ask(change: Change, rules: Partial<GateRules>): string {
  const result = passGate(request(change), { ...rulesAt(), ...rules });
  if (!result.ok) return result.error.code;
  return result.value.isPreflight ? 'preflight' : (result.value.scope ?? 'nobody');
}

describe('The origins that a person allows', () => {
  it('are written exactly as browsers write them', () => {
    const good = [
      board,
      'http://localhost:3000',
      'http://127.0.0.1:8080',
      'http://[::1]:3000',
      'https://xn--bcher-kva.example',
    ];
    assert.deepEqual(parseOrigins(good), { ok: true, value: good });
    const none = [
      ...['*', 'null', '', 'https://*.example', 'https://*', 'board.example', `${board}/`, `${board}/page`, 'file://'],
      ...['http://board.example:80', `${board}:443`, 'HTTPS://board.example', 'https://Board.example', `${board}?x`],
      ...[
        'https://me@board.example',
        'vscode-webview://abc',
        'ftp://board.example',
        `${board} `,
        `${board}\n`,
        'https://',
      ],
    ];
    for (const text of none) {
      const parsed = parseOrigins([board, text]);
      assert.ok(!parsed.ok, text);
      assert.ok(parsed.error.startsWith(`"${text}" is no origin`));
    }
  });

  const allowed = { allowedOrigins: [board] };
  const fromBoard: [string, string][] = [
    ['Origin', board],
    ['Sec-Fetch-Site', 'cross-site'],
  ];
  const anonymous: [string, string] = ['Authorization', 'ABSENT'];

  it('come in with a token, on any way, and are told that they may read the answer', () => {
    for (const change of [{}, get, upgrade]) {
      const result = passGate(request({ ...change, headers: fromBoard }), { ...rulesAt(), ...allowed });
      assert.ok(result.ok);
      assert.equal(result.value.origin, board);
    }
    const reader: [string, string] = ['Authorization', `Bearer ${mayRead}`];
    assert.equal(ask({ ...get, headers: [...fromBoard, reader] }, allowed), 'read');
  });

  it('get nothing without one, not even where no token is needed of others, and may read why', () => {
    for (const change of [{}, get, upgrade]) {
      const rules = { ...rulesAt(), ...allowed, allowTokenless: true };
      const result = passGate(request({ ...change, headers: [...fromBoard, anonymous] }), rules);
      assert.ok(!result.ok);
      assert.deepEqual([result.error.code, result.error.origin], ['UNAUTHORIZED', board]);
    }
    const script = passGate(request({ headers: [anonymous] }), { ...rulesAt(), ...allowed });
    assert.equal(script.ok || 'origin' in script.error, false, 'a script has none');
  });

  it('are compared as a whole: what only looks like one is another page', () => {
    const others = [
      `${board}.evil`,
      `${board}:8443`,
      'http://board.example',
      `${board}/`,
      'https://BOARD.example',
      'null',
      '',
    ];
    for (const other of others) assert.equal(ask({ headers: [['Origin', other]] }, allowed), 'FORBIDDEN_ORIGIN', other);
    const twice: [string, string][] = [
      ['Origin', board],
      ['Origin', board],
    ];
    assert.equal(ask({ headers: twice }, allowed), 'FORBIDDEN_ORIGIN');
    assert.equal(ask({ ...get, headers: [['Sec-Fetch-Site', 'cross-site']] }, allowed), 'FORBIDDEN_ORIGIN');
    assert.equal(ask({ headers: fromBoard }, {}), 'FORBIDDEN_ORIGIN');
  });

  it('do not get around the Host, nor use the session of the hub’s own page', () => {
    assert.equal(ask({ headers: [...fromBoard, ['Host', `evil.example:${port}`]] }, allowed), 'FORBIDDEN_HOST');
    const rules = rulesAt();
    const { cookie, pageKey } = rules.sessions.open(port);
    const session: [string, string][] = [
      ['Cookie', `storyloop-${port}=${cookie}`],
      ['Storyloop-Page', pageKey],
      ['Sec-WebSocket-Protocol', `storyloop.v1, storyloop.page.${pageKey}`],
    ];
    for (const change of [get, upgrade, { target: '/api/runs/run_1/stop' }]) {
      const own: [string, string][] = [['Origin', `http://${host}`], ...session, anonymous];
      assert.equal(ask({ ...change, headers: own }, { ...rules, ...allowed }), 'browser');
      assert.equal(
        ask({ ...change, headers: [['Origin', board], ...session, anonymous] }, { ...rules, ...allowed }),
        'UNAUTHORIZED',
      );
    }
  });

  it('may ask first what they may send, without a token; other pages may not, and it counts as a request', () => {
    const preflight = (headers: [string, string][]): Change => ({
      method: 'OPTIONS',
      headers: [anonymous, ['Content-Type', 'ABSENT'], ['Access-Control-Request-Method', 'POST'], ...headers],
    });
    const first = passGate(request(preflight(fromBoard)), { ...rulesAt(), ...allowed });
    assert.ok(first.ok);
    const { isPreflight, scope, enters } = first.value;
    assert.deepEqual({ isPreflight, scope, enters }, { isPreflight: true, scope: undefined, enters: false });
    assert.equal(ask({ ...preflight(fromBoard), method: 'GET' }, allowed), 'UNAUTHORIZED');
    assert.equal(ask(preflight([['Origin', 'https://evil.example']]), allowed), 'FORBIDDEN_ORIGIN');
    assert.equal(ask(preflight([['Origin', `http://${host}`]]), allowed), 'UNAUTHORIZED');
    assert.equal(ask(preflight([...fromBoard, ['Host', 'evil.example']]), allowed), 'FORBIDDEN_HOST');
    assert.equal(ask({ method: 'OPTIONS', headers: [...fromBoard, anonymous] }, allowed), 'UNAUTHORIZED');
    assert.equal(
      ask(preflight(fromBoard), { ...allowed, ...rulesAt(new FakeClock(), 0), allowedOrigins: [board] }),
      'RATE_LIMITED',
    );
  });
});

describe('Clients without a token', () => {
  const open = { allowTokenless: true };
  const anonymous: [string, string] = ['Authorization', 'ABSENT'];
  const asked = (change: Change, headers: [string, string][] = [], rules: Partial<GateRules> = open): string =>
    ask({ ...change, headers: [anonymous, ...headers] }, rules);

  it('read and publish where a person allowed it, and nowhere else', () => {
    for (const change of [{}, get, upgrade, { ...get, target: '/stream/progress' }]) {
      assert.equal(asked(change), 'tokenless');
      assert.equal(asked(change, [], {}), 'UNAUTHORIZED');
    }
  });

  it('control nothing, and get no ticket', () => {
    for (const target of ['/api/runs/run_1/stop', '/api/tickets', '/api/runs', '/nowhere'])
      assert.equal(asked({ target }), 'UNAUTHORIZED', target);
  });

  it('are no pages, have the right Host, are on this machine, and send JSON', () => {
    assert.equal(asked({}, [['Origin', 'http://127.0.0.1:3000']]), 'FORBIDDEN_ORIGIN');
    assert.equal(asked({}, [['Origin', 'null']]), 'FORBIDDEN_ORIGIN');
    assert.equal(asked(get, [['Sec-Fetch-Site', 'same-site']]), 'FORBIDDEN_ORIGIN');
    assert.equal(asked(get, [['Sec-Fetch-Site', 'none']]), 'FORBIDDEN_ORIGIN');
    assert.equal(asked({}, [['Host', `evil.example:${port}`]]), 'FORBIDDEN_HOST');
    assert.equal(asked({ address: '192.168.1.5' }), 'FORBIDDEN');
    assert.equal(asked({}, [['Content-Type', 'text/plain']]), 'UNSUPPORTED_MEDIA_TYPE');
    assert.equal(asked({}, [['Content-Type', 'application/x-www-form-urlencoded']]), 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('are not those with a wrong token', () => {
    for (const value of ['Bearer wrong', 'Basic x', 'Bearer ', ''])
      assert.equal(ask({ headers: [['Authorization', value]] }, open), 'UNAUTHORIZED', value);
  });

  it('come over Socket.IO’s transport as they do otherwise', () => {
    assert.equal(
      asked({ ...get, target: '/socket.io/' }, [], { ...open, socketIo: { isLive: () => false } }),
      'tokenless',
    );
  });
});

describe('The door for other machines', () => {
  const door: Door = { scheme: 'https', port: 18_791, names: ['hub.example'], loopbackOnly: false };
  const authority = 'hub.example:18791';
  const asked = (change: Change, headers: [string, string][] = [], rules: Partial<GateRules> = {}): string =>
    ask({ address: '192.168.1.5', ...change, headers: [['Host', authority], ...headers] }, { door, ...rules });

  it('serves other machines under the names that were given, with a token', () => {
    assert.equal(asked({}), 'admin');
    assert.equal(asked({ target: `https://${authority}/emit` }), 'admin');
    assert.equal(asked({}, [['Origin', `https://${authority}`]]), 'admin');
    assert.equal(asked({}, [['Authorization', 'ABSENT']]), 'UNAUTHORIZED');
    const bare = { ...door, port: 443 };
    for (const name of ['hub.example', 'hub.example:443'])
      assert.equal(ask({ headers: [['Host', name]] }, { door: bare }), 'admin', name);
    assert.equal(ask({ headers: [['Host', 'hub.example']] }, { door }), 'FORBIDDEN_HOST');
  });

  it('refuses other names, also that of this machine, and pages of the unprotected scheme', () => {
    for (const name of ['evil.example:18791', '127.0.0.1:18791', 'localhost:18791', 'hub.example', 'hub.example:18790'])
      assert.equal(asked({}, [['Host', name]]), 'FORBIDDEN_HOST', name);
    assert.equal(asked({}, [['Origin', `http://${authority}`]]), 'FORBIDDEN_ORIGIN');
    assert.equal(asked({ target: `http://${authority}/emit` }), 'FORBIDDEN_HOST');
  });

  it('is never open to who has no token', () => {
    assert.equal(asked(get, [['Authorization', 'ABSENT']], { allowTokenless: true }), 'UNAUTHORIZED');
  });

  it('throttles wrong tokens by machine, and one machine does not lock out another', () => {
    const rules = { ...rulesAt(), door };
    const wrong = (address: string): string => asked({ address }, [['Authorization', 'Bearer x']], rules);
    const mine = ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:DB8::3'].map(wrong);
    assert.deepEqual(mine, ['UNAUTHORIZED', 'UNAUTHORIZED', 'UNAUTHORIZED']);
    assert.equal(wrong('2001:db8::4'), 'RATE_LIMITED');
    assert.equal(wrong('2001:db8:0:1::4'), 'UNAUTHORIZED');
    assert.equal(wrong('10.0.0.9'), 'UNAUTHORIZED');
    assert.equal(asked({ address: '2001:db8::4' }, [['Authorization', `Bearer ${token}`]], rules), 'admin');
  });
});

describe('The key of an address', () => {
  it('is one for every spelling of this machine, and for every address of one network of another', () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.2'])
      assert.equal(addressKey(address), 'loopback', address);
    assert.equal(addressKey('::ffff:10.0.0.1'), addressKey('10.0.0.1'));
    assert.notEqual(addressKey('10.0.0.1'), addressKey('10.0.0.2'));
    assert.equal(addressKey('fe80::1'), addressKey('fe80:0:0:0:1:2:3:4'));
    assert.notEqual(addressKey('fe80::1'), addressKey('fe80:0:0:1::1'));
  });

  it('is the network of an IPv6 address, its first four groups, however the address is shortened', () => {
    const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }));
    const groups = fc.tuple(
      fc.array(group, { minLength: 4, maxLength: 4 }),
      fc.array(group, { minLength: 4, maxLength: 4 }),
    );
    const written = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(':');
    fc.assert(
      fc.property(groups, groups, ([network, machine], [otherNetwork, otherMachine]) => {
        const key = addressKey(`${written(network)}:${written(machine)}`);
        const shortened = (parts: readonly number[]): string =>
          new URL(`http://[${written([...network, ...parts])}]/`).hostname.slice(1, -1);
        for (const address of [machine, otherMachine].map(shortened))
          if (addressKey(address) !== 'loopback') assert.equal(addressKey(address), key);
        const isSame = written(network) === written(otherNetwork);
        assert.equal(addressKey(`${written(otherNetwork)}:${written(machine)}`) === key, isSame);
      }),
    );
    assert.equal(addressKey('2001:db8::ffff:10.0.0.1'), addressKey('2001:db8::1'));
    assert.equal(addressKey('2001:db8::1'), '2001:db8:0:0');
    assert.equal(addressKey('::2'), '0:0:0:0');
    for (const none of ['', 'nonsense', '1:2']) assert.equal(addressKey(none), none);
  });

  it('is never that of this machine for an address that is not', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV6(),
          fc.ipV4().filter((one) => !one.startsWith('127.')),
        ),
        (address) => {
          const isOurs = /^(0*:)*:?0*1$/.test(address) || /:127\./.test(address);
          assert.equal(addressKey(address) === 'loopback' && !isOurs, false, address);
        },
      ),
    );
  });
});

describe('A rate limiter', () => {
  it('remembers a bounded number of keys, those that came last', () => {
    const limiter = new RateLimiter(new FakeClock(), { burst: 1, perSecond: 0 });
    assert.deepEqual([limiter.take('first'), limiter.take('first')], [true, false]);
    for (let index = 0; index < 9_999; index += 1) limiter.take(`${index}`);
    assert.equal(limiter.take('first'), false, 'it came again and again');
    for (let index = 0; index < 10_000; index += 1) limiter.take(`more ${index}`);
    assert.equal(limiter.take('first'), true);
  });
});
