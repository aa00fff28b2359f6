// Who is linked to whom, as the members themselves report it: what partitions are proved by. A link counts where both ends
// report it, and leads on where its member passes packets on for others.

import { NO_NODE, type LinkRows } from './cut-points.ts';

/** Of a member: it leads to other meshes; it passes nothing on for others; its record names no link: it said goodbye. */
export const GATEWAY = 1;
export const NO_RELAY = 2;
export const LINKLESS = 4;

/**
 * Members are 0 … `nodes` − 1, and only those whom links ever led to: anybody can sign for members that he made up. What
 * node v reports are `targets[starts[v]]` up to `targets[starts[v + 1]]`, whether or not the other end reports it, too.
 */
export interface MemberReports {
  readonly nodes: number;
  /** This node. */
  readonly self: number;
  readonly starts: Uint32Array;
  readonly targets: Uint32Array;
  /** By node: sums of `GATEWAY`, `NO_RELAY` and `LINKLESS`. */
  readonly flags: Uint8Array;
  /** PeerId of a node. */
  readonly peerOf: (node: number) => Uint8Array;
  /** `NO_NODE` where it is no member. */
  readonly nodeOf: (peer: Uint8Array) => number;
}

export function reports({ starts, targets }: MemberReports, from: number, to: number): boolean {
  const end = starts[from + 1] ?? 0;
  for (let i = starts[from] ?? 0; i < end; i += 1) if (targets[i] === to) return true;
  return false;
}

/** The links that both ends report. With `relaysOnly` those between members that relay, and of this node. */
export function mutualLinks(members: MemberReports, relaysOnly: boolean): LinkRows {
  const { nodes, self, starts, targets, flags } = members;
  const rows: LinkRows = {
    nodes,
    starts: new Uint32Array(nodes),
    ends: new Uint32Array(nodes),
    targets: new Uint32Array(targets.length),
  };
  const isLeft = (node: number): boolean =>
    relaysOnly && node !== self && ((flags[node] ?? 0) & NO_RELAY) !== 0;
  let length = 0;
  for (let node = 0; node < nodes; node += 1) {
    rows.starts[node] = length;
    const end = isLeft(node) ? 0 : (starts[node + 1] ?? 0);
    for (let i = starts[node] ?? 0; i < end; i += 1) {
      const target = targets[i] ?? 0;
      if (isLeft(target) || !reports(members, target, node)) continue;
      rows.targets[length] = target;
      length += 1;
    }
    rows.ends[node] = length;
  }
  return rows;
}

/** By node: 1 where links lead to it from this node over members that relay. */
export function reachedFrom({ self, flags }: MemberReports, links: LinkRows): Uint8Array {
  const reached = new Uint8Array(links.nodes);
  if (self === NO_NODE) return reached;
  const waiting = [self];
  reached[self] = 1;
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node !== self && ((flags[node] ?? 0) & NO_RELAY) !== 0) continue;
    const end = links.ends[node] ?? 0;
    for (let i = links.starts[node] ?? 0; i < end; i += 1) {
      const target = links.targets[i] ?? 0;
      if (reached[target] === 1) continue;
      reached[target] = 1;
      waiting.push(target);
    }
  }
  return reached;
}
