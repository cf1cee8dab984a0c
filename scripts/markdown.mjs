/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {number} value */
export function number(value) {
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

/** @param {number} value */
export function decimal(value) {
  return value >= 100 ? number(value) : value.toFixed(value >= 10 ? 1 : 2);
}
