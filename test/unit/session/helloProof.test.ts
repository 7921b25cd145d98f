import assert from 'node:assert/strict';
import { helloNonce, helloProof, isHelloProof, newNonce } from '../../../src/session/helloProof.js';

const token = 'the-right-token';
const nonce = 'n'.repeat(22);
const port = 18_790;

describe('What a hub says of itself', () => {
  it('is believed of the one that knows the token, on the port that was asked', () => {
    const said = helloProof(token, nonce, port, 'i1');
    assert.equal(said.instance, 'i1');
    assert.ok(isHelloProof(said, token, nonce, port));
    assert.ok(!isHelloProof(said, 'another token', nonce, port));
    assert.ok(!isHelloProof(said, token, `${nonce}n`, port), 'it was said to somebody else');
    assert.ok(!isHelloProof(said, token, nonce, port + 1), 'it was passed on from another port');
    assert.ok(!isHelloProof({ ...said, instance: 'i2' }, token, nonce, port));
    for (const proof of ['', said.proof.slice(1), `${said.proof}x`, 'x'.repeat(said.proof.length)])
      assert.ok(!isHelloProof({ ...said, proof }, token, nonce, port), proof);
  });

  it('is the same in every version: another one may ask', () => {
    assert.equal(helloProof(token, nonce, port, 'i1').proof, 'bsVn6-JV4EjsiswFPCSJsSeu42SoW-RDd7Izyf3Zz2g');
  });
});

describe('What is asked of a hub', () => {
  it('is new each time, and long enough that nobody knows the answer before', () => {
    const asked = new Set(Array.from({ length: 50 }, newNonce));
    assert.equal(asked.size, 50);
    for (const one of [...asked, nonce, 'n'.repeat(64), `${'n'.repeat(20)}_-`]) assert.match(one, helloNonce);
    for (const other of ['', 'n'.repeat(21), 'n'.repeat(65), `${nonce}.`, `${nonce}\n`, ` ${nonce}`])
      assert.doesNotMatch(other, helloNonce);
  });
});
