// Who is linked to whom, as the members themselves report it: what partitions are proved by. A link counts where both ends
// report it, and leads on where its member passes packets on for others.

import { NO_NODE, type LinkRows } from './cut-points.ts';

/** Of a member: it leads to other meshes; it passes nothing on for others; its record names no link: it said goodbye. */
export const GATEWAY = 1;
export const NO_RELAY = 2;
export const LINKLESS = 4;

/**
 * Members are 0 … `nodes` − 1, and only those whom links ever led to: anybody can sign for members that he made up. What
 * node v reports are `targets[starts[v]]` up to `targets[starts[v + 1]]`, ascending, whether or not the other end reports
 * it, too.
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

/** Rows of targets, each in ascending order: transposed twice, in time linear in members and links. */
export function ascendingRows(starts: Uint32Array, targets: Uint32Array): Uint32Array {
  const once = transposed(starts, targets);
  return transposed(once.starts, once.targets).targets;
}

/** To each node the nodes in whose rows it stands, ascending. Targets beyond the rows are left out. */
function transposed(
  starts: Uint32Array,
  targets: Uint32Array,
): Pick<MemberReports, 'starts' | 'targets'> {
  const nodes = starts.length - 1;
  const links = starts[nodes] ?? 0;
  const back = new Uint32Array(nodes + 1);
  for (let i = 0; i < links; i += 1) {
    const row = (targets[i] ?? 0) + 1;
    back[row] = (back[row] ?? 0) + 1;
  }
  for (let node = 0; node < nodes; node += 1) {
    back[node + 1] = (back[node + 1] ?? 0) + (back[node] ?? 0);
  }
  const next = back.slice(0, nodes);
  const sources = new Uint32Array(links);
  for (let node = 0; node < nodes; node += 1) {
    const end = starts[node + 1] ?? 0;
    for (let i = starts[node] ?? 0; i < end; i += 1) {
      const target = targets[i] ?? 0;
      const at = next[target] ?? 0;
      sources[at] = node;
      next[target] = at + 1;
    }
  }
  return { starts: back, targets: sources };
}

export function reports({ starts, targets }: MemberReports, from: number, to: number): boolean {
  let low = starts[from] ?? 0;
  let high = starts[from + 1] ?? 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const target = targets[middle] ?? 0;
    if (target === to) return true;
    if (target < to) low = middle + 1;
    else high = middle;
  }
  return false;
}

/**
 * The links that both ends report. With `relaysOnly` those between members that relay, and of this node. Linear: nodes are
 * taken in ascending order, so what each row is asked for ascends as well, and none is read twice.
 */
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
  /** By node: how far its row was read. */
  const next = starts.slice(0, nodes);
  let length = 0;
  for (let node = 0; node < nodes; node += 1) {
    rows.starts[node] = length;
    const end = isLeft(node) ? 0 : (starts[node + 1] ?? 0);
    for (let i = starts[node] ?? 0; i < end; i += 1) {
      const target = targets[i] ?? 0;
      const targetEnd = starts[target + 1] ?? 0;
      let at = next[target] ?? 0;
      while (at < targetEnd && (targets[at] ?? 0) < node) at += 1;
      next[target] = at;
      if (at === targetEnd || targets[at] !== node || isLeft(target)) continue;
      rows.targets[length] = target;
      length += 1;
    }
    rows.ends[node] = length;
  }
  return rows;
}

/** What is looked at so much later costs about a hundredth of a core: half a microsecond a member, 35 ns a link. */
const APART_MS_PER_MEMBER = 0.1;
const APART_MS_PER_LINK = 0.003;

/** Milliseconds from one look at these members to the next, at least. */
export function looksApartMs({ nodes, targets }: MemberReports): number {
  return Math.max(APART_MS_PER_MEMBER * nodes, APART_MS_PER_LINK * targets.length);
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
