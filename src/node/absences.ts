// Members of the mesh that are away: silent ones, dead ones, and those that no link leads to. Who said goodbye is not missed.

import type { Mesh } from '../mesh/mesh.ts';
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
  mesh: Pick<Mesh, 'members'>,
  membership: Pick<Membership, 'verdict'>,
): readonly AbsentMember[] {
  return mesh.members().flatMap(({ peer, reachable, seenMsAgo }): readonly AbsentMember[] => {
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
