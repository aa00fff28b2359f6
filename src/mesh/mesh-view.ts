// What a mesh shows of itself: events and snapshots for people, status commands and tests.

import type { RedundancyCounts } from '../resilience/redundancy/redundant-ways.ts';
import type { LinkMetrics } from '../routing/graph/metric-code.ts';
import type { LinkStateCounters } from '../routing/link-state.ts';
import type { Hello } from '../versioning/hello.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import type { SuspicionCause } from './link-watch-config.ts';
import type { MeshLink } from './mesh-links.ts';
import type { Plan } from './plan.ts';
import type { Traffic } from './traffic.ts';

export type MeshLinkEvent =
  | {
      readonly kind: 'established';
      /** PeerId. */
      readonly peer: Uint8Array;
      readonly role: 'dialer' | 'listener';
      readonly address: string;
      readonly negotiation: Negotiation;
      readonly remote: Hello;
    }
  | {
      readonly kind: 'closed';
      readonly peer: Uint8Array;
      readonly role: 'dialer' | 'listener';
      readonly address: string;
      /** Whether it had carried the mesh; else it failed before, or another link was kept. */
      readonly established: boolean;
      /** An error code, `null` after an orderly end. */
      readonly code: string | null;
      readonly detail: string;
      readonly by: 'local' | 'remote' | 'transport';
    }
  | {
      /** It stopped to answer and carries nothing. It stays open. */
      readonly kind: 'suspect';
      readonly peer: Uint8Array;
      readonly cause: SuspicionCause;
    }
  | {
      /** It answers, and carries again. */
      readonly kind: 'recovered';
      readonly peer: Uint8Array;
    };

export interface Member {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly reachable: boolean;
  readonly gateway: boolean;
  /** 0 for this node itself, and for what is not reachable. */
  readonly hops: number;
  /** Milliseconds since links last led there, to within ten seconds, or a minute in the largest mesh; `null` if they never did. */
  readonly seenMsAgo: number | null;
}

export interface NeighbourInfo {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly address: string;
  readonly transport: string;
  readonly role: 'dialer' | 'listener';
  readonly port: number;
  /** What this node tells the mesh about the link. */
  readonly weight: number;
  /** It stopped to answer: routes avoid it. */
  readonly suspect: boolean;
  /** −log10 of the chance that it is silent for so long and lives. */
  readonly phi: number;
  /** As measured now. */
  readonly metrics: LinkMetrics;
  readonly negotiation: Negotiation;
  readonly remote: Hello;
  /** `null` before the first ping was answered. */
  readonly roundTripMs: number | null;
  /** Since anything was heard. */
  readonly heardMsAgo: number;
  readonly ageMs: number;
  readonly pendingBytes: number;
}

export interface RouteInfo {
  /** `gateway`: the hops lead to a gateway, the destination lies beyond it. `bridge`: this node is the gateway. */
  readonly via: 'direct' | 'gateway' | 'bridge';
  /** First hop to last; `port` is the link at the node before. */
  readonly hops: readonly { readonly peer: Uint8Array; readonly port: number }[];
  readonly weight: number;
}

export interface MeshCounters {
  readonly total: Readonly<Traffic>;
  readonly neighbours: readonly {
    readonly peer: Uint8Array;
    readonly traffic: Readonly<Traffic>;
  }[];
  readonly linkState: Readonly<LinkStateCounters>;
}

export interface RedundancyInfo extends RedundancyCounts {
  /** Packets that went round a link of this node that does not answer. */
  readonly switchedByDetector: number;
}

/** A link that carries the mesh, as it stands now. */
export function neighbourInfo(meshLink: MeshLink, nowMs: number): NeighbourInfo {
  const { neighbour, negotiation, remote, meter, port, establishedAtMs } = meshLink;
  const { link, roundTripMs, heardAtMs, pendingBytes, suspect, phi } = neighbour;
  return {
    peer: link.remoteKey,
    address: link.remoteAddress,
    transport: link.transport,
    role: link.role,
    port: port ?? 0,
    weight: meter.weight,
    suspect,
    phi: phi ?? 0,
    metrics: meter.current(nowMs),
    negotiation,
    remote,
    roundTripMs,
    heardMsAgo: nowMs - (heardAtMs ?? establishedAtMs),
    ageMs: nowMs - establishedAtMs,
    pendingBytes,
  };
}

export function routeInfo(plan: Plan): RouteInfo {
  if (plan.kind === 'bridge') return { via: 'bridge', hops: [], weight: 0 };
  const { hops, ports, weight } = plan.route;
  return {
    via: plan.kind,
    hops: hops.map((peer, index) => ({ peer, port: ports[index] ?? 0 })),
    weight,
  };
}
