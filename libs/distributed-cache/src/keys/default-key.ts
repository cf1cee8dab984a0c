import { types } from 'node:util';
import { enter, refuse, type Container } from './argument-container.js';
import { countsAsItsProperties, hasToJson, isDirectly, nameOfClass } from './argument-shape.js';
import { ARGUMENTS_PREFIX } from './canonical-key.js';

/** Up to so many properties an insertion sort is faster than `sort`, and most objects have fewer; its time grows with their square. */
const MAX_INSERTIONS = 16;

/** How an ordinary length is written. An object asks for a dozen of them, and to make each anew takes a tenth of its key. */
const LENGTHS: readonly string[] = Array.from({ length: 64 }, (_, length) => `${length}:`);

/**
 * The key under which a decorated method without `key` caches a call with these arguments, so that code can evict such an entry:
 * `region.evict(defaultKey(id, { locale: 'de' }))`.
 *
 * Of exactly one string, that string. Otherwise stable and collision-free: the order of an object's properties does not matter,
 * everything else does, the order in a `Map` or `Set` included. An instance with `toJSON` counts as what that returns; one whose
 * prototypes hold only constructors (a DTO) as its own enumerable properties; its `#private` fields cannot be seen.
 *
 * @throws {InvalidKeyError} when an argument is or holds a cyclic value, a function, a symbol or another class instance, or is
 * nested too deeply; the message says where, never what
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
 * Each value begins with a letter of its own and says its length or ends with a mark that cannot stand in it. So values can be strung
 * together and still be told apart, and no string has to be scanned for something to escape.
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
  // Behind its end, the list would give what somebody put on `Object.prototype`; `at` would not, but is slow on Node 20.
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
  // Before `toJSON`: that of an invalid Date is `null`, and that of any other a mere string.
  if (isBuiltIn && types.isDate(value)) return encodeDate(value, container);
  if (isBuiltIn && types.isMap(value)) return encodeMap(value, container);
  if (isBuiltIn && types.isSet(value)) return encodeSet(value, container);
  // A Buffer has `toJSON` too, and it is slow.
  if (isBinary(value)) return encodeBytes(value);
  if (asksToJson) return encode(value.toJSON(''), container);
  if (countsAsItsProperties(value)) return encodeProperties(value, container);
  return refuse(within, `is an instance of ${nameOfClass(value)}, whose content cannot be known`);
}

function encodeProperties(value: Readonly<Record<string, unknown>>, container: Container): string {
  refuseSymbolKeys(value, container);
  let text = '{';
  for (const name of inOrder(Object.keys(value))) {
    container.step = name;
    text += withLength(name) + encode(value[name], container);
  }
  return `${text}}`;
}

function encodeList(list: readonly unknown[], container: Container): string {
  const positions = Object.keys(list);
  if (positions.length !== list.length || (list.length > 0 && positions.at(-1) !== String(list.length - 1))) {
    return encodeSparseList(list, positions, container);
  }
  refuseSymbolKeys(list, container);
  let text = 'a';
  for (let index = 0; index < list.length; index++) {
    container.step = index;
    text += encode(list[index], container);
  }
  return `${text}]`;
}

/** Visits only what is there: the length of a sparse list may be in the billions. */
function encodeSparseList(list: readonly unknown[], positions: readonly string[], container: Container): string {
  refuseSymbolKeys(list, container);
  let text = `A${list.length};`;
  for (const position of positions) {
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

/** Own properties are not looked for here: every byte would be listed as one. */
function encodeBytes(value: ArrayBufferView | ArrayBufferLike): string {
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

/** Left out, they would give values that differ in them one key. */
function refuseOwnProperties(value: object, container: Container): void {
  refuseSymbolKeys(value, container);
  const [name] = Object.keys(value);
  if (name !== undefined) refuseOwnProperty(name, container);
}

function refuseOwnProperty(name: string, container: Container): never {
  container.step = name;
  return refuse(container, 'was added to a built-in object and is not part of its content');
}

function refuseSymbolKeys(value: object, container: Container): void {
  if (Object.getOwnPropertySymbols(value).length === 0) return;
  container.step = undefined;
  refuse(container, 'has a property whose name is a symbol');
}

/** Sorts `names` by their UTF-16 code units, so that every machine gives one order. Changes the list that it is given. */
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
