import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a hub says of itself in an answer to `GET /hello?nonce=…`, for who wants to know before it shows its token. */
export interface HelloProof {
  /** As in the discovery file. */
  readonly instance: string;
  /** That whoever says this knows the user's token, and listens on that very port. */
  readonly proof: string;
}

export const helloNonce = /^[\w-]{22,64}$/;

export function newNonce(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * The port is in it, so that a program on another port cannot pass on what the hub said of its own. The key is derived for
 * this alone: whatever nonce is asked for, the answer is good for nothing else.
 */
export function helloProof(token: string, nonce: string, port: number, instance: string): HelloProof {
  const key = createHmac('sha256', token).update('storyloop hello').digest();
  return { instance, proof: createHmac('sha256', key).update(`${nonce} ${port} ${instance}`).digest('base64url') };
}

export function isHelloProof(said: HelloProof, token: string, nonce: string, port: number): boolean {
  const given = Buffer.from(said.proof);
  const right = Buffer.from(helloProof(token, nonce, port, said.instance).proof);
  return given.length === right.length && timingSafeEqual(given, right);
}
