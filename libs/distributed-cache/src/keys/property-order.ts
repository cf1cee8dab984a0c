/** Up to here insertion beats `sort`, and most objects have fewer properties; far beyond it would take quadratic time. */
const MAX_INSERTIONS = 16;

/** `names` by their UTF-16 units, the same on every machine; the list given is used up. @internal */
export function inOrder(names: string[]): string[] {
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
