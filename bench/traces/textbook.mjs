/**
 * The share of requests that are hits when the least recently used key leaves.
 *
 * @param {Uint32Array} requests
 * @param {number} capacity
 */
export function lru(requests, capacity) {
  /** In the order of their last use. @type {Set<number>} */
  const kept = new Set();
  let hits = 0;
  for (const key of requests) {
    if (kept.delete(key)) hits += 1;
    else if (kept.size >= capacity) for (const oldest of kept) if (kept.delete(oldest)) break;
    kept.add(key);
  }
  return hits / requests.length;
}

/**
 * The share of requests that are hits when the key leaves that is asked for again last (Bélády): nobody can do better.
 *
 * @param {Uint32Array} requests
 * @param {number} capacity
 */
export function optimum(requests, capacity) {
  const next = nextRequests(requests);
  /** When each kept key is asked for again. @type {Map<number, number>} */
  const kept = new Map();
  const heap = new LatestFirst();
  let hits = 0;
  for (let index = 0; index < requests.length; index += 1) {
    const key = requests[index] ?? 0;
    const again = next[index] ?? Infinity;
    if (kept.has(key)) hits += 1;
    else if (kept.size >= capacity) {
      for (;;) {
        const { key: latest, again: when } = heap.take();
        // It was asked for since, and is in the heap with its next time as well.
        if (kept.get(latest) !== when) continue;
        kept.delete(latest);
        break;
      }
    }
    kept.set(key, again);
    heap.add(key, again);
  }
  return hits / requests.length;
}

/** For each request, the index of the next one for the same key. @param {Uint32Array} requests */
function nextRequests(requests) {
  const next = new Float64Array(requests.length);
  /** @type {Map<number, number>} */
  const seen = new Map();
  for (let index = requests.length - 1; index >= 0; index -= 1) {
    const key = requests[index] ?? 0;
    // Keys that are never asked for again differ, so that the heap can tell old entries from new ones.
    next[index] = seen.get(key) ?? requests.length * 2 - index;
    seen.set(key, index);
  }
  return next;
}

/** Keys by when they are asked for again, the latest first. */
class LatestFirst {
  /** @type {{ key: number, again: number }[]} */
  #heap = [];

  /**
   * @param {number} key
   * @param {number} again
   */
  add(key, again) {
    const heap = this.#heap;
    let index = heap.push({ key, again }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent).again >= again) break;
      heap[index] = this.#at(parent);
      index = parent;
    }
    heap[index] = { key, again };
  }

  take() {
    const heap = this.#heap;
    const latest = this.#at(0);
    const last = heap.pop();
    if (!last || heap.length === 0) return latest;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#at(child + 1).again > this.#at(child).again) child += 1;
      if (this.#at(child).again <= last.again) break;
      heap[index] = this.#at(child);
      index = child;
    }
    heap[index] = last;
    return latest;
  }

  /** @param {number} index */
  #at(index) {
    const item = this.#heap[index];
    if (!item) throw new Error('The heap is empty.');
    return item;
  }
}
