import { describeEndpoint, type TcpEndpoint } from '../../endpoint.js';

/** The primary, as one sentinel names it. @internal */
export interface NamedPrimary {
  readonly endpoint: TcpEndpoint;
  /** Grows with every failover, and begins again at 0 when a sentinel is told anew what to watch. */
  readonly configEpoch: number;
}

/** The primary that most of the answers name. @internal */
export interface Agreement extends NamedPrimary {
  /** How many answers name it. */
  readonly votes: number;
}

/**
 * What the sentinels say together: the address that most of them name. So one sentinel that was not told of a change, or that is late, does
 * not outvote the others, whatever its configuration epoch is. The epoch decides between addresses that equally many name: the greater one
 * is from a later failover.
 *
 * @returns `undefined` when there is no answer
 *
 * @internal
 */
export function agreementOf(answers: readonly NamedPrimary[]): Agreement | undefined {
  const agreements = new Map<string, Agreement>();
  for (const { endpoint, configEpoch } of answers) {
    const address = describeEndpoint(endpoint);
    const { votes = 0, configEpoch: known = configEpoch } = agreements.get(address) ?? {};
    agreements.set(address, { endpoint, votes: votes + 1, configEpoch: Math.max(known, configEpoch) });
  }
  // By address at last, so that all instances decide alike.
  const [first] = [...agreements].toSorted(
    ([address, a], [otherAddress, b]) =>
      b.votes - a.votes || b.configEpoch - a.configEpoch || (address < otherAddress ? -1 : 1),
  );
  return first?.[1];
}
