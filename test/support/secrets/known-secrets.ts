/** What begins a password or a cached value that a test made up to be looked for. */
export const SECRET_MARKERS = ['s3cret-', 'v4lue-'] as const;

/** Shorter texts stand in log lines on their own account. */
const SHORTEST = 8;
/** How deep a value is searched for texts. */
const DEEPEST = 3;
/** Tests that store more are about numbers, not about secrets. */
const MOST_TEXTS = 2_000;

/**
 * All that must not be said: whatever was stored in any cache or is a password of a server that a test has started, and what begins
 * with one of the {@link SECRET_MARKERS}.
 */
export class KnownSecrets {
  #objects = new WeakSet<object>();
  readonly #texts = new Set<string>();

  /** `value` and the texts in it are secrets from now on. */
  add(value: unknown): void {
    this.#addTextsOf(value, 0);
  }

  forget(): void {
    this.#objects = new WeakSet();
    this.#texts.clear();
  }

  /** The first secret that `text` repeats. */
  inText(text: string): string | undefined {
    const marker = SECRET_MARKERS.find((each) => text.includes(each));
    if (marker !== undefined) return marker;
    for (const secret of this.#texts) if (text.includes(secret)) return secret;
    return undefined;
  }

  /** Whether `value` is, or holds, one of the objects that were added. */
  isIn(value: unknown, seen = new Set<object>()): boolean {
    if (typeof value !== 'object' || value === null || seen.has(value)) return false;
    if (this.#objects.has(value)) return true;
    seen.add(value);
    if (ArrayBuffer.isView(value)) return false;
    return Object.values(Object.getOwnPropertyDescriptors(value)).some((property) => this.isIn(property.value, seen));
  }

  #addTextsOf(value: unknown, depth: number): void {
    if (typeof value === 'string' && value.length >= SHORTEST && this.#texts.size < MOST_TEXTS) this.#texts.add(value);
    if (typeof value !== 'object' || value === null || depth > DEEPEST) return;
    if (depth === 0) this.#objects.add(value);
    // Its properties are single bytes.
    if (ArrayBuffer.isView(value)) return;
    for (const property of Object.values(Object.getOwnPropertyDescriptors(value))) {
      this.#addTextsOf(property.value, depth + 1);
    }
  }
}
