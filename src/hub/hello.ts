import { err, ok, type Result } from '../primitives/result.js';
import type { Admitted } from '../gate/gate.js';
import { helloNonce, type HelloProof } from '../session/helloProof.js';
import type { HubCore } from './hubCore.js';
import type { HttpFault } from './responses.js';

/**
 * `GET /hello?nonce=…`: proves that this is the hub of who wrote the discovery file, so that a client need not show its token
 * to a stranger that happens to have the port.
 */
export function sayHello({
  core,
  admitted: { query, port },
}: {
  readonly core: HubCore;
  readonly admitted: Admitted;
}): Result<{ readonly status: number; readonly body: HelloProof }, HttpFault> {
  const [nonce = '', ...others] = query.getAll('nonce');
  if (!helloNonce.test(nonce) || others.length > 0) {
    const message = 'nonce: once, 22 to 64 letters, digits, "-" or "_", and never the same again';
    return err({ status: 400, code: 'INVALID_FRAME', message });
  }
  const proof = core.access.hello(nonce, port);
  return proof
    ? ok({ status: 200, body: proof })
    : err({ status: 429, code: 'RATE_LIMITED', message: 'Too many ask who this is' });
}
