/** What a bus without a log would send about an evicted key: bare pub/sub carries the same message as ours. @param {string} key */
export function messageAbout(key) {
  return JSON.stringify({ v: 1, f: '0123456789ab', k: [['products', key]] });
}

/** @param {string} message */
export function keyIn(message) {
  return JSON.parse(message).k[0][1];
}
