/** The short names of instances: no longer than it takes to tell them apart. */
export type Names = (id: string) => string;

/** Of an id `<host>:<pid>:<random>`, the host is enough unless several instances run on it. */
export function namesOf(ids: readonly string[]): Names {
  const ofHost = new Map<string, number>();
  for (const id of ids) {
    const host = partsOf(id).host;
    ofHost.set(host, (ofHost.get(host) ?? 0) + 1);
  }
  return (id) => {
    if (id === '') return 'a third party';
    const { host, pid } = partsOf(id);
    return pid === undefined || (ofHost.get(host) ?? 0) <= 1 ? host : `${host} · ${pid}`;
  };
}

function partsOf(id: string): { readonly host: string; readonly pid: string | undefined } {
  const [, host, pid] = /^(.+):(\d+):\w+$/.exec(id) ?? [];
  return { host: host ?? id, pid };
}
