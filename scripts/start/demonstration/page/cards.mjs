import { press } from './controls.mjs';
import { choice, make, money, write } from './elements.mjs';

/** @typedef {import('./page.mjs').Snapshot} Snapshot */
/** @typedef {import('../situation.mjs').Card} CardData */
/** @typedef {import('../situation.mjs').ServedProduct} ServedProduct */

/** One card an instance. */
export class Cards {
  /** @type {Map<number, Card>} */
  #cards = new Map();
  #element;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /** @param {Snapshot} snapshot */
  show(snapshot) {
    const numbers = new Set(snapshot.instances.map(({ number }) => number));
    for (const [number, card] of this.#cards) {
      if (numbers.has(number)) continue;
      card.element.remove();
      this.#cards.delete(number);
    }
    for (const data of snapshot.instances) {
      const card = this.#cards.get(data.number) ?? this.#add(data.number);
      card.show(data, snapshot);
    }
  }

  /** @param {number} number */
  #add(number) {
    const card = new Card(number);
    this.#cards.set(number, card);
    this.#element.append(card.element);
    return card;
  }
}

class Card {
  #badge = make('span', { class: 'badge' });
  #body = make('tbody');
  #lease = make('progress', { max: '10', value: '0' });
  #leaseNote = make('span');
  #foot = make('p', { class: 'note' });
  /** @type {Map<number, Row>} */
  #rows = new Map();
  #link;

  /** @param {number} number */
  constructor(number) {
    const title = `Instance ${number}`;
    const id = `instance-${number}`;
    this.#link = choice(
      `Link of instance ${number} to Redis`,
      [
        { value: 'open', label: 'Linked' },
        { value: 'paused', label: 'Paused' },
        { value: 'cut', label: 'Cut' },
      ],
      (state) => void press('link', { instance: number, state }),
    );
    this.#lease.setAttribute('aria-label', `Lease of instance ${number}, in seconds`);
    this.element = make(
      'section',
      { class: 'card', 'aria-labelledby': id },
      make('h3', { id }, title),
      this.#badge,
      make('table', { 'aria-label': `Prices that ${title} serves` }, this.#body),
      make('p', { class: 'lease' }, this.#lease, this.#leaseNote),
      make('div', { class: 'link' }, make('span', {}, 'Way to Redis'), this.#link.element),
      this.#foot,
    );
  }

  /** @param {CardData} data @param {Snapshot} snapshot */
  show(data, { products, redis, disabled, refusal, maxStaleness }) {
    const cannotHear = isDeaf(data, redis);
    const { tone, text } = badgeOf(data, cannotHear);
    this.element.dataset['tone'] = tone;
    write(this.#badge, text);
    for (const product of products) {
      const row = this.#rows.get(product.id) ?? this.#add(product.id, product.name);
      const served = data.products.find(({ id }) => id === product.id);
      row.show(served, cannotHear);
    }
    this.#lease.max = maxStaleness / 1_000;
    this.#lease.value = (data.leaseLeft ?? 0) / 1_000;
    write(this.#leaseNote, leaseNote(data, cannotHear));
    this.#link.show(data.link, refusal ?? disabled.links ?? (data.state === 'running' ? null : 'It does not run.'));
    const evictions = data.outbox === 1 ? '1 eviction waits' : `${data.outbox} evictions wait`;
    const waiting = data.outbox > 0 ? `, ${evictions} to be sent` : '';
    const rate = data.state === 'running' ? `, ${Math.round(data.hitRate * 100)} % hits since its start` : '';
    write(this.#foot, `Port ${data.port}${rate}${waiting}`);
  }

  /** @param {number} id @param {string} name */
  #add(id, name) {
    const row = new Row(id, name);
    this.#rows.set(id, row);
    this.#body.append(row.element);
    return row;
  }
}

/** What an instance answers for one product. */
class Row {
  #price = make('td', { class: 'price' });
  #note = make('td', { class: 'age' });
  /** @type {number | null} */
  #shown = null;

  /** @param {number} id @param {string} name */
  constructor(id, name) {
    this.element = make(
      'tr',
      { 'data-product': String(id) },
      make('th', { scope: 'row', title: name }, name),
      this.#price,
      this.#note,
    );
    this.element.addEventListener('animationend', () => this.element.classList.remove('changed'));
  }

  /** @param {ServedProduct | undefined} served @param {boolean} cannotHear whether nobody can tell this instance of a change */
  show(served, cannotHear) {
    const price = served?.price ?? null;
    if (price !== this.#shown && this.#shown !== null) this.element.classList.add('changed');
    this.#shown = price;
    write(this.#price, price === null ? '–' : money(price));
    this.element.classList.toggle('stale', served?.stale === true);
    write(this.#note, noteOf(served, cannotHear));
  }
}

/** @param {ServedProduct | undefined} served @param {boolean} cannotHear */
function noteOf(served, cannotHear) {
  if (served === undefined || served.price === null) return '';
  // One that hears Redis keeps its copy until it is told: the lease does not end.
  if (served.stale && !cannotHear) return 'old: not told';
  if (served.stale) return `old: ${Math.max(1, Math.ceil(served.remaining / 1_000))} s left`;
  return served.age === null || served.age < 1_000 ? 'new' : `${Math.floor(served.age / 1_000)} s old`;
}

/** @param {CardData} data @param {boolean} cannotHear @returns {{ tone: string, text: string }} */
function badgeOf({ state, link, cache, products }, cannotHear) {
  if (state === 'starting') return { tone: 'waiting', text: 'is starting' };
  if (state === 'stopping') return { tone: 'waiting', text: 'is stopping' };
  if (products.some(({ stale }) => stale))
    return cannotHear ? { tone: 'warning', text: 'serves an old price' } : { tone: 'waiting', text: 'is not told yet' };
  if (link === 'cut') return { tone: 'warning', text: 'link cut' };
  if (link === 'paused') return { tone: 'warning', text: 'link paused' };
  if (cache === 'disconnected') return { tone: 'warning', text: 'cannot hear Redis' };
  if (cache === 'connecting') return { tone: 'waiting', text: 'connects to Redis' };
  if (cache === 'local') return { tone: 'calm', text: 'in local mode' };
  return { tone: 'calm', text: 'hears every change' };
}

/** @param {CardData} data @param {Snapshot['redis']} redis */
function isDeaf({ link, cache }, redis) {
  return link === 'cut' || link === 'paused' || cache === 'disconnected' || redis.state === 'paused';
}

/** @param {CardData} data @param {boolean} cannotHear */
function leaseNote({ state, cache, leaseLeft }, cannotHear) {
  if (state !== 'running' || leaseLeft === null || cache === 'local') return '';
  if (leaseLeft === 0) return 'lease over: reads the database again';
  const seconds = Math.ceil(leaseLeft / 1_000);
  return cannotHear ? `trusts its copies for ${seconds} s more` : `lease of ${seconds} s, renewed by Redis`;
}
