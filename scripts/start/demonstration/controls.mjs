import { ControlError } from './demonstration.mjs';

/** A longer body is none of the page's. */
const MOST_BYTES = 1_024;

/** @typedef {import('./demonstration.mjs').Demonstration} Demonstration */
/** @typedef {Readonly<Record<string, unknown>>} Fields */

/**
 * What can be pressed, by the end of its path: `POST /demonstration/price`, and so on.
 *
 * @type {Readonly<Record<string, (demonstration: Demonstration, fields: Fields) => void | Promise<void>>>}
 */
export const CONTROLS = {
  price: (demonstration, fields) =>
    demonstration.changePrice({
      product: wholeNumber(fields, 'product'),
      price: priceIn(fields),
      through: fields['through'] === undefined ? undefined : wholeNumber(fields, 'through'),
    }),
  link: (demonstration, fields) =>
    demonstration.setLink(wholeNumber(fields, 'instance'), oneOf(fields, 'state', ['open', 'paused', 'cut'])),
  redis: (demonstration, fields) => demonstration.setRedis(oneOf(fields, 'state', ['running', 'paused', 'stopped'])),
  instances: (demonstration, fields) => demonstration.scaleTo(wholeNumber(fields, 'count')),
  load: (demonstration, fields) => demonstration.makeLoad(wholeNumber(fields, 'requestsPerSecond')),
};

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<Fields>}
 * @throws {ControlError} when the body is no JSON object, or too long
 */
export async function fieldsIn(request) {
  let text = '';
  // Read to its end, also if it is too long: otherwise the connection is closed before the answer.
  for await (const chunk of request.setEncoding('utf8')) if (text.length <= MOST_BYTES) text += chunk;
  if (text.length > MOST_BYTES) throw new ControlError(400, 'The body is too long.');
  try {
    const value = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new ControlError(400, 'The body must be a JSON object.');
}

/** @param {Fields} fields @param {string} name */
function wholeNumber(fields, name) {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new ControlError(400, `${name} must be a whole number.`);
}

/** @param {Fields} fields */
function priceIn({ price }) {
  if (typeof price === 'number' && price >= 0 && price <= 1_000_000) return Math.round(price * 100) / 100;
  throw new ControlError(400, 'price must be a number from 0 to 1000000.');
}

/**
 * @template {string} T
 * @param {Fields} fields
 * @param {string} name
 * @param {readonly T[]} allowed
 * @returns {T}
 */
function oneOf(fields, name, allowed) {
  const value = allowed.find((each) => each === fields[name]);
  if (value !== undefined) return value;
  throw new ControlError(400, `${name} must be one of ${allowed.join(', ')}.`);
}
