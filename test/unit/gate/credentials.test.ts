import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Credentials, scopedToken } from '../../../src/gate/credentials.js';
import { passGate } from '../../../src/gate/gate.js';
import { helloProof } from '../../../src/session/helloProof.js';
import { mayPublish, mayPublishAsCi, mayRead, request, rulesAt, token } from './gateRig.js';

const letters = 'a,b,c,X,Y,Z,0,1,9,_,-'.split(',');

describe('A token that is derived from the hub’s', () => {
  const credentials = new Credentials(token);

  it('stands for what it was made for', () => {
    assert.deepEqual(credentials.identify(token), { scope: 'admin' });
    assert.deepEqual(credentials.identify(mayRead), { scope: 'read' });
    assert.deepEqual(credentials.identify(mayPublish), { scope: 'publish' });
    assert.deepEqual(credentials.identify(mayPublishAsCi), { scope: 'publish', publisher: 'ci' });
  });

  it('is the same in every version, so that it outlives an update', () => {
    assert.equal(mayRead, 'read.fljOTO2uGCs0t2ZIXC0t8gv28Ykji4Pnu1ZW43IaJKM');
    assert.equal(mayPublishAsCi, 'publish.ci.oQwMiq9Du9JtNAy1EX5P40fzZJqI4ItOQ3QwsMMUjsc');
  });

  it('is worth nothing with another token, or without one', () => {
    for (const other of [new Credentials('another'), new Credentials(undefined)])
      for (const one of [token, mayRead, mayPublish, mayPublishAsCi]) assert.equal(other.identify(one), undefined);
  });

  it('becomes nothing else by taking its parts together in another way', () => {
    const signature = (text: string): string => text.split('.').at(-1) ?? '';
    const made = [
      `publish.${signature(mayRead)}`,
      `read.${signature(mayPublish)}`,
      `admin.${signature(mayRead)}`,
      `publish.other.${signature(mayPublishAsCi)}`,
      `publish.${signature(mayPublishAsCi)}`,
      `publish.ci.${signature(mayPublish)}`,
      `read.ci.${signature(scopedToken(token, 'read', 'ci'))}`,
      scopedToken(token, 'read', 'publish.ci'),
      scopedToken(token, 'publish', 'ci.other'),
      scopedToken(token, 'publish', ''),
      `publish.hub.${signature(scopedToken(token, 'publish', 'hub'))}`,
      `publish.run_1.${signature(scopedToken(token, 'publish', 'run_1'))}`,
      signature(mayRead),
      `${mayRead} `,
      `${mayRead}=`,
      mayRead.toUpperCase(),
      'read.',
      'publish..',
      '',
    ];
    for (const text of made) assert.equal(credentials.identify(text), undefined, text);
  });

  it('cannot be had from the hub, whatever it is asked to prove', () => {
    const names = ['read', 'publish', 'publish.ci', 'storyloop token read', ''];
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...names), fc.string()),
        fc.integer(),
        fc.string(),
        (nonce, port, instance) => {
          const { proof } = helloProof(token, nonce, port, instance);
          for (const name of ['read', 'publish', 'publish.ci'])
            assert.equal(credentials.identify(`${name}.${proof}`), undefined);
          assert.equal(credentials.identify(proof), undefined);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is one that nobody makes up', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...letters), minLength: 43, maxLength: 43 }).map((end) => `read.${end}`),
      fc.string({ unit: fc.constantFrom(...letters), minLength: 43, maxLength: 43 }).map((end) => `publish.ci.${end}`),
    );
    fc.assert(fc.property(text, (made) => credentials.identify(made) === undefined));
  });

  it('with a name publishes under no other, however that is written', () => {
    const answer = (target: string): string => {
      const headers: [string, string][] = [['Authorization', `Bearer ${mayPublishAsCi}`]];
      const result = passGate(request({ target, headers }), rulesAt());
      return result.ok ? `as ${result.value.publisher}` : `${result.error.code}: ${result.error.message}`;
    };
    assert.equal(answer('/emit'), 'as ci');
    assert.equal(answer('/emit?publisher=ci'), 'as ci');
    for (const query of [
      '?publisher=other',
      '?publisher=',
      '?publisher=ci&publisher=other',
      '?publisher=other&publisher=ci',
    ])
      assert.equal(answer(`/emit${query}`), 'FORBIDDEN: This token publishes only as "ci"', query);
  });

  it('is refused beside another one, even a better one', () => {
    const headers: [string, string][] = [
      ['Authorization', `Bearer ${token}`],
      ['Authorization', `Bearer ${mayPublish}`],
    ];
    assert.equal(passGate(request({ headers }), rulesAt()).ok, false);
  });
});
