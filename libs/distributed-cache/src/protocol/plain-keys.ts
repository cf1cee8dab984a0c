/** With one of these, a text between quotes does not stand for itself, or JSON refuses it. */
const NOT_PLAIN = /[\\\p{Cc}]/u;

/** A message whose keys were read, and the rest of it, which is JSON still. @internal */
export interface PlainKeys {
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  readonly rest: string;
}

/**
 * Reads the keys of a message that this library has written and that needs no escapes. `undefined` for every other text: `JSON.parse`
 * decides about it.
 *
 * `JSON.parse` looks each short text up in a table of the whole process. During a burst of new keys that table grows, and each time all of
 * it is arranged anew in one go, which holds the event loop up for longer than everything else that the burst needs.
 *
 * @param beginning - with what the message has to begin, up to the name of the sender
 *
 * @internal
 */
export function readPlainKeys(payload: string, beginning: string): PlainKeys | undefined {
  if (!payload.startsWith(beginning)) return undefined;
  const endOfHead = payload.indexOf('"', beginning.length) + 1;
  if (!payload.startsWith(',"k":[[', endOfHead) || NOT_PLAIN.test(payload)) return undefined;
  const keys = new Map<string, Set<string>>();
  let at = endOfHead + ',"k":['.length;
  for (;;) {
    at = readList(payload, at, keys);
    if (at === -1) return undefined;
    if (!payload.startsWith(',[', at)) break;
    at += 1;
  }
  // Of two properties with one name, the last one counts.
  if (payload[at] !== ']' || payload.includes('"k"', at)) return undefined;
  return { keys, rest: payload.slice(0, endOfHead) + payload.slice(at + 1) };
}

/**
 * Reads `["region","key",…]`.
 *
 * @returns where it ends, or -1 when it has another form
 */
function readList(payload: string, at: number, keys: Map<string, Set<string>>): number {
  let its: Set<string> | undefined;
  for (let quote = at + 1; payload[quote] === '"';) {
    const end = payload.indexOf('"', quote + 1);
    if (end === -1) return -1;
    const text = payload.slice(quote + 1, end);
    if (its) its.add(text);
    else keys.set(text, (its = keys.get(text) ?? new Set()));
    if (payload[end + 1] === ']') return its.size > 0 ? end + 2 : -1;
    if (payload[end + 1] !== ',') return -1;
    quote = end + 2;
  }
  return -1;
}
