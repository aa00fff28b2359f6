// Membership on a mesh: what its links and records show goes in, questions and answers travel as sealed messages.

import { bytesEqual } from '../core/bytes.ts';
import type { Clock } from '../env/clock.ts';
import type { Rng } from '../env/rng.ts';
import type { LocalHealth } from '../resilience/detector/local-health.ts';
import { Membership, type LinkNews } from '../resilience/membership/membership.ts';
import type { MembershipEvent } from '../resilience/membership/verdict.ts';
import type { FailureTimings } from '../resilience/presets.ts';
import type { Mesh } from './mesh-contract.ts';
import type { MeshLinkEvent } from './mesh-view.ts';
import { decodeMembership, encodeMembership, MEMBERSHIP_PROTOCOL } from './membership-message.ts';
import { RecordsView } from './records-view.ts';

export interface MeshMembershipDeps {
  readonly mesh: Mesh;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly health: LocalHealth;
  /** As for the mesh. */
  readonly bootEpoch: number;
  readonly timings: FailureTimings;
  /** Never called from within a call of this module. */
  tell(event: MembershipEvent): void;
}

/** Watches the members of a mesh from now on, until `stop`. */
export function watchMembers({ mesh, ...deps }: MeshMembershipDeps): Membership {
  const { clock, bootEpoch, timings } = deps;
  const membership = new Membership(
    { self: mesh.self, bootEpoch, timings },
    {
      ...deps,
      view: new RecordsView(mesh, clock),
      // What does not arrive is a question without an answer.
      send: (to, message) => void mesh.send(to, MEMBERSHIP_PROTOCOL, encodeMembership(message)),
    },
  );
  mesh.onLink((event) => {
    const news = newsOf(event, mesh);
    if (news !== null) membership.link(event.peer, news);
  });
  mesh.onChange(() => membership.changed());
  mesh.handle(MEMBERSHIP_PROTOCOL, ({ source, payload }) => {
    const message = decodeMembership(payload);
    if (message !== null) membership.received(source, message);
  });
  return membership;
}

/** `null`: it says nothing of the node at the other end. */
function newsOf(event: MeshLinkEvent, mesh: Mesh): LinkNews | null {
  switch (event.kind) {
    case 'established':
    case 'recovered':
      return 'works';
    case 'suspect':
      return 'silent';
    case 'closed': {
      if (
        !event.established ||
        mesh.neighbours().some(({ peer }) => bytesEqual(peer, event.peer))
      ) {
        return null;
      }
      if (event.by === 'remote') return event.code === 'MESH_STOPPED' ? 'goodbye' : null;
      return event.by === 'transport' || event.code === 'MESH_LINK_SILENT' ? 'lost' : null;
    }
  }
}
