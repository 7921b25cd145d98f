import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { once } from 'node:events';
import { connect } from 'node:tls';
import WebSocket from 'ws';
import { certificate, privateKey } from '../../rig/certificate.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { HubRig } from './hubRig.js';

const tls = { host: '127.0.0.1', port: 0, cert: certificate, key: privateKey, names: ['hub.example'] };

/** What the hub's TLS port answers to who calls it by its name. */
function ask(
  rig: HubRig,
  target: string,
  options: RequestOptions = {},
  body?: string,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  const port = rig.hub.tlsPort ?? 0;
  const headers = { Host: `hub.example:${port}`, Authorization: `Bearer ${rig.token}`, ...(options.headers as object) };
  return new Promise((resolve, reject) => {
    const trust = { host: '127.0.0.1', servername: 'hub.example', ca: certificate, agent: false } as const;
    const sent = request({ ...trust, port, path: target, ...options, headers });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.end(body);
  });
}

describe('The hub with a certificate', () => {
  const folder = useTemporaryFolder();
  const json = { 'Content-Type': 'application/json' };

  it('serves other machines beside this one: with the token, by the given name, over TLS alone', async () => {
    await using rig = await HubRig.start(folder(), { tls, allowTokenlessClients: true });
    const port = rig.hub.tlsPort ?? 0;
    assert.notEqual(port, rig.hub.port);
    assert.equal((await ask(rig, '/api/state')).status, 200);
    assert.equal((await ask(rig, '/api/state', { headers: { Authorization: '' } })).status, 401);
    assert.equal((await ask(rig, '/api/state', { headers: { Host: `127.0.0.1:${port}` } })).status, 421);
    assert.equal((await ask(rig, '/api/state', { headers: { Origin: 'https://evil.example' } })).status, 403);
    assert.equal((await rig.http('/api/state', { headers: { Host: `hub.example:${port}` } })).status, 421);
    assert.equal((await rig.http('/api/state')).status, 200);
    const told = { type: 'prd.paused', prd_id: 'p' };
    assert.equal((await ask(rig, '/emit', { method: 'POST', headers: json }, JSON.stringify(told))).status, 200);

    const socket = new WebSocket(`wss://hub.example:${port}/ws`, ['storyloop.v1'], {
      headers: { Authorization: `Bearer ${rig.token}` },
      ca: certificate,
      lookup: (_name, _options, done) => {
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    const [greeting] = (await once(socket, 'message')) as [Buffer];
    assert.match(greeting.toString(), /"op":"connected"/);
    socket.terminate();

    const plain = httpRequest({
      host: '127.0.0.1',
      port,
      path: '/api/state',
      headers: { Host: `hub.example:${port}` },
      agent: false,
    });
    await assert.rejects(once(plain.end(), 'response'));
  });

  it('shows the dashboard there as here, with a cookie that never goes unprotected', async () => {
    await using rig = await HubRig.start(folder(), { tls });
    const asked = await ask(rig, '/api/tickets', { method: 'POST', headers: json }, '{}');
    const { url } = JSON.parse(asked.text) as { url: string };
    assert.ok(url.startsWith(`https://hub.example:${rig.hub.tlsPort}/?ticket=`));
    const page = await new Promise<string>((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port: rig.hub.tlsPort ?? 0,
        servername: 'hub.example',
        ca: certificate,
      });
      let text = '';
      socket
        .on('data', (chunk) => (text += String(chunk)))
        .on('close', () => {
          resolve(text);
        });
      socket.write(
        `GET ${url.slice(url.indexOf('/?'))} HTTP/1.1\r\nHost: hub.example:${rig.hub.tlsPort}\r\nConnection: close\r\n\r\n`,
      );
    });
    assert.match(page, /Set-Cookie: [^\r]*HttpOnly; SameSite=Strict; Secure\r/);
    assert.match(page, /connect-src 'self' wss:\/\/hub\.example/);
  });

  it('goes on when somebody speaks no TLS there, or an old one', async () => {
    await using rig = await HubRig.start(folder(), { tls });
    const port = rig.hub.tlsPort ?? 0;
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff', '\0'.repeat(100)]) {
      const socket = connectPlain(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.end(bytes, 'latin1');
      await once(socket.resume(), 'close');
    }
    const old = connect({
      host: '127.0.0.1',
      port,
      ca: certificate,
      servername: 'hub.example',
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await assert.rejects(once(old, 'secureConnect'));
    const { text } = await ask(rig, '/api/stats');
    assert.match(text, /"MALFORMED_TLS":4/);
  });

  it('does not start where nothing can listen, and leaves nothing behind', async () => {
    await using rig = await HubRig.start(folder(), { tls });
    const taken = { ...tls, port: rig.hub.tlsPort ?? 0 };
    await assert.rejects(
      HubRig.start(`${folder()}/other`, { tls: taken }),
      /Nothing can listen on 127\.0\.0\.1, port \d+/,
    );
  });
});
