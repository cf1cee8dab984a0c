import autocannon from 'autocannon';

const CONNECTIONS = 20;
/** How often autocannon looks whether it has finished, in ms. */
const LOOK = 20;

/**
 * How fast a server answers: requests a second, for so many in one go. Turns of a fraction of a second, often, compare servers better than
 * a few of seconds: what slows the machine for a while slows all of them.
 *
 * @param {{ url: string, headers?: Record<string, string> }} request
 * @param {number} amount
 * @throws {Error} when an answer is neither 2xx nor 3xx, or when none comes
 */
export async function requestRate(request, amount) {
  const startedAt = performance.now();
  let endedAt = startedAt;
  const running = autocannon({ ...request, connections: CONNECTIONS, amount, sampleInt: LOOK });
  // Not when autocannon itself ends, which is at its next look.
  running.on('response', () => (endedAt = performance.now()));
  const result = await running;
  const answered = result['2xx'] + result['3xx'];
  if (answered < amount) throw new Error(`${request.url} gave ${answered} good answers to ${amount} requests.`);
  return (answered / (endedAt - startedAt)) * 1_000;
}
