import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tlsOf, type TlsFlags } from '../../../src/cli/serveTls.js';
import { certificate, privateKey } from '../../rig/certificate.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('What storyloop serve is told of other machines', () => {
  const folder = useTemporaryFolder();

  function pair(): { tlsCert: string; tlsKey: string } {
    const [tlsCert, tlsKey] = [path.join(folder(), 'cert.pem'), path.join(folder(), 'key.pem')];
    writeFileSync(tlsCert, certificate);
    writeFileSync(tlsKey, privateKey);
    return { tlsCert, tlsKey };
  }

  async function errorOf(flags: TlsFlags): Promise<string> {
    const tls = await tlsOf(flags);
    return tls.ok ? 'taken' : tls.error;
  }

  it('is nothing by default: it serves this machine only', async () => {
    const closed = { ok: true, value: undefined };
    assert.deepEqual(await tlsOf({}), closed);
    assert.deepEqual(await tlsOf({ host: '127.0.0.1' }), closed);
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
    const tls = await tlsOf({ host: '0.0.0.0', tlsCert, tlsKey, allowHost: ['Hub.Example'] });
    assert.ok(tls.ok);
    assert.deepEqual(tls.value, {
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
      const tls = await tlsOf({ host, ...files, allowHost });
      return tls.ok ? tls.value?.names : undefined;
    };
    assert.deepEqual(await namesOf('192.168.1.5', ['hub.example']), ['192.168.1.5', 'hub.example']);
    assert.deepEqual(await namesOf('fe80::1', []), ['[fe80::1]']);
    assert.match(await errorOf({ host: '0.0.0.0', ...files }), /needs --allow-host/);
    for (const name of ['hub.example:18791', 'https://hub.example', '*.example', '', 'a/b', 'a b'])
      assert.match(await errorOf({ host: '0.0.0.0', ...files, allowHost: [name] }), /is no name of a host/, name);
  });
});
