import dns from 'node:dns';
import { isIPv6 } from 'node:net';
import { beforeEach, onTestFinished } from 'vitest';

/** Two addresses of this machine. */
export const FIRST_ADDRESS = '127.0.0.1';
export const SECOND_ADDRESS = '127.0.0.2';

type Answer = (asked: number) => readonly string[] | Error;

/** Host names that lead where the test says, to everybody in this process: to sockets, and to whoever asks for addresses. */
export class HostNames {
  readonly #answers = new Map<string, Answer>();
  readonly #asked = new Map<string, number>();
  readonly #original = dns.lookup;

  /** From now on `name` leads to these addresses, all of them in each answer. */
  lead(name: string, ...addresses: readonly string[]): void {
    this.answer(name, () => addresses);
  }

  /** From now on each answer has one of these addresses, in turn. */
  rotate(name: string, ...addresses: readonly string[]): void {
    this.answer(name, (asked) => addresses.slice(asked % addresses.length).slice(0, 1));
  }

  /** From now on nobody knows where `name` leads. */
  fail(name: string): void {
    this.answer(name, () => Object.assign(new Error(`getaddrinfo EAI_AGAIN ${name}`), { code: 'EAI_AGAIN' }));
  }

  /** From now on nobody answers. */
  fallSilent(name: string): void {
    this.#answers.set(name, () => []);
  }

  /** @param answer - gets how often the name was asked for before */
  answer(name: string, answer: Answer): void {
    this.#answers.set(name, answer);
  }

  /** How often anybody has asked for the name. */
  asked(name: string): number {
    return this.#asked.get(name) ?? 0;
  }

  install(): void {
    Reflect.set(dns, 'lookup', (host: string, options: unknown, callback: unknown) =>
      this.#lookup(host, options, callback),
    );
  }

  uninstall(): void {
    Reflect.set(dns, 'lookup', this.#original);
    this.#answers.clear();
    this.#asked.clear();
  }

  #lookup(host: string, options: unknown, callback: unknown): void {
    const answer = this.#answers.get(host);
    if (!answer) {
      Reflect.apply(this.#original, dns, [host, options, callback]);
      return;
    }
    const asked = this.asked(host);
    this.#asked.set(host, asked + 1);
    const found = answer(asked);
    const reply = (...args: readonly unknown[]): void => {
      setImmediate(() => typeof callback === 'function' && Reflect.apply(callback, undefined, args));
    };
    if (found instanceof Error) reply(found);
    else if (found.length > 0) {
      const addresses = found.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
      const isAll = typeof options === 'object' && options !== null && 'all' in options && options.all === true;
      if (isAll) reply(null, addresses);
      else reply(null, addresses[0]?.address, addresses[0]?.family);
    }
  }
}

/** Host names for each test of this file, or of this `describe`. */
export function usingHostNames(): HostNames {
  const names = new HostNames();
  beforeEach(() => {
    names.install();
    onTestFinished(() => names.uninstall());
  });
  return names;
}
