// Members of the mesh that are away: silent ones, dead ones, and those that no link leads to. Who said goodbye is not missed.

import type { Member } from '../mesh/mesh-view.ts';
import type { Membership } from '../resilience/membership/membership.ts';

export interface AbsentMember {
  /** PeerId. */
  readonly peer: Uint8Array;
  /** `suspected`: silent, and asked about. `gone`: found dead. `unreached`: no link leads there, and nobody can tell why. */
  readonly state: 'suspected' | 'gone' | 'unreached';
  /** Since links last led there; `null` while they do, and where they never did. */
  readonly forMs: number | null;
}

export function absentMembers(
  members: readonly Member[],
  membership: Pick<Membership, 'verdict' | 'statistics'>,
): readonly AbsentMember[] {
  const { suspectedFailures } = membership.statistics();
  return members.flatMap(({ peer, reachable, seenMsAgo }): readonly AbsentMember[] => {
    // Of ten thousand members nearly all are there, and need not be looked up.
    if (reachable && suspectedFailures === 0) return [];
    const verdict = membership.verdict(peer);
    const forMs = reachable ? null : seenMsAgo;
    switch (verdict) {
      case 'left':
        return [];
      case 'suspect':
        return [{ peer, state: 'suspected', forMs }];
      case 'confirmed':
        return [{ peer, state: 'gone', forMs }];
      case 'alive':
        // A member that links never led to since this node began is old news of others.
        return reachable || seenMsAgo === null ? [] : [{ peer, state: 'unreached', forMs }];
    }
  });
}
