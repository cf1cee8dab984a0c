import { shortened } from '../common/describe-value.js';
import { InvalidKeyError } from '../errors.js';

/** How deeply a value may be nested. A deeper one could overflow the stack, and a RangeError would not say where. */
const MAX_DEPTH = 256;

/**
 * An object that is being encoded, linked to the object that contains it. The chain is used to detect a cycle, and to say where a refused
 * value is; the text of that path is only made when a value is refused.
 *
 * @internal
 */
export interface Container {
  readonly value: object;
  readonly within: Container | undefined;
  readonly depth: number;
  /** The property or position that is being encoded; `undefined`: the object as a whole. In the outermost container: the argument. */
  step: string | number | undefined;
}

/**
 * The container of `value`, which is about to be encoded.
 *
 * @param within - the container that holds `value`; `undefined` for the list of all arguments
 * @throws {InvalidKeyError} when `value` contains itself, or is nested too deeply
 *
 * @internal
 */
export function enter(value: object, within: Container | undefined): Container {
  if (within === undefined) return { value, within, depth: 0, step: undefined };
  if (within.depth === MAX_DEPTH) refuse(within, `is nested more than ${MAX_DEPTH} levels deep`);
  for (let outer: Container | undefined = within; outer !== undefined; outer = outer.within) {
    if (outer.value === value) refuse(within, 'is cyclic: it contains itself');
  }
  return { value, within, depth: within.depth + 1, step: undefined };
}

/** Refuses the value at the current step of `within`. The message says where it is and what to do. @internal */
export function refuse(within: Container | undefined, problem: string): never {
  throw new InvalidKeyError(
    `No default key can be made: ${placeOf(within)} ${problem}. ` +
      'Give `key` in the decorator, made of what the result depends on, for example `key: (user) => user.id`; ' +
      'in a call of `defaultKey()`, pass such a value instead.',
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
  // The middle of a long path is mostly one property, repeated.
  const shown = path.length <= 10 ? path : [...path.slice(0, 5), '…', ...path.slice(-4)];
  return shown.map(stepText).join('');
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[\p{ID_Start}$_…][\p{ID_Continue}$]*$/u.test(step)
    ? `.${shortened(step)}`
    : `[${JSON.stringify(shortened(step))}]`;
}
