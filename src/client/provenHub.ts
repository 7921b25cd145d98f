import { err, ok, type Result } from '../primitives/result.js';
import { readDiscovery, type Discovery } from '../session/discovery.js';
import { isHelloProof, newNonce, type HelloProof } from '../session/helloProof.js';
import type { UserPaths } from '../session/paths.js';
import { openResponse, readJson } from './hubHttp.js';

const answerWithinMs = 5_000;
const maxAnswerBytes = 4_096;

/**
 * The hub to talk to, once it proved that it is the one of `hub.json`. Before that it is not shown the token: the file may be
 * left from a hub that is gone, and its port be somebody else's by now. The error says what is wrong, for people.
 */
export async function seekHub(user: UserPaths, withinMs = answerWithinMs): Promise<Result<Discovery, string>> {
  const hub = await readDiscovery(user).catch(() => undefined);
  if (!hub) return err('There is no hub. Open the repository in VS Code, or start one: storyloop serve');
  const said = await askHello(hub, withinMs);
  return said === undefined ? ok(hub) : err(said);
}

/** The same where it does not matter why there is none. To be asked before each connection. */
export async function findHub(user: UserPaths): Promise<Discovery | undefined> {
  const hub = await seekHub(user);
  return hub.ok ? hub.value : undefined;
}

/** Why `hub` is not to be trusted; undefined when it is. */
async function askHello(hub: Discovery, withinMs: number): Promise<string | undefined> {
  const nonce = newNonce();
  const patience = new AbortController();
  const timer = setTimeout(() => {
    patience.abort();
  }, withinMs);
  try {
    const { signal } = patience;
    const response = await openResponse(hub, `/hello?nonce=${nonce}`, { anonymous: true, withinMs, signal });
    if (!response.ok) return `The hub of hub.json (pid ${hub.pid}) does not answer: ${response.error.message}`;
    const said = await readJson(response.value, withinMs, maxAnswerBytes);
    return response.value.statusCode === 200 && isProof(said) && isHelloProof(said, hub.token, nonce, hub.port)
      ? undefined
      : `What listens on port ${hub.port} is not the hub of hub.json, and was told nothing. End it, or remove hub.json.`;
  } finally {
    clearTimeout(timer);
  }
}

function isProof(said: unknown): said is HelloProof {
  const { instance, proof } = (said ?? {}) as Partial<Record<keyof HelloProof, unknown>>;
  return typeof instance === 'string' && typeof proof === 'string';
}
