import type { ComponentChildren, JSX } from 'preact';
import type { Frame, InstanceView } from '../../src/dashboard/frame.js';
import { bytes, count, many, percent, rate, time } from './format.js';
import type { Names } from './names.js';
import { byUrgency, wordsOf } from './states.js';
import { causesOf } from './verdict.js';

interface Props {
  readonly frame: Frame;
  readonly self: string;
  readonly names: Names;
}

export function Instances({ frame, self, names }: Props): JSX.Element {
  const { instances, leftOut } = frame;
  return (
    <section aria-labelledby="instances">
      <h2 id="instances">Instances</h2>
      <ul class="cards">
        {byUrgency(instances).map((instance) => (
          <Card key={instance.id} instance={instance} isSelf={instance.id === self} name={names(instance.id)} />
        ))}
      </ul>
      {leftOut.instances > 0 && <p class="note">{count(leftOut.instances)} more are not shown.</p>}
    </section>
  );
}

interface CardProps {
  readonly instance: InstanceView;
  readonly isSelf: boolean;
  readonly name: string;
}

function Card({ instance, isSelf, name }: CardProps): JSX.Element {
  const { id, state, hitRate, reads, loads, entries, outbox, eventLoopDelay, propagation, heap, uptime, flushes } =
    instance;
  const { level, label, meaning } = wordsOf(instance);
  return (
    <li class={`card ${level}`} data-instance={id}>
      <div class="card-head">
        <h3 title={id}>{name}</h3>
        <span class={`chip ${level}`} title={meaning}>
          {label}
        </span>
      </div>
      {isSelf && <p class="self">serves this page</p>}
      {state === null ? (
        <>
          <p class="note">{meaning}</p>
          <Lease instance={instance} />
        </>
      ) : (
        <>
          <p class="big">
            {percent(hitRate)} <span>of reads are hits</span>
          </p>
          <dl>
            <Figure name="reads/s">{rate(reads)}</Figure>
            <Figure name="loads/s" hint="How often a second it asks the source">
              {rate(loads)}
            </Figure>
            <Figure name="entries" hint="Copies in its memory">
              {count(entries)}
            </Figure>
            <Figure name="outbox" hint="Evictions that the log does not have yet" isBad={(outbox ?? 0) > 0}>
              {count(outbox)}
            </Figure>
            <Figure name="event loop" hint="Delay of its event loop, 99 of 100" isBad={(eventLoopDelay ?? 0) > 100}>
              {time(eventLoopDelay)}
            </Figure>
            <Figure name="propagation" hint="How long its own invalidations took in the last minute, 99 of 100">
              {time(propagation)}
            </Figure>
          </dl>
          <Lease instance={instance} />
          {(flushes ?? 0) > 0 && (
            <p class="cause">Dropped all its copies {many(flushes ?? 0, 'time')} since somebody looks.</p>
          )}
          {level !== 'good' &&
            causesOf(instance).map((cause) => (
              <p key={cause} class="cause">
                {cause}
              </p>
            ))}
          <p class="foot">
            {heap !== null && `heap ${bytes(heap)}`}
            {uptime !== null && `, up ${time(uptime * 1_000)}`}
          </p>
        </>
      )}
    </li>
  );
}

interface FigureProps {
  readonly name: string;
  readonly hint?: string;
  readonly isBad?: boolean;
  readonly children: ComponentChildren;
}

function Figure({ name, hint, isBad = false, children }: FigureProps): JSX.Element {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd class={isBad ? 'bad' : undefined}>{children}</dd>
    </div>
  );
}

/** How much of its lease is over: when all is, the instance trusts no copy any more. */
function Lease({
  instance: { state, leaseAge, syncAge, maxStaleness },
}: {
  readonly instance: InstanceView;
}): JSX.Element | null {
  // Of one that does not answer, Redis knows when it synced last.
  const age = state === null ? syncAge : leaseAge;
  if (state === 'local' || age === null) return null;
  const words =
    maxStaleness === null
      ? `lease renewed ${time(age)} ago`
      : age < maxStaleness
        ? `lease renewed ${time(age)} ago, good for ${time(maxStaleness)}`
        : `lease over for ${time(age - maxStaleness)}: old copies are not trusted`;
  return (
    <div class="lease" title="For so long it may serve its copies without hearing from the others">
      <span>{words}</span>
      {maxStaleness !== null && (
        <meter min={0} max={1} low={0.5} high={0.8} optimum={0} value={Math.min(1, age / maxStaleness)}>
          {words}
        </meter>
      )}
    </div>
  );
}
