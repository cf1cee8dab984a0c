import type { RealMember } from './real-world.js';
import type { ServerFaults } from './server-faults.js';
import { faultLength, type Fault } from './world.js';

/** All faults of the connections between an instance and a Redis, and of the Redis itself. */
export function realFaults(server: ServerFaults): readonly Fault<RealMember>[] {
  const ofTheLink = (kind: string, weight: number, begin: (target: RealMember) => void): Fault<RealMember> => ({
    kind,
    weight,
    cutsOff: kind === 'cut' || kind === 'half-open',
    inject: (target, random) => {
      begin(target);
      setTimeout(() => target.proxy.restore(), faultLength(random)).unref();
    },
  });
  const ofTheServer = (kind: string, weight: number, inject: (milliseconds: number) => void): Fault<RealMember> => ({
    kind,
    weight,
    inject: (_, random) => inject(faultLength(random)),
  });

  return [
    ofTheLink('cut', 3, ({ proxy }) => proxy.cut()),
    ofTheLink('half-open', 3, ({ proxy }) => proxy.blackhole()),
    ofTheLink('stalled', 2, ({ proxy }) => proxy.stall()),
    ofTheLink('slow', 2, ({ proxy }) => proxy.slow({ latency: 400 })),
    ofTheLink('silent channel', 2, ({ proxy }) => proxy.blackhole({ role: 'subscriber', direction: 'answers' })),
    ofTheLink('lost answers', 2, ({ proxy }) => proxy.blackhole({ direction: 'answers' })),
    ofTheLink('lost requests', 2, ({ proxy }) => proxy.blackhole({ direction: 'requests' })),
    ofTheServer('CLIENT KILL TYPE pubsub', 2, () => server.killConnections('pubsub')),
    ofTheServer('CLIENT KILL TYPE normal', 1, () => server.killConnections('normal')),
    ofTheServer('CLIENT PAUSE', 2, (milliseconds) => server.pauseClients(milliseconds)),
    ofTheServer('SCRIPT FLUSH', 2, () => server.forgetScripts()),
    ofTheServer('log deleted', 2, () => server.delete('log')),
    ofTheServer('members deleted', 1, () => server.delete('members')),
    ofTheServer('out of memory', 1, (milliseconds) => server.fillUp(milliseconds)),
    ofTheServer('frozen (SIGSTOP)', 2, (milliseconds) => server.freeze(milliseconds)),
    ofTheServer('restarted from its file', 2, (milliseconds) => server.restart(milliseconds, { empty: false })),
    ofTheServer('restarted empty', 2, (milliseconds) => server.restart(milliseconds, { empty: true })),
    { kind: 'blocked event loop', weight: 0.3, inject: (_, random) => block(random.between(100, 2_600)) },
  ];
}

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
