// A network as the simulator is given it: nodes, where they are, and the links between them with what is known of each
// direction. Readers (`read-*.ts`) and generators make it; nothing changes it.

import type { Position } from '../../routing/node-attributes.ts';

/** Text of a topology file, in UTF-16 units. */
export const TOPOLOGY_TEXT_MAX: number = 64 * 2 ** 20;
export const TOPOLOGY_NODES_MAX = 20_000;
/** After merging; of rows of a file there may be `TOPOLOGY_ROWS_PER_LINK_MAX` times as many. */
export const TOPOLOGY_LINKS_MAX = 200_000;
export const TOPOLOGY_ROWS_PER_LINK_MAX = 4;
export const TOPOLOGY_FRAMES_MAX = 10_000;
/** Links of all frames of a sequence. */
export const TOPOLOGY_FRAME_LINKS_MAX = 2_000_000;

export interface TopologyNode {
  /** Unique, as the file writes it; a number as its decimal digits. */
  readonly id: string;
  /** For people, where the file has one. */
  readonly name: string | null;
  readonly position: Position | null;
  /** The position is in metres on a plane; else latitude and longitude. The same for all nodes of a topology. */
  readonly planar: boolean;
}

/** What is known of one direction of a link. */
export interface LinkDirection {
  /** Probability (0–1) that a transmission arrives, as the mesh measured it; `null` where nobody says. */
  readonly quality: number | null;
  /** What the file's own metric says, in its own unit; comparable within one file only. */
  readonly cost: number | null;
  /** Of the wire or the radio's bit rate; `null` where nobody says. */
  readonly bytesPerSecond: number | null;
}

export const LINK_KINDS = ['wifi', 'vpn', 'wired', 'other'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** There is at most one link between two nodes, and none from a node to itself. */
export interface TopologyLink {
  /** Index of a node. */
  readonly a: number;
  /** Index of a node, above `a`. */
  readonly b: number;
  /** From a to b. */
  readonly toB: LinkDirection;
  /** From b to a. */
  readonly toA: LinkDirection;
  /** One way, in milliseconds; `null` where nobody says. */
  readonly latencyMs: number | null;
  readonly kind: LinkKind;
}

export interface Topology {
  /** For people, where the file has one. */
  readonly name: string | null;
  readonly nodes: readonly TopologyNode[];
  readonly links: readonly TopologyLink[];
}

/** A network that changes: the same nodes in every frame, at other places, with other links. */
export interface TopologySequence {
  /** How long a frame lasts. */
  readonly frameSeconds: number;
  /** How long the first frame lasts before anything is measured. */
  readonly settleSeconds: number;
  /** At least one. */
  readonly frames: readonly Topology[];
}

/** What a topology file can hold. */
export type TopologyFile =
  | { readonly kind: 'still'; readonly topology: Topology }
  | { readonly kind: 'sequence'; readonly sequence: TopologySequence };
