/** A link or a picture of a page. @typedef {{ line: number, target: string }} Link */

/** Code, in which nothing is a link: blocks between fences, then spans between backticks, which end with their paragraph. */
const CODE = /^([ \t]*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[ \t]*$|(`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S])*?[^`]\3(?!`)/gm;
/** `[text](target)`, `![text](target "title")`, `<img src="target">` and the like, and `<https://…>`. */
const LINK =
  /\]\(\s*<?(?<inBrackets>[^)\s>]*)>?(?:\s+"[^"]*")?\s*\)|\b(?:src|srcset|href)="(?<attribute>[^"\s]*)"|<(?<bare>https?:[^>\s]*)>/g;

/**
 * The links and pictures of a page, outside of code.
 *
 * @param {string} text
 * @returns {readonly Link[]}
 */
export function linksIn(text) {
  const prose = withoutCode(text);
  return Array.from(prose.matchAll(LINK), ({ index, groups = {} }) => ({
    line: prose.slice(0, index).split('\n').length,
    target: groups['inBrackets'] ?? groups['attribute'] ?? groups['bare'] ?? '',
  }));
}

/**
 * A page whose links lead elsewhere. Code stays as it is.
 *
 * @param {string} text
 * @param {(target: string) => string} targetOf what a link is to have in place of its target
 */
export function withLinks(text, targetOf) {
  // The code has the same length in both texts, so a link has the same place.
  const prose = withoutCode(text);
  let result = '';
  let end = 0;
  for (const { 0: link, index, groups = {} } of prose.matchAll(LINK)) {
    const target = groups['inBrackets'] ?? groups['attribute'];
    if (target === undefined) continue;
    const start = index + link.indexOf(target, 2);
    result += text.slice(end, start) + targetOf(target);
    end = start + target.length;
  }
  return result + text.slice(end);
}

/**
 * The anchors of a page, as GitHub makes them from its headings; a second heading of the same text gets `-1`.
 *
 * @param {string} text
 * @returns {ReadonlySet<string>}
 */
export function anchorsIn(text) {
  // Without blocks of code, in which `#` begins a comment; spans of code are part of a heading.
  const headings = text.replaceAll(CODE, (code, _indent, fence) => (fence ? '' : code)).matchAll(/^#{1,6} +(.+)$/gm);
  const anchors = new Set();
  for (const [, heading = ''] of headings) {
    const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''));
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/**
 * What GitHub makes of the text of a heading.
 *
 * @param {string} heading
 */
export function slugOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * The first heading of a page, as plain text.
 *
 * @param {string} text
 */
export function titleOf(text) {
  return /^# +(.+)$/m.exec(text)?.[1]?.replaceAll('`', '').trim();
}

/**
 * The page with each sign of its code replaced by a space; its lines stay where they are.
 *
 * @param {string} text
 */
function withoutCode(text) {
  return text.replaceAll(CODE, (code) => code.replaceAll(/[^\n]/g, ' '));
}
