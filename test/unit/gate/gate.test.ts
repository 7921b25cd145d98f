import assert from 'node:assert/strict';
import fc from 'fast-check';
import { passGate } from '../../../src/gate/gate.js';
import { get, host, mayPublish, mayRead, port, request, rulesAt, token, upgrade, type Change } from './gateRig.js';

describe('passGate', () => {
  const refused: [string, Change, number, string][] = [
    ['an address of another machine', { address: '192.168.1.5' }, 403, 'FORBIDDEN'],
    ['an address that only begins like ours', { address: '127.0.0.1.evil' }, 403, 'FORBIDDEN'],
    ['no address', { address: '' }, 403, 'FORBIDDEN'],
    ['no Host', { headers: [['Host', 'ABSENT']] }, 421, 'FORBIDDEN_HOST'],
    [
      'two Hosts',
      {
        headers: [
          ['Host', host],
          ['host', host],
        ],
      },
      421,
      'FORBIDDEN_HOST',
    ],
    ['a rebound Host', { headers: [['Host', `evil.example:${port}`]] }, 421, 'FORBIDDEN_HOST'],
    ['a Host with another port', { headers: [['Host', '127.0.0.1:80']] }, 421, 'FORBIDDEN_HOST'],
    ['a Host without a port', { headers: [['Host', '127.0.0.1']] }, 421, 'FORBIDDEN_HOST'],
    ['0.0.0.0', { headers: [['Host', `0.0.0.0:${port}`]] }, 421, 'FORBIDDEN_HOST'],
    ['a Host that begins like ours', { headers: [['Host', `${host}.evil.example`]] }, 421, 'FORBIDDEN_HOST'],
    ['an absolute target elsewhere', { target: 'http://evil.example/emit' }, 421, 'FORBIDDEN_HOST'],
    ['an absolute target with a user', { target: `http://me@${host}/emit` }, 421, 'FORBIDDEN_HOST'],
    ['a target for a proxy', { target: `https://${host}/emit` }, 421, 'FORBIDDEN_HOST'],
    ['a target that is no path', { target: '*' }, 400, 'INVALID_PATH'],
    ['a foreign Origin', { headers: [['Origin', 'https://evil.example']] }, 403, 'FORBIDDEN_ORIGIN'],
    ['a null Origin', { headers: [['Origin', 'null']] }, 403, 'FORBIDDEN_ORIGIN'],
    ['an empty Origin', { headers: [['Origin', '']] }, 403, 'FORBIDDEN_ORIGIN'],
    ['a webview', { headers: [['Origin', 'vscode-webview://x']] }, 403, 'FORBIDDEN_ORIGIN'],
    ['a page on another loopback port', { headers: [['Origin', 'http://127.0.0.1:3000']] }, 403, 'FORBIDDEN_ORIGIN'],
    ['our port by its other name', { headers: [['Origin', `http://localhost:${port}`]] }, 403, 'FORBIDDEN_ORIGIN'],
    ['an Origin that begins like ours', { headers: [['Origin', `http://${host}.evil`]] }, 403, 'FORBIDDEN_ORIGIN'],
    ['our Origin over https', { headers: [['Origin', `https://${host}`]] }, 403, 'FORBIDDEN_ORIGIN'],
    [
      'two Origins',
      {
        headers: [
          ['Origin', `http://${host}`],
          ['Origin', `http://${host}`],
        ],
      },
      403,
      'FORBIDDEN_ORIGIN',
    ],
    ['a cross-site page', { headers: [['Sec-Fetch-Site', 'cross-site']] }, 403, 'FORBIDDEN_ORIGIN'],
    ['a same-site page', { headers: [['Sec-Fetch-Site', 'same-site']] }, 403, 'FORBIDDEN_ORIGIN'],
    [
      'a typed address that is not the page',
      { ...get, headers: [['Sec-Fetch-Site', 'none']] },
      403,
      'FORBIDDEN_ORIGIN',
    ],
    [
      'a second Sec-Fetch-Site',
      {
        headers: [
          ['Sec-Fetch-Site', 'same-origin'],
          ['Sec-Fetch-Site', 'cross-site'],
        ],
      },
      403,
      'FORBIDDEN_ORIGIN',
    ],
    [
      'a foreign Origin on the open route',
      { method: 'GET', target: '/health', headers: [['Origin', 'https://evil.example']] },
      403,
      'FORBIDDEN_ORIGIN',
    ],
    [
      'a rebound Host on the open route',
      { method: 'GET', target: '/health', headers: [['Host', 'evil.example']] },
      421,
      'FORBIDDEN_HOST',
    ],
    ['no token', { headers: [['Authorization', 'ABSENT']] }, 401, 'UNAUTHORIZED'],
    ['a wrong token', { headers: [['Authorization', 'Bearer wrong']] }, 401, 'UNAUTHORIZED'],
    ['the token with something behind it', { headers: [['Authorization', `Bearer ${token} x`]] }, 401, 'UNAUTHORIZED'],
    ['the token with something before it', { headers: [['Authorization', `x Bearer ${token}`]] }, 401, 'UNAUTHORIZED'],
    ['an empty token', { headers: [['Authorization', 'Bearer ']] }, 401, 'UNAUTHORIZED'],
    ['the token with another scheme', { headers: [['Authorization', `Basic ${token}`]] }, 401, 'UNAUTHORIZED'],
    ['a beginning of the token', { headers: [['Authorization', `Bearer ${token.slice(0, -1)}`]] }, 401, 'UNAUTHORIZED'],
    [
      'a right and a wrong token',
      {
        headers: [
          ['Authorization', `Bearer ${token}`],
          ['Authorization', 'Bearer x'],
        ],
      },
      401,
      'UNAUTHORIZED',
    ],
    [
      'a token in the query',
      { ...get, target: `/api/state?token=${token}&access_token=${token}`, headers: [['Authorization', 'ABSENT']] },
      401,
      'UNAUTHORIZED',
    ],
    [
      'a token in a protocol of a request',
      {
        headers: [
          ['Authorization', 'ABSENT'],
          ['Sec-WebSocket-Protocol', `storyloop.auth.${token}`],
        ],
      },
      401,
      'UNAUTHORIZED',
    ],
    ['a POST to the open route', { target: '/health', headers: [['Authorization', 'ABSENT']] }, 401, 'UNAUTHORIZED'],
    [
      'reading with a publishing token',
      { ...get, headers: [['Authorization', `Bearer ${mayPublish}`]] },
      403,
      'FORBIDDEN',
    ],
    ['publishing with a reading token', { headers: [['Authorization', `Bearer ${mayRead}`]] }, 403, 'FORBIDDEN'],
    [
      'controlling with a publishing token',
      { target: '/api/runs/run_1/stop', headers: [['Authorization', `Bearer ${mayPublish}`]] },
      403,
      'FORBIDDEN',
    ],
    ['a form', { headers: [['Content-Type', 'text/plain']] }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body without a type', { headers: [['Content-Type', 'ABSENT']] }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a type that begins like JSON',
      { headers: [['Content-Type', 'application/jsonp']] },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a type that ends like JSON',
      { headers: [['Content-Type', 'x-application/json']] },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'two types',
      {
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Type', 'text/plain'],
        ],
      },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'another charset',
      { headers: [['Content-Type', 'application/json; charset=utf-7']] },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a compressed body', { headers: [['Content-Encoding', 'gzip']] }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body that is too large', { headers: [['Content-Length', '1048577']] }, 413, 'TOO_LARGE'],
    ['a length that is no number', { headers: [['Content-Length', 'many']] }, 413, 'TOO_LARGE'],
    ['a GET with a body of a known length', { ...get, headers: [['Content-Length', '1']] }, 413, 'TOO_LARGE'],
    [
      'an upgrade with a body, whatever its method',
      { ...upgrade, method: 'POST', headers: [['Content-Length', '1']] },
      413,
      'TOO_LARGE',
    ],
    ['a GET with a body', { ...get, headers: [['Transfer-Encoding', 'chunked']] }, 413, 'TOO_LARGE'],
    ['an upgrade without a token', { ...upgrade, headers: [['Authorization', 'ABSENT']] }, 401, 'UNAUTHORIZED'],
    [
      'an upgrade with a wrong token',
      {
        ...upgrade,
        headers: [
          ['Authorization', 'ABSENT'],
          ['Sec-WebSocket-Protocol', 'storyloop.v1, storyloop.auth.wrong'],
        ],
      },
      401,
      'UNAUTHORIZED',
    ],
    [
      'an upgrade with a right header and a wrong offer',
      { ...upgrade, headers: [['Sec-WebSocket-Protocol', 'storyloop.v1, storyloop.auth.wrong']] },
      401,
      'UNAUTHORIZED',
    ],
    [
      'an upgrade with a token in the query',
      { ...upgrade, target: `/ws?token=${token}`, headers: [['Authorization', 'ABSENT']] },
      401,
      'UNAUTHORIZED',
    ],
    [
      'an upgrade of a foreign page',
      { ...upgrade, headers: [['Origin', 'http://127.0.0.1:3000']] },
      403,
      'FORBIDDEN_ORIGIN',
    ],
    [
      'an upgrade by a typed address',
      { ...upgrade, target: '/', headers: [['Sec-Fetch-Site', 'none']] },
      403,
      'FORBIDDEN_ORIGIN',
    ],
    [
      'an upgrade with a publishing token',
      { ...upgrade, headers: [['Authorization', `Bearer ${mayPublish}`]] },
      403,
      'FORBIDDEN',
    ],
  ];
  for (const [what, change, status, code] of refused) {
    it(`refuses ${what}`, () => {
      const result = passGate(request(change), rulesAt());
      assert.deepEqual(result.ok ? 'admitted' : [result.error.status, result.error.code], [status, code]);
      assert.match(result.ok ? '' : result.error.message, /\w+ \w+/, 'a refusal says why');
    });
  }

  const admitted: [string, Change, string | undefined][] = [
    ['a script with the token', {}, 'admin'],
    ['localhost', { headers: [['Host', `LocalHost:${port}`]] }, 'admin'],
    ['an IPv4 address in IPv6 clothes', { address: '::ffff:127.0.0.1' }, 'admin'],
    ['an absolute target of ours', { target: `http://localhost:${port}/emit` }, 'admin'],
    [
      "the hub's own page",
      {
        headers: [
          ['Origin', `http://${host}`],
          ['Sec-Fetch-Site', 'same-origin'],
        ],
      },
      'admin',
    ],
    ['the page by a typed address', { method: 'GET', target: '/', headers: [['Sec-Fetch-Site', 'none']] }, 'admin'],
    ['JSON with its charset', { headers: [['Content-Type', 'application/json; charset=utf-8']] }, 'admin'],
    [
      'JSON with its charset, written closely',
      { headers: [['Content-Type', 'application/json;charset=utf-8']] },
      'admin',
    ],
    ['a body that is said to be uncompressed', { headers: [['Content-Encoding', 'identity']] }, 'admin'],
    ['a GET that says that it has no body', { ...get, headers: [['Content-Length', '0']] }, 'admin'],
    ['spaces before the token', { headers: [['Authorization', `Bearer   ${token}`]] }, 'admin'],
    [
      'the token twice',
      {
        headers: [
          ['Authorization', `Bearer ${token}`],
          ['Authorization', `Bearer ${token}`],
        ],
      },
      'admin',
    ],
    [
      'a header that says the name of another one',
      {
        headers: [
          ['X-Note', 'Authorization'],
          ['X', '1'],
        ],
      },
      'admin',
    ],
    ['the token under whatever name it publishes', { target: '/emit?publisher=anybody' }, 'admin'],
    ['the largest body', { headers: [['Content-Length', '1048576']] }, 'admin'],
    ['publishing with a publishing token', { headers: [['Authorization', `Bearer ${mayPublish}`]] }, 'publish'],
    ['reading with a reading token', { ...get, headers: [['Authorization', `Bearer ${mayRead}`]] }, 'read'],
    [
      'the open route without a token',
      { method: 'GET', target: '/health', headers: [['Authorization', 'ABSENT']] },
      undefined,
    ],
    ['an upgrade with the token in a header', upgrade, 'admin'],
    [
      'an upgrade with the token among its protocols',
      {
        ...upgrade,
        headers: [
          ['Authorization', 'ABSENT'],
          ['Sec-WebSocket-Protocol', `storyloop.v1, storyloop.auth.${token}`],
        ],
      },
      'admin',
    ],
  ];
  for (const [what, change, scope] of admitted) {
    it(`admits ${what}`, () => {
      const result = passGate(request(change), rulesAt());
      assert.deepEqual(result.ok ? result.value.scope : result.error, scope);
    });
  }

  it('takes path and query apart', () => {
    const taken = (target: string): unknown => {
      const result = passGate(request({ ...get, target }), rulesAt());
      return result.ok ? [result.value.path, ...result.value.query] : result.error;
    };
    const query = [
      ['type', 'a.b'],
      ['limit', '5'],
    ];
    assert.deepEqual(taken('/api/events?type=a.b&limit=5'), ['/api/events', ...query]);
    assert.deepEqual(taken(`http://${host}/api/events?type=a.b&limit=5`), ['/api/events', ...query]);
    assert.deepEqual(taken('/api/events?'), ['/api/events']);
    assert.deepEqual(taken('/api/state'), ['/api/state']);
  });

  it('tells who calls it by another name what it is called', () => {
    const result = passGate(request({ headers: [['Host', 'evil.example']] }), rulesAt());
    assert.equal(result.ok || result.error.message, `Host must be 127.0.0.1:${port} or localhost:${port}`);
  });

  it('gives nobody a session who spent no ticket', () => {
    const rules = { ...rulesAt(), allowTokenless: true };
    const callers: Change[] = [{}, { headers: [['Authorization', 'ABSENT']] }, { method: 'GET', target: '/health' }];
    for (const change of callers) {
      const result = passGate(request(change), rules);
      assert.ok(result.ok);
      assert.equal(result.value.enters, false);
    }
  });

  it('asks in order: what fails early is not told what would fail later', () => {
    const wrong: Change = {
      address: '10.0.0.1',
      target: 'http://evil.example/emit',
      headers: [
        ['Host', 'evil.example'],
        ['Origin', 'https://evil.example'],
        ['Authorization', 'Bearer x'],
        ['Content-Type', 'text/plain'],
      ],
    };
    const codes = [wrong, { ...wrong, address: '127.0.0.1' }].map((change) => {
      const result = passGate(request(change), rulesAt());
      return result.ok ? 'admitted' : result.error.code;
    });
    assert.deepEqual(codes, ['FORBIDDEN', 'FORBIDDEN_HOST']);
  });

  it('admits nobody without the exact token, whatever the headers say', () => {
    const name = fc.constantFrom('Authorization', 'Cookie', 'X-Token', 'Sec-WebSocket-Protocol', 'Proxy-Authorization');
    const value = fc.oneof(
      fc.string(),
      fc.string().map((text) => `Bearer ${text}`),
      fc.string().map((text) => `storyloop.v1, storyloop.auth.${text}`),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value), { maxLength: 4 }),
        fc.constantFrom(get, upgrade, {}),
        (headers, change) => {
          const rawHeaders = ['Host', host, 'Content-Type', 'application/json', ...headers.flat()];
          const result = passGate({ ...request(change), rawHeaders }, rulesAt());
          assert.equal(result.ok, false);
        },
      ),
      { numRuns: 300 },
    );
  });
});
