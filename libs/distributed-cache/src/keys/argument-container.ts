import { shortened } from '../common/describe-value.js';
import { InvalidKeyError } from '../errors.js';

/** Deeper values are refused before they can overflow the stack: a RangeError would not say where. */
const MAX_DEPTH = 256;

/**
 * An object that is being encoded, and what it stands in: enough to recognise a cycle and to say where a refused value stands, while a
 * value that is not refused costs no path.
 *
 * @internal
 */
export interface Container {
  readonly value: object;
  readonly within: Container | undefined;
  readonly depth: number;
  /** Where in it the encoding is: a property, a position, or `undefined` for all of it. Of the outermost: which argument. */
  step: string | number | undefined;
}

/**
 * @throws {InvalidKeyError} when `value` stands in itself, or too deep
 *
 * @internal
 */
export function enter(value: object, within: Container | undefined): Container {
  if (within === undefined) return { value, within, depth: 0, step: undefined };
  if (within.depth === MAX_DEPTH) refuse(within, `is nested more than ${MAX_DEPTH} levels deep`);
  for (let outer: Container | undefined = within; outer !== undefined; outer = outer.within) {
    if (outer.value === value) refuse(within, 'is cyclic: it is one of the objects it stands in');
  }
  return { value, within, depth: within.depth + 1, step: undefined };
}

/** Says where `within` has arrived, and what to do about it. @internal */
export function refuse(within: Container | undefined, problem: string): never {
  throw new InvalidKeyError(
    `No default key can be made: ${placeOf(within)} ${problem}. ` +
      'Give `key` what the result depends on, for example `key: (user) => user.id`; in `defaultKey()`, pass that instead.',
  );
}

function placeOf(container: Container | undefined): string {
  const steps: (string | number)[] = [];
  for (let outer = container; outer !== undefined; outer = outer.within) {
    if (outer.step !== undefined) steps.unshift(outer.step);
  }
  const [argument, ...path] = steps;
  const place = `argument ${Number(argument) + 1}`;
  return path.length === 0 ? place : `${place}, property ${pathText(path)}`;
}

function pathText(path: readonly (string | number)[]): string {
  // The ends of a long path tell the place; its middle is most often the same property over and over.
  const shown = path.length <= 10 ? path : [...path.slice(0, 5), '…', ...path.slice(-4)];
  return shown.map(stepText).join('');
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[\p{ID_Start}$_…][\p{ID_Continue}$]*$/u.test(step)
    ? `.${shortened(step)}`
    : `[${JSON.stringify(shortened(step))}]`;
}
