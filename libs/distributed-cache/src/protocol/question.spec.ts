import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnswer, decodeQuestion, encodeAnswer, encodeQuestion, type Question } from './question.js';

const QUESTIONS: readonly Question[] = [
  { id: 'a', ask: 'status' },
  { id: 'b', ask: 'stats' },
  { id: 'c', ask: 'region', region: 'r' },
  { id: 'd', ask: 'entry', region: 'r', key: 'k' },
];

describe('a question', () => {
  it.each(QUESTIONS)('is decoded to what was encoded: $ask', (question) => {
    expect(decodeQuestion(encodeQuestion(question))).toEqual(question);
  });

  it.each([
    ['of a newer version', { v: 2, id: 'a', ask: 'status' }],
    ['of a kind that is not known', { v: 1, id: 'a', ask: 'values' }],
    ['with an id that is no part of a channel name', { v: 1, id: 'a b', ask: 'status' }],
    ['with a long id', { v: 1, id: 'a'.repeat(65), ask: 'status' }],
    ['about a region without a name', { v: 1, id: 'a', ask: 'region' }],
    ['about an entry without a key', { v: 1, id: 'a', ask: 'entry', region: 'r' }],
    ['that is too long', { v: 1, id: 'a', ask: 'entry', region: 'r', key: 'k'.repeat(5_000) }],
  ])('%s is not answered', (_, fields) => {
    expect(decodeQuestion(JSON.stringify(fields))).toBeUndefined();
  });

  it('and its answer are decoded without ever throwing, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect([decodeQuestion(text)?.ask, decodeAnswer(text)?.from]).toHaveLength(2);
      }),
    );
  });
});

describe('an answer', () => {
  it('is decoded to what was encoded', () => {
    expect(decodeAnswer(encodeAnswer('host:1:a', { status: 1 }))).toEqual({ from: 'host:1:a', status: 1 });
  });
});
