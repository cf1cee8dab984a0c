/**
 * Makes an element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Writes a text, unless it is there already: a screen reader says what is written again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @template {Element} E
 * @param {string} id of an element of the page
 * @param {new () => E} type
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`The page has no such ${type.name}: ${id}.`);
}

/**
 * A row of buttons, one of which is pressed.
 *
 * @param {string} label what is chosen
 * @param {readonly { value: string, label: string }[]} choices
 * @param {(value: string) => void} choose
 * @returns {{ element: HTMLElement, show: (value: string | null, whyDisabled: string | null) => void }}
 */
export function choice(label, choices, choose) {
  const buttons = choices.map(({ value, label: text }) => {
    const button = make('button', { type: 'button', 'aria-pressed': 'false', 'data-value': value }, text);
    button.addEventListener('click', () => choose(value));
    return button;
  });
  return {
    element: make('div', { class: 'choice', role: 'group', 'aria-label': label }, ...buttons),
    show(value, whyDisabled) {
      for (const button of buttons) {
        button.setAttribute('aria-pressed', String(button.dataset['value'] === value));
        button.disabled = whyDisabled !== null;
        button.title = whyDisabled ?? '';
      }
    },
  };
}

/** @param {number} price */
export function money(price) {
  return price.toFixed(2);
}
