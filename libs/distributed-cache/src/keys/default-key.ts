import { types } from 'node:util';
import { enter, refuse, type Container } from './argument-container.js';
import { countsAsItsProperties, hasToJson, isDirectly, nameOfClass } from './argument-shape.js';
import { ARGUMENTS_PREFIX } from './canonical-key.js';

/** Up to this many names an insertion sort is faster than `sort`, and most objects have fewer. */
const MAX_INSERTIONS = 16;

/** Prefixes of short texts, made once: the key of an object needs one for each name and each text in it. */
const LENGTHS: readonly string[] = Array.from({ length: 64 }, (_, length) => `${length}:`);

/**
 * The key that a decorated method without `key` uses for a call with these arguments. Code can evict such an entry with it:
 *
 * ```ts
 * await cache.region('ProductsService.find').evict(defaultKey('42', { locale: 'de' }));
 * ```
 *
 * - The key of exactly one string is that string.
 * - Otherwise the key is stable, and different arguments have different keys. The order of an object's properties does not count;
 *   everything else does, including the order in a `Map` or `Set`.
 * - An instance with `toJSON` counts as what `toJSON` returns. An instance whose prototypes hold only constructors (a DTO) counts as its
 *   own properties; its `#private` fields cannot be read.
 *
 * @throws {InvalidKeyError} when an argument is or contains a function, a symbol, a getter or setter, a property that is not enumerable or
 * whose name is a symbol, a cyclic value or any other class instance, or is nested too deeply. The message says where it is, but never shows the value.
 *
 * @publicApi
 */
export function defaultKey(...args: readonly unknown[]): string {
  const only = args[0];
  if (args.length === 1 && typeof only === 'string' && !only.startsWith(ARGUMENTS_PREFIX)) return only;
  const root = enter(args, undefined);
  let text = ARGUMENTS_PREFIX;
  for (let index = 0; index < args.length; index++) {
    root.step = index;
    text += encode(args[index], root);
  }
  return text;
}

/**
 * Encodes one value so that its end can be found: it begins with a letter for its type, and then either gives its length or ends with a
 * character that it cannot contain. So encoded values can be joined without collisions, and no string has to be scanned and escaped.
 */
function encode(value: unknown, within: Container): string {
  switch (typeof value) {
    case 'string':
      return 's' + withLength(value);
    case 'number':
      return Object.is(value, -0) ? 'd-0;' : `d${value};`;
    case 'boolean':
      return value ? 't' : 'f';
    case 'undefined':
      return 'u';
    case 'bigint':
      return `i${value};`;
    case 'object':
      return value === null ? 'n' : encodeObject(value, enter(value, within), within);
    case 'function':
    case 'symbol':
      break;
  }
  return refuse(within, `is a ${typeof value}`);
}

function withLength(text: string): string {
  // Check bounds: an out-of-range index falls through to a polluted `Object.prototype`. `at` would not, but is slow on Node 20.
  const known = text.length < LENGTHS.length ? LENGTHS[text.length] : undefined;
  return (known ?? `${text.length}:`) + text;
}

function encodeObject(value: object, container: Container, within: Container): string {
  const asksToJson = hasToJson(value);
  if (!asksToJson && Object.getPrototypeOf(value) === Object.prototype && countsAsItsProperties(value)) {
    return encodeProperties(value, container);
  }
  const isBuiltIn = isDirectly(value, 2);
  if (isBuiltIn && Array.isArray(value)) return encodeList(value, container);
  // Before `toJSON`: it turns an invalid Date into `null`, and every other Date into a string.
  if (isBuiltIn && types.isDate(value)) return encodeDate(value, container);
  if (isBuiltIn && types.isMap(value)) return encodeMap(value, container);
  if (isBuiltIn && types.isSet(value)) return encodeSet(value, container);
  // Before `toJSON`: that of a Buffer is slow.
  if (isBinary(value)) return encodeBytes(value, container);
  if (asksToJson) return encode(value.toJSON(''), container);
  if (countsAsItsProperties(value)) return encodeProperties(value, container);
  return refuse(within, `is an instance of ${nameOfClass(value)}, which may hold more than its properties show`);
}

function encodeProperties(value: Readonly<Record<string, unknown>>, container: Container): string {
  refuseSymbolKeys(value, container);
  const names = Object.keys(value);
  if (Object.getOwnPropertyNames(value).length !== names.length) refuseHidden(value, container);
  let text = '{';
  for (const name of inOrder(names)) {
    container.step = name;
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (property === undefined || !('value' in property)) {
      return refuse(container, 'is a getter or setter, which may give another value each time');
    }
    text += withLength(name) + encode(property.value, container);
  }
  return `${text}}`;
}

function encodeList(list: readonly unknown[], container: Container): string {
  refuseSymbolKeys(list, container);
  // The positions come first, in order, and then `length`.
  const names = Object.getOwnPropertyNames(list);
  if (names.length !== list.length + 1 || names[list.length] !== 'length') {
    return encodeSparseList(list, names, container);
  }
  let text = 'a';
  for (let index = 0; index < list.length; index++) {
    container.step = index;
    text += encode(list[index], container);
  }
  return `${text}]`;
}

/** Visits only the positions that are filled: the length of a sparse list may be in the billions. */
function encodeSparseList(list: readonly unknown[], names: readonly string[], container: Container): string {
  let text = `A${list.length};`;
  for (const position of names) {
    if (position === 'length') continue;
    const index = Number(position);
    if (String(index >>> 0) !== position) return refuseOwnProperty(position, container);
    container.step = index;
    text += `${position}:${encode(list[index], container)}`;
  }
  return `${text}]`;
}

function encodeDate(date: Date, container: Container): string {
  refuseOwnProperties(date, container);
  return `D${date.getTime()};`;
}

function encodeMap(map: ReadonlyMap<unknown, unknown>, container: Container): string {
  refuseOwnProperties(map, container);
  let text = 'M';
  let index = 0;
  for (const [key, value] of map) {
    container.step = index++;
    text += encode(key, container) + encode(value, container);
  }
  return `${text})`;
}

function encodeSet(set: ReadonlySet<unknown>, container: Container): string {
  refuseOwnProperties(set, container);
  let text = 'S';
  let index = 0;
  for (const member of set) {
    container.step = index++;
    text += encode(member, container);
  }
  return `${text})`;
}

/** Of a long list of bytes, the properties are not looked at: listing them would list every byte. */
const MOST_LISTED_BYTES = 65_536;

function encodeBytes(value: ArrayBufferView | ArrayBufferLike, container: Container): string {
  refuseSymbolKeys(value, container);
  if (value.byteLength <= MOST_LISTED_BYTES) {
    const added = Object.getOwnPropertyNames(value).find((name) => String(Number(name) >>> 0) !== name);
    if (added !== undefined) refuseOwnProperty(added, container);
  }
  const kind = Buffer.isBuffer(value) ? 'Buffer' : Object.prototype.toString.call(value);
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value, 0, value.byteLength);
  return `B${kind};${bytes.toString('base64')};`;
}

function isBinary(value: object): value is ArrayBufferView | ArrayBufferLike {
  if (Buffer.isBuffer(value)) return true;
  if (ArrayBuffer.isView(value)) return isDirectly(value, types.isTypedArray(value) ? 3 : 2);
  return types.isAnyArrayBuffer(value) && isDirectly(value, 2);
}

/** Refuses additional properties of a built-in object: if they were ignored, two objects that differ in them would share a key. */
function refuseOwnProperties(value: object, container: Container): void {
  refuseSymbolKeys(value, container);
  const [name] = Object.getOwnPropertyNames(value);
  if (name !== undefined) refuseOwnProperty(name, container);
}

function refuseOwnProperty(name: string, container: Container): never {
  container.step = name;
  return refuse(container, 'was added to a built-in object, and the key would not contain it');
}

/** Refuses properties that are not enumerable: if they were ignored, two objects that differ in them would share a key. */
function refuseHidden(value: object, container: Container): never {
  container.step = Object.getOwnPropertyNames(value).find(
    (name) => !Object.prototype.propertyIsEnumerable.call(value, name),
  );
  return refuse(container, 'is not enumerable, and the key would not contain it');
}

function refuseSymbolKeys(value: object, container: Container): void {
  if (Object.getOwnPropertySymbols(value).length === 0) return;
  container.step = undefined;
  refuse(container, 'has a property whose name is a symbol');
}

/** `names` sorted by their UTF-16 code units, which is the same order on every machine. May change the given list. */
function inOrder(names: string[]): string[] {
  if (names.length > MAX_INSERTIONS) return names.toSorted();
  for (let next = 1; next < names.length; next++) {
    const name = names[next];
    if (name !== undefined) insert(names, name, next);
  }
  return names;
}

function insert(names: string[], name: string, from: number): void {
  let place = from;
  for (; place > 0; place--) {
    const before = names[place - 1];
    if (before === undefined || before <= name) break;
    names[place] = before;
  }
  names[place] = name;
}
