import { types } from 'node:util';
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
    const clone: unknown = structuredClone(value);
    return holdsBuffers ? withBuffers(value, clone) : clone;
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

/** Puts Buffers where `structuredClone` has made a Uint8Array of one; anything else in the clone stays as it is. */
function withBuffers(value: unknown, clone: unknown): unknown {
  const buffers = new Map<unknown, Buffer>();
  const restored = (from: unknown, to: unknown): unknown => {
    if (!Buffer.isBuffer(from) || !types.isUint8Array(to)) return to;
    const buffer = buffers.get(from) ?? Buffer.from(from);
    buffers.set(from, buffer);
    return buffer;
  };
  const pairs = new Map<unknown, unknown>([[value, clone]]);
  // As in `deepFreeze`: the map grows while it is walked.
  for (const [from, to] of pairs) {
    if (typeof from !== 'object' || from === null || typeof to !== 'object' || to === null || ArrayBuffer.isView(from))
      continue;
    const parts = partsOf(from, to);
    for (const [part, copy] of parts) if (!pairs.has(part)) pairs.set(part, copy);
    if (parts.some(([part]) => Buffer.isBuffer(part)))
      replaceParts(
        to,
        parts.map(([part, copy]) => restored(part, copy)),
      );
  }
  return restored(value, clone);
}

/** What two objects of one shape hold, side by side: keys and values of a Map in turns, members of a Set, or enumerable properties. */
function partsOf(from: object, to: object): [unknown, unknown][] {
  const [mine, its] = [from, to].map((each) => {
    if (types.isMap(each)) return [...each].flat();
    return types.isSet(each) ? [...each] : Object.values(each);
  });
  return (mine ?? []).map((part, index) => [part, its?.[index]]);
}

/** Puts parts in place of those that {@link partsOf} gave. */
function replaceParts(object: object, parts: readonly unknown[]): void {
  if (types.isMap(object)) {
    object.clear();
    for (let index = 0; index < parts.length; index += 2) object.set(parts[index], parts[index + 1]);
  } else if (types.isSet(object)) {
    object.clear();
    for (const part of parts) object.add(part);
  } else Object.keys(object).forEach((key, index) => Reflect.set(object, key, parts[index]));
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
