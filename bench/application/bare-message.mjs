/**
 * The message of the bare pub/sub that we are compared with. It has the size and shape of our message about one evicted key.
 *
 * @param {string} key
 */
export function messageAbout(key) {
  return JSON.stringify({ v: 1, f: '0123456789ab', k: [['products', key]] });
}

/**
 * @param {string} message made by {@link messageAbout}
 * @returns {string}
 */
export function keyIn(message) {
  return JSON.parse(message).k[0][1];
}
