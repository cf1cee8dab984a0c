import { leaseAgeOf } from '../support/instances/lease-age.js';
import { Applied } from './applied.js';
import { BackgroundLoads } from './background-loads.js';
import { ExpectedCounts } from './counts.js';
import { Flights, hasLapsed, newFlight, type Flight } from './flights.js';
import { InstanceLife } from './instance-life.js';
import type { Origin } from './made-value.js';
import { idOf, type EntryName, type Moment, type Subject } from './moments.js';
import type { Replays } from './replays.js';
import type { SourceTransaction } from './source-transaction.js';
import { newOrigin, UnderWay } from './under-way.js';

/** What the application says of a read or a load beside its subject. */
export interface Nesting {
  /** The load whose loader asks. */
  readonly parent?: Flight | undefined;
  /** Whether it asks where the cache cannot know for which load. */
  readonly isUntraced?: boolean | undefined;
}

/** What the application says of a load. */
export interface Loading extends Nesting {
  /** Whether it loads other keys too, and so was called perhaps a little later than the library decided to. */
  readonly inBulk?: boolean | undefined;
  /** Whether no reader has asked for it. */
  readonly isBackground?: boolean | undefined;
  /** The transaction in which it was asked for: such a load is shared only inside of that. */
  readonly within?: SourceTransaction | undefined;
}

/** The loads and puts of one instance. Checks single flight. */
export class InstanceLoads extends InstanceLife {
  protected readonly applied = new Applied();
  protected readonly counts = new ExpectedCounts();
  protected readonly flights = new Flights(
    (flight) => this.isLapsed(flight),
    () => this.history.now(),
  );
  protected readonly backgroundLoads = new BackgroundLoads();
  /** What its syncs brought; `undefined`: nobody overhears them. */
  replays: Replays | undefined;
  /** The sequence number at which its lease was last seen to be over. */
  #lapsedAt = Number.NEGATIVE_INFINITY;

  /** Notes that a loader was called for `subject`, which a read needed that began at `asked`. */
  beginLoad(
    subject: Subject & { readonly tags?: readonly string[] | undefined },
    asked: Moment,
    { parent, isUntraced, inBulk = false, isBackground = false, within }: Loading = {},
  ): UnderWay {
    const began = this.history.moment();
    const entry: EntryName = { ...subject, tags: subject.tags ?? [] };
    const timeout = this.policyIn(subject.region).loadTimeout;
    // It may have waited for its turn, and nobody knows since when: others may have given it up meanwhile.
    const isApart =
      within !== undefined || (isBackground && (inBulk || timeout < Infinity || this.isAudited(subject.region)));
    const flight = newFlight({ ...entry, asked, began, parent, isUntraced, isApart, timeout });
    if (isBackground) this.history.figures.backgroundLoads += 1;
    this.history.figures.loads += 1;
    this.counts.of(subject.region).loads += 1;
    // The library decides for a key in bulk before it calls the loader. The lease may have been over since, and renewed: no reader may then
    // have joined what began before, this load or an earlier one.
    this.noteLapse();
    const isAbandoned = inBulk && this.#lapsedAt > asked.sequence;
    if (isAbandoned) this.flights.abandon(subject.region, subject.key);
    // An invalidation may have come between the two as well.
    const isOvertaken = isAbandoned || (inBulk && (this.isLapsed(flight) || this.applied.hasCovered(entry, asked)));
    const joinable = this.flights.begin(flight, isOvertaken);
    const ended = (hasFailed: boolean, origin: Origin): void => {
      this.#loadEnded(flight, origin, hasFailed);
      if (isBackground && !hasFailed)
        this.backgroundLoads.add(idOf(subject.region, subject.key), this.history.moment(), flight);
    };
    const underWay = this.#underWay('load', flight, ended, flight);
    // After closing, every read loads for itself.
    if (this.isClosing) return underWay;
    if (joinable) {
      this.violated('single flight', subject, {
        load: underWay.id,
        joinableSince: joinable.began,
        asked,
        began,
        isNested: parent !== undefined,
      });
    }
    if (!inBulk && this.bypassing.has(subject.region) && leaseAgeOf(this.cache) > this.maxStaleness) {
      const others = this.flights.tooManyWith(flight);
      const details = { load: underWay.id, others: others.map((other) => other.began), began };
      if (others.length > 0) this.violated('single flight', subject, details);
    }
    return underWay;
  }

  /** Notes that the method of a put begins, or that `set` is about to be called. */
  beginPut(
    subject: Subject & { readonly tags?: readonly string[] | undefined },
    kind: 'put' | 'set' = 'put',
  ): UnderWay {
    return this.#underWay(kind, { ...subject, tags: subject.tags ?? [] }, (hasFailed, origin) => {
      if (kind === 'put' && !hasFailed && this.applied.overtaking(origin)) this.counts.of(origin.region).fenced += 1;
    });
  }

  #loadEnded(flight: Flight, origin: Origin, hasFailed: boolean): void {
    const { region, parent, isUntraced } = flight;
    const counts = this.counts.of(region);
    const isOvertaken = flight.isKeptOut || (this.flights.isJoinable(flight) && this.applied.overtaking(origin));
    const isOverdue = this.flights.isOverdue(flight);
    if (isOverdue) this.history.figures.timeouts += 1;
    // It may have timed out while it waited for its turn.
    if (hasFailed || flight.timeout < Infinity) counts.loadErrors.most += 1;
    if (hasFailed) counts.loadErrors.least += isOverdue ? 0 : 1;
    // Others may be uncoordinated loads, which store nothing anyway.
    else if (isOvertaken && !parent && !isUntraced && !this.isClosing) counts.fenced += 1;
    this.flights.end(flight, this.history.moment());
  }

  #underWay(
    kind: Origin['kind'],
    entry: EntryName,
    ended: (hasFailed: boolean, origin: Origin) => void,
    flight?: Flight,
  ): UnderWay {
    const origin = newOrigin(this.history, kind, this.name, entry, flight);
    const { id, region, key } = origin;
    this.history.note(this.name, 'begins', kind, id, region, key, flight?.parent ? 'inside of another' : '');
    return new UnderWay(this.history, origin, (hasFailed) => ended(hasFailed, origin), flight);
  }

  protected noteLapse(): void {
    const leaseAge = leaseAgeOf(this.cache);
    const isOver = leaseAge > this.maxStaleness || leaseAge === Number.POSITIVE_INFINITY;
    if (isOver) this.#lapsedAt = this.history.moment().sequence;
  }

  protected isLapsed(flight: Flight): boolean {
    // A sync does not vouch for a copy that the load was served in a group, and only the cache knows when it was correct.
    if (flight.hasNested && this.replays?.isGroupOpen) return true;
    const leaseAge = leaseAgeOf(this.cache);
    const isBypassing = this.bypassing.has(flight.region);
    return hasLapsed(flight, leaseAge, this.maxStaleness, isBypassing, this.history.moment().time);
  }
}
