/**
 * What the page shows, as plain data. All times are in ms.
 *
 * @typedef {object} Product
 * @property {number} id
 * @property {string} name
 * @property {number} price as it is in the database
 *
 * @typedef {object} ServedProduct what one instance answers when it is asked for a product
 * @property {number} id
 * @property {number | null} price `null`: it did not answer
 * @property {number | null} age how long ago it was read from the database
 * @property {boolean} stale whether the database had another price already before the question, and still has it after the answer
 * @property {number} remaining how long it may still serve what it holds, if nothing tells it of a change
 *
 * @typedef {object} Card one instance
 * @property {number} number
 * @property {number} port
 * @property {number | null} pid
 * @property {'starting' | 'running' | 'stopping'} state
 * @property {import('../../../tools/link-proxy.mjs').LinkState | null} link `null`: the front door has no hand in its way to Redis
 * @property {string | null} cache the state that its cache is in, as it says
 * @property {number | null} leaseLeft how long its lease still lasts; 0: it is over
 * @property {number} outbox how many of its evictions have not reached Redis
 * @property {number} hitRate of all reads since it started, 0 to 1
 * @property {readonly ServedProduct[]} products
 *
 * @typedef {object} Scene
 * @property {'building' | 'starting' | 'running'} phase
 * @property {{ kind: 'private' | 'given' | 'none', state: import('../own-redis.mjs').RedisState | null }} redis
 * @property {readonly Card[]} instances
 *
 * @typedef {{ tone: 'calm' | 'waiting' | 'warning', headline: string, detail: string }} Situation
 */

/** The default of the library, which the sample does not change; `test/e2e/demonstration.spec.ts` compares the two. In ms. */
export const MAX_STALENESS = 10_000;

const SECONDS = MAX_STALENESS / 1_000;

/**
 * Says in plain words what is going on. The first that applies, from what is broken to what is well.
 *
 * @param {Scene} scene
 * @returns {Situation}
 */
export function situationOf(scene) {
  return (
    beforeItRuns(scene) ??
    withoutRedis(scene) ??
    mute(scene) ??
    untold(scene) ??
    unheard(scene) ??
    onItsWay(scene) ??
    allWell(scene)
  );
}

/** Whether an instance takes requests, and hears of changes no more. @param {Card} card */
export function isDeaf({ state, link, cache }) {
  return state === 'running' && ((link !== null && link !== 'open') || cache === 'disconnected');
}

/** @param {Scene} scene @returns {Situation | undefined} */
function beforeItRuns({ phase, instances }) {
  if (phase === 'running' && instances.some(({ state }) => state === 'running')) return undefined;
  if (phase === 'building') {
    const detail = 'The library and the sample are compiled once, which takes about half a minute.';
    return { tone: 'waiting', headline: 'Building, before the instances can start', detail };
  }
  const headline = instances.length < 2 ? 'The instances are starting' : `${instances.length} instances are starting`;
  return { tone: 'waiting', headline, detail: 'Their cards come alive in a few seconds.' };
}

/** @param {Scene} scene @returns {Situation | undefined} */
function withoutRedis({ redis, instances }) {
  if (redis.kind === 'none') {
    const detail = 'There is no Redis on this machine, so there is nobody to agree with. The cache works all the same.';
    return { tone: 'calm', headline: 'One instance runs, in local mode', detail };
  }
  if (redis.state === 'running' || redis.state === null) return undefined;
  const isOver = instances.every(({ state, leaseLeft }) => state !== 'running' || leaseLeft === 0);
  const headline = `Redis is ${redis.state === 'paused' ? 'paused' : 'gone'}: everything still answers, and no old price lasts longer than ${SECONDS} s`;
  const detail = isOver
    ? `The leases are over: each instance reads a price from the database again once it is ${SECONDS} s old.`
    : `Each instance still trusts its copies until its lease is over, ${SECONDS} s after the last time Redis answered it.`;
  return { tone: 'warning', headline, detail };
}

/** @param {Scene} scene @returns {Situation | undefined} */
function mute({ instances }) {
  const silent = instances.filter(({ state, cache }) => state === 'running' && cache === null);
  if (silent.length === 0) return undefined;
  const verb = silent.length === 1 ? 'does' : 'do';
  const detail = 'It may be busy, or stand still. This page asks again.';
  return { tone: 'warning', headline: `${named(silent)} ${verb} not answer`, detail };
}

/** An instance has changed something and could not tell. @param {Scene} scene @returns {Situation | undefined} */
function untold({ instances }) {
  const silent = instances.filter((card) => isDeaf(card) && card.outbox > 0);
  if (silent.length === 0) return undefined;
  const headline = `${named(silent)} changed a price and cannot tell the others`;
  const detail =
    'The eviction waits in its outbox. The others have not been told, so they serve the old price until the link is healed, or for 5 minutes, their time to live.';
  return { tone: 'warning', headline, detail };
}

/** @param {Scene} scene @returns {Situation | undefined} */
function unheard({ instances }) {
  const deaf = instances.filter(isDeaf);
  if (deaf.length === 0) return undefined;
  const behind = deaf.filter(({ products }) => products.some(({ stale }) => stale));
  if (behind.length > 0) {
    const old = behind.flatMap(({ products }) => products.filter(({ stale }) => stale));
    const seconds = secondsOf(Math.max(...old.map(({ remaining }) => remaining)));
    const headline = `${named(behind)} ${behind.length === 1 ? 'serves' : 'serve'} an old price, for at most ${seconds} s more`;
    const [whom, readsThen] = behind.length === 1 ? ['it', 'it reads'] : ['them', 'they read'];
    const detail = `Nobody can tell ${whom} of the change. When the time is over, ${readsThen} the database again.`;
    return { tone: 'warning', headline, detail };
  }
  const [pronoun, reads] = deaf.length === 1 ? ['it', 'reads'] : ['they', 'read'];
  if (deaf.every(({ leaseLeft }) => leaseLeft === 0)) {
    const headline = `${named(deaf)} cannot hear Redis: ${pronoun} may serve an old price for at most ${SECONDS} s`;
    const detail = `The lease is over, so ${pronoun} ${reads} each price from the database again once it is ${SECONDS} s old.`;
    return { tone: 'warning', headline, detail };
  }
  const remaining = deaf.flatMap(({ products, leaseLeft }) => [
    leaseLeft ?? 0,
    ...products.map((each) => each.remaining),
  ]);
  const headline = `${named(deaf)} cannot hear Redis: ${pronoun} may serve an old price for at most ${secondsOf(Math.max(...remaining))} s`;
  return { tone: 'warning', headline, detail: 'Change a price now, and watch the old one stay and then go.' };
}

/** @param {Scene} scene @returns {Situation | undefined} */
function onItsWay({ instances }) {
  if (!instances.some(({ products }) => products.some(({ stale }) => stale))) return undefined;
  const detail = 'This normally takes a few milliseconds, and a little longer on a busy machine.';
  return { tone: 'waiting', headline: 'A change is on its way to the other instances', detail };
}

/** @param {Scene} scene @returns {Situation} */
function allWell({ instances }) {
  const running = instances.filter(({ state }) => state === 'running');
  const starting = instances.filter(({ state }) => state === 'starting');
  const stopping = instances.filter(({ state }) => state === 'stopping');
  const detail = 'Each one answers from its own memory. Redis only carries the message that a price has changed.';
  const who = running.length === 2 ? 'Both instances' : `All ${running.length} instances`;
  const headline =
    running.length === 1 ? 'The one instance serves the prices of the database' : `${who} agree on every price`;
  if (starting.length > 0)
    return {
      tone: 'waiting',
      headline: `${headline}; ${named(starting)} ${starting.length === 1 ? 'is' : 'are'} starting`,
      detail,
    };
  if (stopping.length > 0)
    return {
      tone: 'waiting',
      headline: `${headline}; ${named(stopping)} ${stopping.length === 1 ? 'is' : 'are'} stopping`,
      detail,
    };
  return { tone: 'calm', headline, detail };
}

/** `Instance 2`, `Instances 1 and 2`, `Instances 1, 2 and 3` @param {readonly Card[]} cards */
function named(cards) {
  const numbers = cards.map(({ number }) => `${number}`);
  const last = numbers.pop();
  return numbers.length === 0 ? `Instance ${last}` : `Instances ${numbers.join(', ')} and ${last}`;
}

/** @param {number} remaining in ms */
function secondsOf(remaining) {
  return Math.min(SECONDS, Math.max(1, Math.ceil(remaining / 1_000)));
}
