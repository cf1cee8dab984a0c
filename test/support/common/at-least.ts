/** Stands for any number that is not smaller, inside of what `toMatchObject` is given. */
export function atLeast(least: number): { asymmetricMatch(value: unknown): boolean; toString(): string } {
  return {
    asymmetricMatch: (value) => typeof value === 'number' && value >= least,
    toString: () => `at least ${least}`,
  };
}
