import { Cards } from './cards.mjs';
import { Panels, Prices } from './controls.mjs';
import { byId, make, write } from './elements.mjs';

/**
 * What the front door tells, several times a second.
 *
 * @typedef {object} Told
 * @property {readonly import('../situation.mjs').Product[]} products
 * @property {import('../situation.mjs').Situation} situation
 * @property {number} maxStaleness in ms
 * @property {{ wanted: number, most: number }} scale how many instances there are to be, and can be
 * @property {{ links: string | null, redis: string | null, instances: string | null }} disabled why a group of controls does nothing here
 * @property {{ asked: number, requestsPerSecond: number, hitRate: number | null, failed: number }} load
 * @property {readonly import('../happenings.mjs').Happening[]} happenings
 * @property {string | null} refusal why no control works for this viewer
 *
 * @typedef {import('../situation.mjs').Scene & Told} Snapshot
 */

const situation = byId('situation', HTMLElement);
const cards = new Cards(byId('cards', HTMLElement));
const prices = new Prices();
const panels = new Panels();

const events = new EventSource('/demonstration/events');
events.addEventListener('message', ({ data }) => show(JSON.parse(data)));
events.addEventListener('error', () =>
  showSituation({
    tone: 'waiting',
    headline: 'npm start does not answer',
    detail: 'It has ended, or is busy. This page goes on by itself once it answers.',
  }),
);

/** @param {Snapshot} snapshot */
function show(snapshot) {
  showSituation(snapshot.situation);
  cards.show(snapshot);
  prices.show(snapshot);
  panels.show(snapshot);
  const refusal = byId('refusal', HTMLElement);
  refusal.hidden = snapshot.refusal === null;
  write(refusal, snapshot.refusal ?? '');
  showHappenings(snapshot.happenings);
  showLinks(snapshot.instances);
}

/** @param {import('../situation.mjs').Situation} now */
function showSituation({ tone, headline, detail }) {
  situation.dataset['tone'] = tone;
  const [title, note] = situation.children;
  if (title) write(title, headline);
  if (note) write(note, detail);
}

/** @param {readonly import('../happenings.mjs').Happening[]} happenings */
function showHappenings(happenings) {
  const list = byId('happenings', HTMLElement);
  const newest = happenings[0]?.id ?? 0;
  if (list.dataset['newest'] === String(newest)) return;
  list.dataset['newest'] = String(newest);
  list.replaceChildren(
    ...happenings.map(({ at, text }) =>
      make('li', {}, make('time', {}, new Date(at).toLocaleTimeString('en-GB')), ` ${text}`),
    ),
  );
  byId('nothing-yet', HTMLElement).hidden = happenings.length > 0;
}

/**
 * Links to each instance. The page came with those of its first moment; instances come and go.
 *
 * @param {Snapshot['instances']} instances
 */
function showLinks(instances) {
  const list = byId('closer', HTMLElement);
  const ports = instances.map(({ port }) => port);
  if (list.dataset['ports'] === ports.join()) return;
  list.dataset['ports'] = ports.join();
  for (const item of list.querySelectorAll('[data-port]')) item.remove();
  for (const port of ports) {
    const link = (/** @type {string} */ path, /** @type {string} */ text) =>
      make('a', { href: `http://${location.hostname}:${port}${path}` }, text);
    const links = [link('/cache/status', 'state'), ', ', link('/metrics', 'metrics')];
    list.append(make('li', { 'data-port': String(port) }, `Instance on port ${port}: `, ...links));
  }
}
