/** @typedef {'breaking' | 'feature' | 'correction'} Kind */
/** A commit that users of the library notice. @typedef {{ header: string, kind: Kind }} Change */

/** The types of commits that users notice, and what they are to them. The others bring no version. @type {ReadonlyMap<string, Kind>} */
const KINDS = new Map([
  ['feat', 'feature'],
  ['fix', 'correction'],
  ['perf', 'correction'],
]);

/**
 * What users notice of some commits that follow Conventional Commits.
 *
 * @param {readonly string[]} messages whole ones
 * @returns {readonly Change[]}
 */
export function changesIn(messages) {
  return messages.flatMap((message) => {
    const header = message.trim().split('\n', 1)[0] ?? '';
    const [, type = '', mark] = /^(\w+)(?:\([^)]*\))?(!)?: /.exec(header) ?? [];
    const isBreaking = mark !== undefined || /^BREAKING[ -]CHANGE: /m.test(message);
    const kind = isBreaking ? 'breaking' : KINDS.get(type);
    return kind === undefined ? [] : [{ header, kind }];
  });
}

/**
 * The version that follows, as semantic versioning has it. Before 1.0.0 what breaks raises the second number, which `^0.1.0` of a user does
 * not follow.
 *
 * @param {string} current the released version, such as `0.1.0`
 * @param {readonly Change[]} changes since then
 * @returns {string | undefined} `undefined` when no change is noticed
 */
export function versionAfter(current, changes) {
  const [major = 0, minor = 0, patch = 0] = current.split('.').map(Number);
  const kinds = new Set(changes.map(({ kind }) => kind));
  if (kinds.has('breaking') && major > 0) return `${major + 1}.0.0`;
  if (kinds.has('breaking') || kinds.has('feature')) return `${major}.${minor + 1}.0`;
  return kinds.has('correction') ? `${major}.${minor}.${patch + 1}` : undefined;
}
