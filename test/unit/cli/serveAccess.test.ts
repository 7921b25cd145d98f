import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { accessOf, type AccessFlags } from '../../../src/cli/serveAccess.js';
import { certificate, privateKey } from '../../rig/certificate.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('What storyloop serve is told of access', () => {
  const folder = useTemporaryFolder();

  function pair(): { tlsCert: string; tlsKey: string } {
    const [tlsCert, tlsKey] = [path.join(folder(), 'cert.pem'), path.join(folder(), 'key.pem')];
    writeFileSync(tlsCert, certificate);
    writeFileSync(tlsKey, privateKey);
    return { tlsCert, tlsKey };
  }

  async function errorOf(flags: AccessFlags): Promise<string> {
    const access = await accessOf(flags);
    return access.ok ? 'taken' : access.error;
  }

  it('is nothing by default: this machine, with a token', async () => {
    const closed = { ok: true, value: { allowedOrigins: [], allowTokenlessClients: false } };
    assert.deepEqual(await accessOf({}), closed);
    assert.deepEqual(await accessOf({ host: '127.0.0.1' }), closed);
  });

  it('lets other machines in only by a flag and a certificate with its key', async () => {
    const { tlsCert, tlsKey } = pair();
    assert.match(await errorOf({ host: '0.0.0.0' }), /needs --tls-cert and --tls-key.*leave --host out/);
    assert.match(await errorOf({ host: '0.0.0.0', tlsCert }), /needs --tls-cert and --tls-key/);
    assert.match(await errorOf({ tlsCert, tlsKey }), /go with --host/);
    assert.match(await errorOf({ host: '127.0.0.1', tlsCert, tlsKey }), /go with --host/);
    assert.match(
      await errorOf({ host: '0.0.0.0', tlsCert: tlsKey, tlsKey: tlsCert, allowHost: ['a'] }),
      /no certificate with its key/,
    );
    assert.match(
      await errorOf({ host: '0.0.0.0', tlsCert, tlsKey: `${tlsKey}x`, allowHost: ['a'] }),
      /no certificate with its key.*ENOENT/,
    );
    const access = await accessOf({ host: '0.0.0.0', tlsCert, tlsKey, allowHost: ['Hub.Example'] });
    assert.ok(access.ok);
    assert.deepEqual(access.value.tls, {
      host: '0.0.0.0',
      port: 18_791,
      names: ['hub.example'],
      cert: certificate,
      key: privateKey,
    });
  });

  it('knows the names under which other machines call it', async () => {
    const files = pair();
    const namesOf = async (host: string, allowHost: string[]): Promise<readonly string[] | undefined> => {
      const access = await accessOf({ host, ...files, allowHost });
      return access.ok ? access.value.tls?.names : undefined;
    };
    assert.deepEqual(await namesOf('192.168.1.5', ['hub.example']), ['192.168.1.5', 'hub.example']);
    assert.deepEqual(await namesOf('fe80::1', []), ['[fe80::1]']);
    assert.match(await errorOf({ host: '0.0.0.0', ...files }), /needs --allow-host/);
    for (const name of ['hub.example:18791', 'https://hub.example', '*.example', '', 'a/b', 'a b'])
      assert.match(await errorOf({ host: '0.0.0.0', ...files, allowHost: [name] }), /is no name of a host/, name);
  });

  it('takes origins as browsers write them', async () => {
    assert.match(await errorOf({ allowedOrigin: ['*'] }), /^--allowed-origin: "\*" is no origin/);
    const access = await accessOf({
      allowedOrigin: ['http://localhost:3000'],
      allowTokenlessClients: true,
      maxConnections: 1_100,
    });
    assert.deepEqual(access.ok && access.value, {
      allowedOrigins: ['http://localhost:3000'],
      allowTokenlessClients: true,
      maxConnections: 1_100,
    });
  });
});
