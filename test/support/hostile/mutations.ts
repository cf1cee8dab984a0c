import { name } from './real-messages.js';
import type { Random } from '../../../tools/random.mjs';

/** One way to spoil a text; `other` is a second real one. */
export type Mutation = (text: string, random: Random, other: string) => string;

const ODD_CHARACTERS = [
  '\0',
  '\ud800',
  '\udc00',
  '\ufffd',
  '\uffff',
  '\ufeff',
  ' ',
  '\n',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
];

/** JSON texts that are not what the field they are put into holds. */
const ODD_VALUES = [
  ...'null true false 0 -0 1 2 -1 1.5 1e308 -1e308 1e999 9007199254740993 "" "1" "2" [] {} [[]] [[[]]] [null] [1] [{}]'.split(
    ' ',
  ),
  ...'[[null]] [[1]] [["products",1]] [["products",null]] [["products",["1"]]] {"length":3} {"0":"products"} "products"'.split(
    ' ',
  ),
  ...'["__proto__"] [["__proto__","__proto__"]] [["constructor","prototype"]] {"__proto__":1} "\\ud800" ["\\u0000"]'.split(
    ' ',
  ),
  `"${'t'.repeat(65)}"`,
  '"a token"',
];

const ODD_IDS = [
  ...'0-0 00-1 01-1 1-01 -1-0 1--0 1 1- -1 1-1-1 +1-0 1e3-0 0x1-0 １-０ NaN-0 Infinity-0'.split(' '),
  ...'18446744073709551615-18446744073709551615 18446744073709551616-0 0-18446744073709551616'.split(' '),
  `${'9'.repeat(20)}-0`,
  `${'9'.repeat(5_000)}-0`,
  `1-${'0'.repeat(5_000)}`,
  '',
  ' ',
  '\t',
  '-',
  '1-0\n',
  '\0-\0',
];

const FIELDS = [
  'v',
  'f',
  'e',
  'r',
  't',
  'k',
  'n',
  'a',
  'u',
  'i',
  's',
  'b',
  'x',
  '__proto__',
  'constructor',
  'toJSON',
  'y',
];

/** Ordinary ones: they cost next to nothing, so most messages go through one or more of these. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'one bit flipped': (text, random) => replaced(text, random, (code) => code ^ (1 << random.below(16))),
  'one bit of a byte flipped': (text, random) => replaced(text, random, (code) => code ^ (1 << random.below(8))),
  'cut short': (text, random) => text.slice(0, random.below(text.length + 1)),
  'beginning lost': (text, random) => text.slice(random.below(text.length + 1)),
  'said twice in one': (text) => text + text,
  'a piece repeated': (text, random) => {
    const [start, end] = piece(text, random);
    return text.slice(0, end) + text.slice(start);
  },
  'a piece lost': (text, random) => {
    const [start, end] = piece(text, random);
    return text.slice(0, start) + text.slice(end);
  },
  'two spliced': (text, random, other) =>
    text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1)),
  'an odd character': (text, random) => inserted(text, random, random.pick(ODD_CHARACTERS)),
  'a hostile name': (text, random) => inserted(text, random, name(random)),
  'stray spaces': (text, random) => inserted(` ${text} `, random, ' '.repeat(1 + random.below(3))),
  'a field of the wrong type': (text, random) => withField(text, random.pick(FIELDS), random.pick(ODD_VALUES)),
  'a field twice': (text, random) =>
    withField(withField(text, 'k', '[["products","1"]]'), 'k', random.pick(ODD_VALUES)),
  'a prototype': (text, random) => withField(text, '__proto__', `{"v":1,"e":1,"k":${random.pick(ODD_VALUES)}}`),
  'a newer version': (text, random) =>
    text.replace('"v":1', `"v":${random.pick(['2', '3', '1e308', '9007199254740991', '"2"'])}`),
  'an odd id': (text, random) => {
    const [previousId = '', id = '', ...rest] = text.split(' ');
    return random.chance(0.5)
      ? [random.pick(ODD_IDS), id, ...rest].join(' ')
      : [previousId, random.pick(ODD_IDS), ...rest].join(' ');
  },
  'a huge number': (text, random) => inserted(text, random, '9'.repeat(1 + random.below(400))),
  'not changed at all': (text) => text,
};

/** Large ones: rare, since each costs as much as thousands of the others. */
export const LARGE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'nested deeply': (text, random) => withField(text, random.pick(FIELDS), nested(1 + random.below(50_000))),
  'nested deeply and never closed': (text, random) => inserted(text, random, '['.repeat(1 + random.below(100_000))),
  'a huge list': (text, random) =>
    withField(text, random.pick(['r', 't', 'x']), `["a"${',"a"'.repeat(random.below(50_000))}]`),
  'a million names in 1 MB': (text, random) =>
    withField(
      text,
      'k',
      `[["r${random.below(1_000)}"${Array.from({ length: 60_000 }, (_, i) => `,"${i}-${random.below(99)}"`).join('')}]]`,
    ),
  'many regions': (text, random) =>
    withField(text, 'k', `[${Array.from({ length: 10_000 }, () => `["r${random.below(2 ** 31)}","1"]`).join()}]`),
  'a key of 1 MB': (text, random) =>
    withField(text, 'k', `[["products","${'x'.repeat((1 << 20) - 200 - random.below(100_000))}"]]`),
  'a payload of 2 MB': (text) => withField(text, 'x', `"${'x'.repeat(2 << 20)}"`),
  '1 MB of spaces': (text) => text + ' '.repeat((1 << 20) - text.length - 1),
};

function replaced(text: string, random: Random, change: (code: number) => number): string {
  if (text === '') return text;
  const at = random.below(text.length);
  return text.slice(0, at) + String.fromCharCode(change(text.charCodeAt(at))) + text.slice(at + 1);
}

function inserted(text: string, random: Random, what: string): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + what + text.slice(at);
}

function piece(text: string, random: Random): [number, number] {
  const start = random.below(text.length + 1);
  return [start, start + random.below(text.length - start + 1)];
}

/** Puts a field in front of the payload's last brace: of a field given twice JSON takes the last. */
function withField(text: string, field: string, json: string): string {
  const end = text.lastIndexOf('}');
  return end === -1 ? `${text}"${field}":${json}` : `${text.slice(0, end)},"${field}":${json}${text.slice(end)}`;
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}
