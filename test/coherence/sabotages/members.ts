import { Peers } from '../../../libs/distributed-cache/src/coherence/peers.js';
import { InMemoryMembers } from '../../../libs/distributed-cache/src/testing/in-memory-members.js';
import { MEMBERS } from '../themes/members.js';
import { replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';
import { tampering } from './tampering.js';

/** For so long the list keeps every member, in ms. */
const TEN_MINUTES = 600_000;
/** The list believes its clock that so much time has passed since the last sync, in ms. */
const BELIEVED = 10_000;

/** What lets an eviction everywhere wait for each instance that may still serve. */
export const OF_MEMBERS: Sabotages = {
  /** The list forgets a member after ten minutes, although that may serve for longer. */
  'members kept while they serve': {
    isRare: true,
    theme: MEMBERS,
    tamper: (bridge) =>
      tampering(bridge, (link) => ({
        publishToMembers: async (payload) => {
          const reply = await link.publishToMembers(payload);
          return { ...reply, members: reply.members.filter(({ syncAge }) => syncAge <= TEN_MINUTES) };
        },
      })),
  },

  /** A server whose clock is set forward forgets the members that have not synced since. */
  'time of the list': {
    disable: () => {
      const { sync } = InMemoryMembers.prototype;
      const clocks = new WeakMap<InMemoryMembers, number>();
      return replaced(InMemoryMembers.prototype, {
        sync(member, request, isKnown, serverTime) {
          const before = clocks.get(this) ?? serverTime;
          for (let time = before + BELIEVED; time < serverTime; time += BELIEVED)
            sync.call(this, member, request, isKnown, time);
          clocks.set(this, serverTime);
          sync.call(this, member, request, isKnown, serverTime);
        },
      });
    },
  },

  /** An instance knows no settings but its own: on a lost list, it does not wait for those that may serve for longer. */
  'remembered settings': {
    disable: () => {
      const { learn } = Peers.prototype;
      const knowing = new WeakSet<Peers>();
      return replaced(Peers.prototype, {
        learn(settings) {
          if (!knowing.has(this)) learn.call(this, settings);
          knowing.add(this);
        },
      });
    },
  },
};
