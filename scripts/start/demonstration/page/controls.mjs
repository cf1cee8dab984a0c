import { byId, choice, make, money, write } from './elements.mjs';

/** @typedef {import('./page.mjs').Snapshot} Snapshot */
/** @typedef {import('../situation.mjs').Product} Product */

/**
 * Presses a control of the front door.
 *
 * @param {string} name
 * @param {Readonly<Record<string, unknown>>} fields
 */
export async function press(name, fields) {
  const problem = byId('problem', HTMLElement);
  problem.hidden = true;
  try {
    const response = await fetch(`/demonstration/${name}`, {
      method: 'POST',
      // No other site can send this header: the front door refuses a request without it.
      headers: { 'content-type': 'application/json', 'x-demonstration': '1' },
      body: JSON.stringify(fields),
    });
    if (response.ok) return;
    const { message } = await response.json();
    write(problem, String(message));
  } catch {
    write(problem, 'npm start does not answer. Does it still run?');
  }
  problem.hidden = false;
}

/** The prices of the database, each with a form that changes it. */
export class Prices {
  /** @type {Map<number, { price: HTMLElement, input: HTMLInputElement, button: HTMLButtonElement }>} */
  #rows = new Map();
  #body = byId('products', HTMLElement);
  #through = byId('through', HTMLSelectElement);

  /** @param {Snapshot} snapshot */
  show({ products, instances, refusal }) {
    for (const product of products) this.#row(product, refusal !== null);
    const numbers = instances.filter(({ state }) => state === 'running').map(({ number }) => String(number));
    if (numbers.join() === this.#numbersShown().join()) return;
    const chosen = this.#through.value;
    const [first] = this.#through.options;
    this.#through.replaceChildren(
      ...(first ? [first] : []),
      ...numbers.map((number) => make('option', { value: number }, `instance ${number}`)),
    );
    this.#through.value = numbers.includes(chosen) ? chosen : '';
  }

  #numbersShown() {
    return [...this.#through.options].map(({ value }) => value).filter((value) => value !== '');
  }

  /** @param {Product} product @param {boolean} isDisabled */
  #row(product, isDisabled) {
    const row = this.#rows.get(product.id) ?? this.#add(product);
    const text = money(product.price);
    if (row.price.textContent !== text) {
      row.price.textContent = text;
      // What somebody is typing stays.
      if (document.activeElement !== row.input) row.input.value = money(product.price + 1);
    }
    row.button.disabled = isDisabled;
  }

  /** @param {Product} product */
  #add({ id, name }) {
    const price = make('td', { class: 'price' });
    const input = make('input', {
      type: 'number',
      min: '0',
      max: '1000000',
      step: '0.01',
      required: '',
      'aria-label': `New price of ${name}`,
    });
    const button = make('button', { type: 'submit', class: 'primary' }, 'Change');
    button.setAttribute('aria-label', `Change the price of ${name}`);
    const form = make('form', { class: 'change' }, input, button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const through = this.#through.value === '' ? {} : { through: Number(this.#through.value) };
      const next = Number(input.value);
      void press('price', { product: id, price: next, ...through }).then(() => (input.value = money(next + 1)));
    });
    const header = make('th', { scope: 'row' }, name);
    this.#body.append(make('tr', { 'data-product': String(id) }, header, price, make('td', {}, form)));
    const row = { price, input, button };
    this.#rows.set(id, row);
    return row;
  }
}

/** How many instances run, what Redis does, and how much is asked. */
export class Panels {
  #scale = byId('scale', HTMLInputElement);
  #scaleValue = byId('scale-value', HTMLOutputElement);
  #redis = choice(
    'What Redis does',
    [
      { value: 'running', label: 'Runs' },
      { value: 'paused', label: 'Paused' },
      { value: 'stopped', label: 'Killed' },
    ],
    (state) => void press('redis', { state }),
  );
  #load = choice(
    'Requests a second',
    [
      { value: '0', label: 'None' },
      { value: '20', label: '20/s' },
      { value: '100', label: '100/s' },
      { value: '500', label: '500/s' },
    ],
    (rate) => void press('load', { requestsPerSecond: Number(rate) }),
  );

  constructor() {
    byId('redis', HTMLElement).append(this.#redis.element);
    byId('load', HTMLElement).append(this.#load.element);
    this.#scale.addEventListener('input', () => write(this.#scaleValue, this.#scale.value));
    this.#scale.addEventListener('change', () => void press('instances', { count: Number(this.#scale.value) }));
  }

  /** @param {Snapshot} snapshot */
  show({ instances, scale, disabled, refusal, redis, load }) {
    this.#showScale(instances.length, scale, refusal ?? disabled.instances);
    this.#redis.show(redis.state, refusal ?? disabled.redis);
    write(byId('redis-note', HTMLElement), disabled.redis ?? REDIS_NOTES[redis.state ?? 'running']);
    this.#load.show(
      String(load.asked),
      refusal ?? (instances.length === 0 ? 'The instances are not there yet.' : null),
    );
    write(byId('load-note', HTMLElement), loadNote(load));
  }

  /** @param {number} count @param {Snapshot['scale']} scale @param {string | null} whyDisabled */
  #showScale(count, { wanted, most }, whyDisabled) {
    this.#scale.max = String(most);
    this.#scale.disabled = whyDisabled !== null;
    // The thumb stays where it is being put.
    if (document.activeElement !== this.#scale) this.#scale.value = String(wanted);
    write(this.#scaleValue, wanted === count ? String(count) : `${count} → ${wanted}`);
    write(byId('scale-note', HTMLElement), whyDisabled ?? `1 to ${most}, each a process with a memory of its own.`);
  }
}

const REDIS_NOTES = {
  running: 'It carries invalidations, and never holds a price.',
  paused: 'Connections stay open, and nothing is answered: the worst kind of outage.',
  stopped: 'The process is gone. It starts again empty, and nobody minds.',
};

/** @param {Snapshot['load']} load */
function loadNote({ asked, requestsPerSecond, hitRate, failed }) {
  if (asked === 0) return 'Reads of a thousand products, some much more often than others.';
  const hits = hitRate === null ? '' : `, ${Math.round(hitRate * 100)} % answered from memory`;
  return `${requestsPerSecond} requests a second${hits}${failed > 0 ? `, ${failed} failed` : ''}`;
}
