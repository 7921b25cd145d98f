import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { findHub, seekHub } from '../../../src/client/provenHub.js';
import { readDiscovery, writeDiscovery } from '../../../src/session/discovery.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { HubRig } from '../hub/hubRig.js';

/** Somebody else's program on the port that the discovery file names. It keeps everything that it is shown. */
class Squatter implements AsyncDisposable {
  readonly shown: string[] = [];
  readonly #server: Server;

  private constructor(answer: RequestListener) {
    this.#server = createServer((request, response) => {
      this.shown.push(`${request.url} ${request.rawHeaders.join(' ')}`);
      answer(request, response);
    });
  }

  static async listen(answer: RequestListener): Promise<Squatter> {
    const squatter = new Squatter(answer);
    squatter.#server.listen(0, '127.0.0.1');
    await once(squatter.#server, 'listening');
    return squatter;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('Who looks for the hub', () => {
  const folder = useTemporaryFolder();

  it('finds the one of the discovery file', async () => {
    await using rig = await HubRig.start(folder());
    assert.deepEqual(await findHub(rig.user), await readDiscovery(rig.user));
  });

  it('shows its token to nobody else who has the port, whatever that one answers', async () => {
    await using rig = await HubRig.start(folder());
    const discovery = await readDiscovery(rig.user);
    assert.ok(discovery);
    const say =
      (body: string, status = 200): RequestListener =>
      (_request, response) => {
        response.writeHead(status).end(body);
      };
    const passOn: RequestListener = ({ url = '' }: IncomingMessage, response) => {
      void rig.http(url, { anonymous: true }).then(({ status, body }) => response.writeHead(status).end(body));
    };
    const answers: RequestListener[] = [
      say('{"status":"ok"}'),
      say('', 404),
      say('null'),
      say('{"instance":"x","proof":"x"}'),
      say(`{"instance":"${discovery.instance}","proof":"${'A'.repeat(43)}"}`),
      say(`{"instance":"x","proof":"${'x'.repeat(100_000)}"}`),
      ({ socket }) => socket.destroy(),
      // What the true hub says of its own port is of no use on another one.
      passOn,
    ];
    for (const answer of answers) {
      await using squatter = await Squatter.listen(answer);
      await writeDiscovery(rig.user, { ...discovery, port: squatter.port });
      const found = await seekHub(rig.user);
      assert.ok(!found.ok);
      assert.match(found.error, /is not the hub of hub\.json|does not answer/);
      assert.equal(squatter.shown.length, 1);
      assert.ok(!squatter.shown.join().includes(discovery.token));
    }
    await writeDiscovery(rig.user, discovery);
    assert.ok(await findHub(rig.user));
  });

  it('does not wait for one who says nothing, or says it without an end', async () => {
    await using rig = await HubRig.start(folder());
    const discovery = await readDiscovery(rig.user);
    assert.ok(discovery);
    let timer: NodeJS.Timeout | undefined;
    const drip: RequestListener = (_request, response) => {
      response.writeHead(200);
      timer = setInterval(() => response.write(' '), 10);
    };
    for (const answer of [(): void => {}, drip]) {
      await using squatter = await Squatter.listen(answer);
      await writeDiscovery(rig.user, { ...discovery, port: squatter.port });
      assert.ok(!(await seekHub(rig.user, 100)).ok);
      clearInterval(timer);
    }
  });

  it('is told when there is none', async () => {
    const rig = await HubRig.start(folder());
    await rig.hub.stop();
    assert.deepEqual(await findHub(rig.user), undefined);
  });

  it('is the only way to it: nothing else that talks to a hub reads the discovery file', () => {
    const readers = ['src/cli', 'src/client', 'src/vscode'].flatMap((dir) =>
      readdirSync(dir)
        .filter((name) => /\breadDiscovery\b/.test(readFileSync(path.join(dir, name), 'utf8')))
        .map((name) => `${dir}/${name}`),
    );
    // One looks whether the file is sound, one whether the hub took the new token: neither connects.
    assert.deepEqual(readers.sort(), ['src/cli/doctorMachine.ts', 'src/cli/token.ts', 'src/client/provenHub.ts']);
  });
});
