/** The short names of instances: no longer than it takes to tell them apart. */
export type Names = (id: string) => string;

/**
 * Of an id `<host>:<pid>:<random>`, the host is enough unless several instances run on it, and the rest is left out unless containers of one
 * host name have one pid.
 */
export function namesOf(ids: Iterable<string>): Names {
  const counts = new Map<string, number>();
  for (const id of new Set(ids)) for (const name of namesFrom(id)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (id) => {
    if (id === '') return 'a third party';
    return namesFrom(id).find((name) => (counts.get(name) ?? 0) <= 1) ?? id;
  };
}

/** From the shortest to the longest. */
function namesFrom(id: string): readonly string[] {
  const [, host, pid, random] = /^(.+):(\d+):(\w+)$/.exec(id) ?? [];
  return host === undefined ? [id] : [host, `${host} · ${pid}`, `${host} · ${pid} · ${random}`];
}
