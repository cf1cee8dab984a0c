import { inspect } from 'node:util';
import { KnownSecrets } from './known-secrets.js';

/** Who said something that must not be said, and what. */
export interface Leak {
  readonly source: string;
  readonly secret: string;
  readonly said: string;
}

/** How much of what was said is shown before and after the secret. */
const AROUND = 200;
const MOST_LEAKS = 20;

/** Hears every log line, event and error of a test file, as deeply as anything could print it, and notes the secrets in them. */
export class EverythingSaid {
  readonly secrets = new KnownSecrets();
  readonly leaks: Leak[] = [];
  /** How many times anything was said. */
  heard = 0;

  hear(source: string, ...parts: readonly unknown[]): void {
    this.heard += 1;
    if (this.leaks.length === MOST_LEAKS) return;
    const said = parts.map(shown).join(' ');
    const secret =
      this.secrets.inText(said) ?? (parts.some((part) => this.secrets.isIn(part)) ? 'a cached value' : undefined);
    if (secret === undefined) return;
    const at = Math.max(0, said.indexOf(secret));
    this.leaks.push({ source, secret, said: said.slice(Math.max(0, at - AROUND), at + AROUND) });
  }

  /** Begins anew, for another test file. */
  forget(): void {
    this.secrets.forget();
    this.leaks.length = 0;
    this.heard = 0;
  }

  /** @throws {Error} when a secret was said since the last time this was asked */
  expectNoSecrets(): void {
    const leaks = this.leaks.splice(0);
    if (leaks.length === 0) return;
    const lines = leaks.map(({ source, secret, said }) => `- ${source} said ${inspect(secret)}: ${said}`);
    throw new Error(
      `A password or a cached value was logged, told by an event or put into an error:\n${lines.join('\n')}`,
    );
  }
}

function shown(part: unknown): string {
  return typeof part === 'string' ? part : inspect(part, { depth: 10, showHidden: true, maxStringLength: null });
}

/** Of the test file at hand. */
export const everythingSaid = new EverythingSaid();
