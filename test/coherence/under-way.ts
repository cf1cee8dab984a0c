import type { Flight } from './flights.js';
import type { History } from './history.js';
import { MadeValue, type Origin, type Part } from './made-value.js';
import type { EntryName } from './moments.js';

export function newOrigin(
  history: History,
  kind: Origin['kind'],
  instance: string,
  { region, key, tags }: EntryName,
  flight: Flight | undefined,
): Origin {
  const began = history.moment();
  const isStored = { ownEviction: undefined, expiresAt: undefined, isKept: false };
  return {
    id: history.nextOrigin(),
    kind,
    instance,
    region,
    key,
    tags,
    began,
    since: began.sequence,
    flight,
    ...isStored,
  };
}

/** A load, a put or a set between its beginning and its end. */
export class UnderWay {
  /** Its flight, the parent of the loads that its loader asks for. */
  readonly flight: Flight | undefined;
  readonly #history: History;
  readonly #origin: Origin;
  readonly #ended: (hasFailed: boolean) => void;

  constructor(history: History, origin: Origin, ended: (hasFailed: boolean) => void, flight: Flight | undefined) {
    this.#history = history;
    this.#origin = origin;
    this.#ended = ended;
    this.flight = flight;
  }

  get id(): number {
    return this.#origin.id;
  }

  /** Makes its result: the version of a row that it saw. `tags`: if only the result tells them. */
  made(row: string, version: number, tags?: readonly string[]): MadeValue {
    return this.madeOf([{ row, version, from: this.#origin }], tags);
  }

  /** Makes its result out of cached values. */
  madeOf(parts: readonly Part[], tags?: readonly string[]): MadeValue {
    if (tags) this.#origin.tags = tags;
    return new MadeValue(parts, this.#origin);
  }

  /** Notes that its loader or method returns now, or is about to throw. */
  end(hasFailed = false): void {
    this.#history.note(this.#origin.instance, hasFailed ? 'fails' : 'ends', this.#origin.kind, this.#origin.id);
    this.#ended(hasFailed);
  }
}
