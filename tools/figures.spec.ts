import { describe, expect, it } from 'vitest';
import { decimal, mebibytes, number } from './figures.mjs';

describe('figures', () => {
  it('are written with a space between thousands and about three digits', () => {
    expect([number(1_234_567.8), decimal(1.234), decimal(12.34), decimal(1_234.5)]).toEqual([
      '1 234 568',
      '1.23',
      '12.3',
      '1 235',
    ]);
  });

  it('of bytes are in MiB', () => {
    expect([mebibytes(1.96 * 2 ** 20), mebibytes(190.4 * 2 ** 20)]).toEqual(['2.0 MiB', '190 MiB']);
  });
});
