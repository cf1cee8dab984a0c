/** Names that differ by more edits than this are taken to be unrelated. */
const MAX_EDITS = 3;

/**
 * The one of `names` that a misspelt `name` most likely means; `undefined` if none is similar enough. Letter case does not count.
 *
 * @internal
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  // A few edits turn a short name into any other, so it is allowed fewer.
  let fewest = Math.min(MAX_EDITS, Math.ceil(name.length / 3)) + 1;
  for (const candidate of names) {
    // Names whose lengths differ this much cannot be similar. This also keeps a huge name from being compared.
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const count = edits(name.toLowerCase(), candidate.toLowerCase());
    if (count >= fewest) continue;
    nearest = candidate;
    fewest = count;
  }
  return nearest;
}

/** How many letters have to be added, removed or replaced to get from one name to the other (Levenshtein distance). */
function edits(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = at(above, column - 1) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, at(above, column) + 1, at(current, column - 1) + 1));
    }
    above = current;
  }
  return at(above, other.length);
}

function at(counts: readonly number[], index: number): number {
  return counts[index] ?? Infinity;
}
