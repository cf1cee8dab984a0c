/** @typedef {import('nestjs-distributed-cache').InvalidationBridge} InvalidationBridge */

/**
 * Passes everything on to another bridge and counts it. `messages` are those that instances receive.
 *
 * @implements {InvalidationBridge}
 */
export class CountingBridge {
  /** @type {InvalidationBridge} */
  #bridge;
  #counts = none();
  #isAway = false;

  /** @param {InvalidationBridge} bridge */
  constructor(bridge) {
    this.#bridge = bridge;
  }

  get target() {
    return this.#bridge.target;
  }

  /** What was counted since the last call. */
  take() {
    const counts = this.#counts;
    this.#counts = none();
    return counts;
  }

  /** No link can be opened until {@link comeBack}. */
  goAway() {
    this.#isAway = true;
  }

  comeBack() {
    this.#isAway = false;
  }

  /** @type {InvalidationBridge['isAfter']} */
  isAfter(id, other) {
    return this.#bridge.isAfter(id, other);
  }

  /** @type {InvalidationBridge['dial']} */
  async dial(member, listener, signal) {
    if (this.#isAway) throw new Error('the server is away');
    const link = await this.#bridge.dial(
      member,
      {
        heard: (doorbell) => {
          this.#counts.messages += 1;
          this.#counts.messageBytes += bytesOf(doorbell);
          listener.heard(doorbell);
        },
        acknowledged: (token, instanceId) => listener.acknowledged(token, instanceId),
        broken: (error) => listener.broken(error),
      },
      signal,
    );
    return {
      ...link,
      sync: async (request) => {
        const reply = await link.sync(request);
        this.#counts.syncs += 1;
        this.#counts.syncBytes += bytesOf(request) + bytesOf(reply);
        return reply;
      },
    };
  }
}

function none() {
  return { messages: 0, messageBytes: 0, syncs: 0, syncBytes: 0 };
}

/** @param {object} message */
function bytesOf(message) {
  return Buffer.byteLength(JSON.stringify(message));
}
