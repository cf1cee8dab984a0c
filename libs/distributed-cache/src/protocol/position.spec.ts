import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { advance } from './position.js';

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');

describe('a position', () => {
  it('is the entry and h = sha1(previous h + payload)', () => {
    expect(advance('', '1-0', 'one')).toEqual({ id: '1-0', hash: sha1('one') });
    expect(advance(sha1('one'), '2-0', 'two')).toEqual({ id: '2-0', hash: sha1(`${sha1('one')}two`) });
  });

  it('has another hash after another history with the same newest entry', () => {
    const ours = advance(advance('', '1-0', 'one').hash, '2-0', 'same');
    const theirs = advance(advance('', '1-0', 'other').hash, '2-0', 'same');
    expect(ours.id).toBe(theirs.id);
    expect(ours.hash).not.toBe(theirs.hash);
  });
});
