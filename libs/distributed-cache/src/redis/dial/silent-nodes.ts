import { describeEndpoint, type Endpoint } from '../endpoint.js';

/** Which nodes of a cluster did not bring what was published: the next link listens at another one. @internal */
export class SilentNodes {
  readonly #silent = new Set<string>();

  /** The channel of a link that listened there brought less than the log holds, or it could not be listened to at all. */
  note(endpoint: Endpoint): void {
    this.#silent.add(describeEndpoint(endpoint));
  }

  /** Where to listen: with the commands, unless that was silent and another node was not. */
  preferOther(endpoint: Endpoint, others: readonly Endpoint[]): Endpoint {
    const other = [endpoint, ...others].find((each) => !this.#silent.has(describeEndpoint(each)));
    if (other) return other;
    // All of them: then it is not the node.
    this.#silent.clear();
    return endpoint;
  }
}
