import { InvalidConnectionStringError } from '../../errors.js';
import { cureOf, namesPassword } from './foreign-options.js';
import {
  allowedOptions,
  EFFECTIVE,
  misplaced,
  WITHOUT_EFFECT,
  withOption,
  type ConnectionOptions,
  type OptionKey,
} from './options.js';
import type { ConnectionSyntax } from './parse-endpoint.js';

/** One `key=value`. @internal */
export interface GivenOption {
  readonly key: string;
  readonly value: string;
  /** Where it stands among the parts of the string, or of the query, from 1. */
  readonly position: number;
}

/** In the query of a URL, nothing is the rest of a password that stands before the host. Its keys are shown as they are written. */
const NAME_IN_QUERY = /^[a-z][a-z0-9_.[\]-]{0,39}$/i;

/** Before any password. It may still be an access key whose `password=` was forgotten, so it must look like the name of an option. */
const NAME_IN_STACKEXCHANGE = /^[a-z]{1,32}$/i;

/**
 * Reads the options of a string, one after the other, in either syntax.
 *
 * Once a password was read, its rest may follow, if it contains what separates options. So no message repeats a key or a value from there
 * on: an option that is known is named in the spelling of the lists here, and another one by its position.
 *
 * The query of a URL is often written for another client, and holds several of its options. They are refused together, at the end. In the
 * other syntax the first one is refused at once: what follows may be the rest of a password under a name that is not known.
 *
 * @internal
 */
export class OptionsReader {
  readonly #syntax: ConnectionSyntax;
  readonly #ignored: string[] = [];
  readonly #problems: string[] = [];
  #options: ConnectionOptions = {};
  #isAfterPassword = false;

  constructor(syntax: ConnectionSyntax) {
    this.#syntax = syntax;
  }

  /** Whether what follows may be the rest of a password. */
  get isAfterPassword(): boolean {
    return this.#isAfterPassword;
  }

  /** @throws {InvalidConnectionStringError} when there is no such option, when it is not supported, or when its value is not allowed */
  read(given: GivenOption): void {
    const folded = given.key.toLowerCase();
    const effective = EFFECTIVE.get(folded);
    if (effective !== undefined) return this.#take(effective, given.value);
    const ignored = WITHOUT_EFFECT.get(folded);
    if (ignored !== undefined) {
      this.#ignored.push(ignored);
      return;
    }
    if (saysNothing(folded, given.value)) return;
    const cure = unsupported(folded) ?? cureOf(given.key, this.#syntax, this.#shown(given));
    if (cure === undefined) throw refusal([...this.#problems, this.#unknown(given)]);
    this.#refuse(cure, namesPassword(given.key));
  }

  /** @throws {InvalidConnectionStringError} when options were refused that had to be refused together */
  finish(): { readonly options: ConnectionOptions; readonly ignored: readonly string[] } {
    if (this.#problems.length > 0) throw refusal(this.#problems);
    return { options: this.#options, ignored: this.#ignored };
  }

  #refuse(problem: string, isPassword: boolean): void {
    this.#problems.push(problem);
    if (this.#syntax === 'stackexchange') throw refusal(this.#problems);
    this.#isAfterPassword ||= isPassword;
  }

  #take(key: OptionKey, value: string): void {
    const problem = misplaced(key, this.#syntax, `'${key}'`);
    if (problem !== undefined) return this.#refuse(problem, key === 'password');
    this.#options = withOption(this.#options, key, value);
    this.#isAfterPassword ||= key === 'password' || key === 'sentinelPassword';
  }

  /** The key, if a message may repeat it. */
  #shown({ key, value }: GivenOption): string | undefined {
    // `AbC1…==` is an access key without its `password=`.
    if (this.#isAfterPassword || /^=*$/.test(value)) return undefined;
    return (this.#syntax === 'url' ? NAME_IN_QUERY : NAME_IN_STACKEXCHANGE).test(key) ? key : undefined;
  }

  #unknown(given: GivenOption): string {
    const shown = this.#shown(given);
    const place =
      this.#syntax === 'url' ? `part ${given.position} of the query` : `part ${given.position} of the string`;
    const what = shown === undefined ? `${place} (not shown, it may belong to a password)` : `'${shown}'`;
    const separator =
      this.#syntax === 'url'
        ? "In the query of a URL, write '%26' for a '&' in a value."
        : "A value cannot contain a comma: write a password with a comma in a URL, as '%2C'.";
    return `${what} is not an option. Allowed: ${allowedOptions(this.#syntax)}. ${separator.slice(0, -1)}`;
  }
}

/** `proxy=None` and an empty `tunnel=` are what StackExchange.Redis writes for no proxy and no tunnel. */
function saysNothing(folded: string, value: string): boolean {
  if (folded === 'proxy') return /^(?:none|0)?$/i.test(value);
  return folded === 'tunnel' && value === '';
}

function unsupported(folded: string): string | undefined {
  if (folded === 'proxy' || folded === 'tunnel') {
    return `'${folded}' is not supported; remove it and connect to Redis directly`;
  }
  return folded.startsWith('$')
    ? "renamed commands ('$COMMAND=') are not supported; remove them and connect to a Redis that has the commands under their own names"
    : undefined;
}

function refusal(problems: readonly string[]): InvalidConnectionStringError {
  return new InvalidConnectionStringError(`Redis connection string: ${problems.join('. ')}.`);
}
