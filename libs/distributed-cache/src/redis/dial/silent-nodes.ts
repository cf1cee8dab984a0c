import { describePlace, type RedisPlace } from './redis-address.js';

/** Which nodes of a cluster did not bring what was published: the next link listens at another one. @internal */
export class SilentNodes {
  readonly #silent = new Set<string>();

  /** The channel of a link that listened there brought less than the log holds, or it could not be listened to at all. */
  note(place: RedisPlace): void {
    this.#silent.add(describePlace(place));
  }

  /** Where to listen: with the commands, unless that was silent and another node was not. */
  preferOther(place: RedisPlace, others: readonly RedisPlace[]): RedisPlace {
    const other = [place, ...others].find((each) => !this.#silent.has(describePlace(each)));
    if (other) return other;
    // All of them: then it is not the node.
    this.#silent.clear();
    return place;
  }
}
