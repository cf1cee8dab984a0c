const CAPACITY = 300;
const LONGEST_PART = 160;

/** The last events of a history, which explain a violation. They become text only on request, since there are millions. */
export class EventTail {
  readonly #events: (readonly unknown[])[] = [];
  #next = 0;

  add(...event: readonly unknown[]): void {
    this.#events[this.#next] = event;
    this.#next = (this.#next + 1) % CAPACITY;
  }

  /** Oldest first. */
  lines(): readonly string[] {
    const inOrder = [...this.#events.slice(this.#next), ...this.#events.slice(0, this.#next)];
    return inOrder.map((event) => event.map(textOf).join(' '));
  }
}

function textOf(part: unknown): string {
  const text = typeof part === 'string' ? part : asJson(part);
  return text.length > LONGEST_PART ? `${text.slice(0, LONGEST_PART)}…` : text;
}

function asJson(part: unknown): string {
  return JSON.stringify(part, (_key, value: unknown) => {
    if (value instanceof Set) return [...value];
    if (value instanceof Map) return [...value];
    return value;
  });
}
