// Where gateways are found: in the records of the own mesh, among the bridges of this gateway, in a directory.

import type { Mesh } from '../../mesh/mesh.ts';
import { byteKey } from '../../routing/byte-key.ts';
import type { Reach } from '../../routing/route-planner.ts';
import type { FarGateway } from '../gateway.ts';

/** Gateways that are known at once: the nearest ones of the own mesh first. */
export const GATEWAYS_KNOWN_MAX = 256;

export interface DiscoveredGateway {
  /** PeerId. */
  readonly gateway: Uint8Array;
  /** `own-mesh`: packets for other meshes may leave through it. */
  readonly scope: 'own-mesh' | 'other-mesh';
  readonly meshName: string | null;
  readonly reach: Reach;
  readonly hops: number | null;
  /** Of the way there; `null` where it is not in this mesh. */
  readonly weight: number | null;
  /** As `encodeGatewayOffer` gives it, where the source holds one. */
  readonly offer: Uint8Array | null;
}

/** A place that tells of gateways; asked again and again. */
export interface GatewaySource {
  gateways(): readonly DiscoveredGateway[];
}

/** What is looked at of the own mesh. */
export interface GatewayMesh extends Pick<Mesh, 'gateways' | 'reach'> {
  neighbours(): readonly { readonly peer: Uint8Array; readonly suspect: boolean }[];
}

/**
 * The gateways that the link-state records of this mesh name, without this node. One that is a neighbour and does not answer
 * is suspect even where others still have links to it: more often a node is gone than a link, and they only do not know yet.
 */
export function meshSource(mesh: GatewayMesh, meshName: string): GatewaySource {
  return {
    gateways() {
      const silent = new Set(
        mesh.neighbours().flatMap(({ peer, suspect }) => (suspect ? [byteKey(peer)] : [])),
      );
      const reachOf = (peer: Uint8Array): Reach => {
        const reach = mesh.reach(peer);
        return reach === 'good' && silent.has(byteKey(peer)) ? 'suspect' : reach;
      };
      return mesh
        .gateways()
        .slice(0, GATEWAYS_KNOWN_MAX)
        .map(({ peer, hops, weight }) => ({
          gateway: peer,
          scope: 'own-mesh',
          meshName,
          reach: reachOf(peer),
          hops,
          weight,
          offer: null,
        }));
    },
  };
}

/** The gateways of other meshes that the bridges of this gateway lead to. */
export function bridgeSource(gateway: {
  gateways(): readonly Omit<FarGateway, 'peers'>[];
}): GatewaySource {
  return {
    gateways: () =>
      gateway.gateways().map((far) => ({
        gateway: far.gateway,
        scope: 'other-mesh',
        meshName: far.meshName,
        reach: far.reachable ? 'good' : 'none',
        hops: far.reachable ? far.hops : null,
        weight: null,
        offer: null,
      })),
  };
}

/** All that the sources tell, each gateway once: what an earlier source says of it counts, offers of later ones are kept. */
export function discover(sources: readonly GatewaySource[]): readonly DiscoveredGateway[] {
  const found = new Map<string, DiscoveredGateway>();
  for (const source of sources) {
    for (const one of source.gateways()) {
      const key = byteKey(one.gateway);
      const known = found.get(key);
      if (known !== undefined) found.set(key, { ...known, offer: known.offer ?? one.offer });
      else if (found.size < GATEWAYS_KNOWN_MAX) found.set(key, one);
    }
  }
  return [...found.values()];
}
