// Members of the mesh that are away: suspect neighbours, and members that no link leads to any more. Who said goodbye to
// this node is not missed.

import { peerIdText } from '../core/peer-id.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { MeshLinkEvent } from '../mesh/mesh-view.ts';

/** Goodbyes that are remembered; the oldest goes first. */
const GOODBYES_MAX = 1_024;

export interface AbsentMember {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly state: 'suspected' | 'gone';
  readonly forMs: number | null;
}

export class Absences {
  readonly #mesh: Mesh;
  readonly #goodbyes = new Set<string>();
  #departures = 0;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    mesh.onLink((event) => this.#heard(event));
  }

  /** Neighbours that said goodbye since the start. */
  get departures(): number {
    return this.#departures;
  }

  now(): readonly AbsentMember[] {
    const suspected = this.#mesh
      .neighbours()
      .filter(({ suspect }) => suspect)
      .map(({ peer }) => ({ peer, state: 'suspected' as const, forMs: null }));
    const gone = this.#mesh
      .members()
      .filter(({ peer, reachable, seenMsAgo }) => {
        // A member that links never led to since this node began is old news of others.
        return !reachable && seenMsAgo !== null && !this.#goodbyes.has(peerIdText(peer));
      })
      .map(({ peer, seenMsAgo }) => ({ peer, state: 'gone' as const, forMs: seenMsAgo }));
    return [...suspected, ...gone];
  }

  #heard(event: MeshLinkEvent): void {
    const key = peerIdText(event.peer);
    if (event.kind === 'established') this.#goodbyes.delete(key);
    if (event.kind !== 'closed' || !event.established) return;
    if (!isGoodbye(event)) return;
    this.#departures += 1;
    this.#goodbyes.add(key);
    const [oldest = key] = this.#goodbyes;
    if (this.#goodbyes.size > GOODBYES_MAX) this.#goodbyes.delete(oldest);
  }
}

/** Of a node that ends in good order; other goodbyes say what was wrong with the link. */
export function isGoodbye(event: Extract<MeshLinkEvent, { kind: 'closed' }>): boolean {
  return event.by === 'remote' && (event.code === null || event.code === 'MESH_STOPPED');
}
