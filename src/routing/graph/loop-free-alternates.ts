// Neighbours to which a node may hand a packet when its own next hop fails, before anybody else knows of the failure: their
// shortest paths do not lead back (RFC 5286, "Loop-Free Alternates"). Links here join two nodes, so that every loop-free
// alternate protects against the failure of the primary link.

import { arcTo, nodePath, UNREACHABLE, type Graph, type ShortestPaths } from './graph.ts';

export interface LoopFreeAlternate {
  readonly neighbour: number;
  /** Of the way over this neighbour, from the source on. */
  readonly weight: number;
  /** The neighbour's shortest paths avoid the primary next hop too (inequality 3): it may fail as a whole. */
  readonly nodeProtecting: boolean;
  /** The neighbour is nearer to the destination than the source (inequality 2): safe from loops after several failures. */
  readonly downstream: boolean;
}

/**
 * The alternates for the first hop of the path from the source of `paths` to `destination`: those that protect against the
 * failure of a node first, then by weight, then by number. `pathsFrom` gives the shortest paths of a neighbour, `noTransit` is
 * as in `shortestPaths` and the same for all of them. None if the destination cannot be reached.
 */
export function loopFreeAlternates(
  graph: Graph,
  paths: ShortestPaths,
  destination: number,
  pathsFrom: (neighbour: number) => ShortestPaths,
  noTransit: Uint8Array | null = null,
): LoopFreeAlternate[] {
  const { source } = paths;
  const primary = nodePath(paths, destination)?.[1];
  if (primary === undefined) return [];
  const fromPrimary = pathsFrom(primary).distances[destination] ?? UNREACHABLE;
  const own = paths.distances[destination] ?? UNREACHABLE;
  const alternates: LoopFreeAlternate[] = [];
  for (const neighbour of graph.targets.subarray(graph.starts[source], graph.ends[source])) {
    if (neighbour === primary) continue;
    if (neighbour !== destination && noTransit !== null && noTransit[neighbour] !== 0) continue;
    const { distances } = pathsFrom(neighbour);
    const distance = distances[destination] ?? UNREACHABLE;
    if (distance >= (distances[source] ?? UNREACHABLE) + own) continue;
    alternates.push({
      neighbour,
      weight: (graph.weights[arcTo(graph, source, neighbour)] ?? 0) + distance,
      nodeProtecting: distance < (distances[primary] ?? UNREACHABLE) + fromPrimary,
      downstream: distance < own,
    });
  }
  return alternates.sort(
    (a, b) =>
      Number(b.nodeProtecting) - Number(a.nodeProtecting) ||
      a.weight - b.weight ||
      a.neighbour - b.neighbour,
  );
}
