import { InvalidOptionsError } from '../errors.js';
import type { ValuesPolicy } from './settings.js';

/** The form in which a value is stored. @throws {InvalidOptionsError} when it cannot be cloned @internal */
export function valueToStore(value: unknown, policy: ValuesPolicy, region: string): unknown {
  switch (policy) {
    case 'shared':
      return value;
    case 'frozen':
      return deepFreeze(value);
    case 'cloned':
      return clone(value, region);
  }
}

/** The form in which a reader is handed a stored value. @internal */
export function valueToServe(value: unknown, policy: ValuesPolicy, region: string): unknown {
  return policy === 'cloned' ? clone(value, region) : value;
}

function clone(value: unknown, region: string): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    throw new InvalidOptionsError(
      `Region '${region}': a value cannot be cloned (it holds a function, a symbol or something else that structuredClone refuses). ` +
        `Use values: 'frozen' or 'shared' for this region.`,
      { cause: error instanceof Error ? new Error(error.name) : undefined },
    );
  }
}

function deepFreeze(value: unknown): unknown {
  const seen = new Set<unknown>([value]);
  // The set grows while it is walked. No recursion: a value may be deeper than the stack, or cyclic.
  for (const item of seen) {
    // Freezing a view throws: its elements cannot be frozen.
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) continue;
    Object.freeze(item);
    for (const property of Object.values(Object.getOwnPropertyDescriptors(item))) seen.add(property.value);
  }
  return value;
}
