// Tells of links that come, go, and stop to answer for a while: to the log and to whoever listens.

import { peerIdShort } from '../core/peer-id.ts';
import type { Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { SuspicionCause } from './link-watch-config.ts';
import type { MeshLink } from './mesh-links.ts';
import type { MeshLinkEvent } from './mesh-view.ts';
import type { NeighbourClose } from './neighbour.ts';

export class LinkAnnouncer {
  readonly #logger: Logger;
  readonly #listeners: ((event: MeshLinkEvent) => void)[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  listen(listener: (event: MeshLinkEvent) => void): void {
    this.#listeners.push(listener);
  }

  established({ neighbour, negotiation, remote }: MeshLink, port: number): void {
    const { remoteKey: peer, role, remoteAddress: address } = neighbour.link;
    const { mode } = negotiation;
    this.#logger.info('link-up', { peer: peerIdShort(peer), address, role, port, mode });
    this.#tell({ kind: 'established', peer, role, address, negotiation, remote });
  }

  /** `established`: whether it had carried the mesh. */
  closed(link: Link, reason: NeighbourClose, established: boolean): void {
    const { remoteKey: peer, role, remoteAddress: address } = link;
    const { code, by } = reason;
    this.#logger.info('link-closed', {
      peer: peerIdShort(peer),
      address,
      role,
      established,
      code,
      by,
    });
    this.#tell({ kind: 'closed', peer, role, address, established, ...reason });
  }

  suspected({ neighbour, port }: MeshLink, cause: SuspicionCause): void {
    const peer = neighbour.link.remoteKey;
    this.#logger.info('link-suspect', { peer: peerIdShort(peer), port, cause });
    this.#tell({ kind: 'suspect', peer, cause });
  }

  recovered({ neighbour, port }: MeshLink): void {
    const peer = neighbour.link.remoteKey;
    this.#logger.info('link-recovered', { peer: peerIdShort(peer), port });
    this.#tell({ kind: 'recovered', peer });
  }

  #tell(event: MeshLinkEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
