import { types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { InvalidOptionsError } from '../errors.js';
import type { ValuesPolicy } from './settings.js';

/** The form in which a value is stored. @throws {InvalidOptionsError} when it cannot be cloned @internal */
export function valueToStore(value: unknown, policy: ValuesPolicy, region: string): unknown {
  switch (policy) {
    case 'shared':
      return value;
    case 'frozen':
      return deepFreeze(value);
    case 'cloned': {
      const holdsBuffers = holdsBuffer(value);
      const stored = cloned(value, holdsBuffers, region);
      if (typeof stored === 'object' && stored !== null) HOLDING_BUFFERS.set(stored, holdsBuffers);
      return stored;
    }
  }
}

/** The form in which a reader is handed a stored value. @internal */
export function valueToServe(value: unknown, policy: ValuesPolicy, region: string): unknown {
  return policy === 'cloned' ? cloned(value, holdsBuffer(value), region) : value;
}

function cloned(value: unknown, holdsBuffers: boolean, region: string): unknown {
  try {
    // `structuredClone` turns a Buffer into a Uint8Array. Node's own serialisation clones the same values, slower, and keeps it.
    return holdsBuffers ? deserialize(serialize(value)) : structuredClone(value);
  } catch (error) {
    throw new InvalidOptionsError(
      `Region '${region}': a value cannot be cloned (it holds a function, a symbol or something else that structuredClone refuses). ` +
        `Use values: 'frozen' or 'shared' for this region.`,
      { cause: error instanceof Error ? new Error(error.name) : undefined },
    );
  }
}

/** Whether stored clones hold a Buffer. Nobody else has them, so they stay as they are; they are cloned at every read. */
const HOLDING_BUFFERS = new WeakMap<object, boolean>();

function holdsBuffer(value: unknown): boolean {
  const known = typeof value === 'object' && value !== null ? HOLDING_BUFFERS.get(value) : false;
  if (known !== undefined) return known;
  const seen = new Set<unknown>([value]);
  // As in `deepFreeze`: the set grows while it is walked.
  for (const item of seen) {
    if (Buffer.isBuffer(item)) return true;
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) continue;
    for (const part of types.isMap(item) ? [...item.keys(), ...item.values()] : Object.values(item)) seen.add(part);
    if (types.isSet(item)) for (const part of item) seen.add(part);
  }
  return false;
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
