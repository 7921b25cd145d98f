import assert from 'node:assert/strict';
import { prdId } from '../../../src/prd/prdId.js';

const repository = { root: '/home/me/TempConv', commonDir: '/home/me/TempConv/.git' };

describe('prdId', () => {
  it('is made of the repository folder, the file name and six hex digits', () => {
    assert.match(prdId(repository, 'prd.json'), /^tempconv-prd-[0-9a-f]{6}$/);
    assert.match(prdId(repository, 'docs/My big PRD.v2.json'), /^tempconv-my-big-prd-v2-[0-9a-f]{6}$/);
  });

  it('is the same for an absolute and a relative path', () => {
    assert.equal(prdId(repository, '/home/me/TempConv/docs/prd.json'), prdId(repository, 'docs/prd.json'));
  });

  it('differs by path and by repository, also where the names are equal', () => {
    const ids = [
      prdId(repository, 'prd.json'),
      prdId(repository, 'docs/prd.json'),
      prdId({ root: '/other/TempConv', commonDir: '/other/TempConv/.git' }, 'prd.json'),
    ];
    assert.equal(new Set(ids).size, 3);
  });

  it('is the same in every worktree of a repository', () => {
    assert.equal(prdId({ ...repository, root: '/tmp/elsewhere' }, 'prd.json'), prdId(repository, 'prd.json'));
  });

  it('is safe in file and ref names whatever the names are', () => {
    const id = prdId({ root: '/日本', commonDir: '/x/.git/modules/日本' }, 'ÉTÉ..lock/设计.json');
    assert.match(id, /^repository-prd-[0-9a-f]{6}$/);
    assert.match(prdId({ root: '/a', commonDir: `/${'x'.repeat(200)}/.git` }, 'a.json'), /^x{40}-a-[0-9a-f]{6}$/);
  });
});
