// What a node has lost: groups of members that still hang together and that no link leads to. A member that is gone alone
// has crashed or left; several that still report links among themselves are the other side of a partition, and their
// records, which nobody could change since, are the proof. From the links that are missing follows the likeliest cause.

import type { LinkRows } from './cut-points.ts';
import { GATEWAY, reports, type MemberReports } from './member-links.ts';

/** Missing links that are named. */
const LINKS_NAMED_MAX = 8;

/**
 * `link-failure`: links are missing, to more than one member or only one. `node-failure`: all missing links led to one
 * member, by which the others were reached. `gateway-gone`: the same, and it is a gateway. `own-links-gone`: this node has no
 * link left. `departure`: the member by which the others were reached said goodbye. `unknown`: no record tells.
 */
export type PartitionCause =
  | 'link-failure'
  | 'node-failure'
  | 'gateway-gone'
  | 'own-links-gone'
  | 'departure'
  | 'unknown';

/** What else is known of a member that links do not lead to. */
export type MemberFate = 'left' | 'dead' | null;

export interface MissingLink {
  /** PeerIds: the end that is reached, and the one that is lost. */
  readonly near: Uint8Array;
  readonly far: Uint8Array;
}

export interface LostGroup {
  /** At least two, ascending. */
  readonly nodes: readonly number[];
  readonly cause: PartitionCause;
  /** At most `LINKS_NAMED_MAX`. */
  readonly missing: readonly MissingLink[];
}

/**
 * The groups of at least two that hang together and are not reached, the largest first. Those of whom each is known to be
 * dead, or gone, hang together in records that nobody could change any more: they are none. But dead is also what each side
 * of a mesh in which all are linked to all calls the other one: so one that is as large as this side is waited for.
 * `sideSize`: how many were reached when the first of those who are waited for went, this node included.
 */
export function lostGroups(
  members: MemberReports,
  links: LinkRows,
  reached: Uint8Array,
  fateOf: (peer: Uint8Array) => MemberFate,
  sideSize: number,
): readonly LostGroup[] {
  const taken = new Uint8Array(members.nodes);
  const groups: LostGroup[] = [];
  for (let first = 0; first < members.nodes; first += 1) {
    if (reached[first] === 1 || taken[first] === 1) continue;
    const nodes = groupOf(first, links, reached, taken);
    const fates = nodes.map((node) => fateOf(members.peerOf(node)));
    const isGone = fates.every(
      (fate) => fate === 'left' || (fate === 'dead' && nodes.length < sideSize),
    );
    if (nodes.length < 2 || isGone) continue;
    groups.push({ nodes, ...causeOf(members, links, nodes, reached, fateOf) });
  }
  return groups.sort((a, b) => b.nodes.length - a.nodes.length);
}

function groupOf(
  first: number,
  { starts, ends, targets }: LinkRows,
  reached: Uint8Array,
  taken: Uint8Array,
): readonly number[] {
  const nodes = [first];
  taken[first] = 1;
  for (let at = 0; at < nodes.length; at += 1) {
    const node = nodes[at] ?? 0;
    const end = ends[node] ?? 0;
    for (let i = starts[node] ?? 0; i < end; i += 1) {
      const target = targets[i] ?? 0;
      if (reached[target] === 1 || taken[target] === 1) continue;
      taken[target] = 1;
      nodes.push(target);
    }
  }
  return nodes.sort((a, b) => a - b);
}

function causeOf(
  members: MemberReports,
  links: LinkRows,
  nodes: readonly number[],
  reached: Uint8Array,
  fateOf: (peer: Uint8Array) => MemberFate,
): Pick<LostGroup, 'cause' | 'missing'> {
  const { self, flags } = members;
  let count = 0;
  let only: number | null = null;
  let isOnly = true;
  const missing: MissingLink[] = [];
  for (const node of nodes) {
    const end = members.starts[node + 1] ?? 0;
    for (let i = members.starts[node] ?? 0; i < end; i += 1) {
      const near = members.targets[i] ?? 0;
      if (reached[near] !== 1 || reports(members, near, node)) continue;
      count += 1;
      isOnly &&= only === null || only === node;
      only = node;
      if (missing.length === LINKS_NAMED_MAX) continue;
      missing.push({ near: members.peerOf(near), far: members.peerOf(node) });
    }
  }
  const hasOwnLinks = (links.ends[self] ?? 0) > (links.starts[self] ?? 0);
  if (!hasOwnLinks) return { cause: 'own-links-gone', missing };
  if (only === null) return { cause: 'unknown', missing };
  const fate = isOnly ? fateOf(members.peerOf(only)) : null;
  if (fate === 'left') return { cause: 'departure', missing };
  // One link that is missing may as well be the fault of the link.
  if (!isOnly || (count === 1 && fate === null)) return { cause: 'link-failure', missing };
  const isGateway = ((flags[only] ?? 0) & GATEWAY) !== 0;
  return { cause: isGateway ? 'gateway-gone' : 'node-failure', missing };
}
