// Paths to have at hand beside one that is in use: those that share no inner node with it, where the graph has as many of
// them as it has disjoint paths at all; else the disjoint paths themselves, those that share least with it first. (The
// shortest path may cross all members of the largest disjoint set: Suurballe's trap.)

import { disjointPaths } from './graph/disjoint-paths.ts';
import type { Graph } from './graph/graph.ts';

/** At most `count` paths, none of them `path` itself. */
export function pathsBeside(
  graph: Graph,
  path: readonly number[],
  count: number,
  noTransit: Uint8Array | null,
): readonly (readonly number[])[] {
  const [source, target] = [path[0], path.at(-1)];
  if (source === undefined || target === undefined || source === target) return [];
  const inner = new Set(path.slice(1, -1));
  const find = (avoided: Uint8Array | null): readonly (readonly number[])[] =>
    disjointPaths(graph, source, target, { kind: 'node', count: count + 1, noTransit: avoided })
      .paths.map(({ nodes }) => nodes)
      .filter((nodes) => !sameNodes(nodes, path));
  const all = find(noTransit);
  const shared = (nodes: readonly number[]): number =>
    nodes.reduce((sum, node) => sum + (inner.has(node) ? 1 : 0), 0);
  if (all.every((nodes) => shared(nodes) === 0)) return all.slice(0, count);
  const without = new Uint8Array(graph.nodes);
  if (noTransit !== null) without.set(noTransit.subarray(0, graph.nodes));
  for (const node of inner) without[node] = 1;
  const apart = find(without);
  // `all` shares nodes with the path, so that it is not one of them: without it they are one fewer.
  if (apart.length >= Math.min(count, all.length - 1)) return apart.slice(0, count);
  return all.toSorted((a, b) => shared(a) - shared(b)).slice(0, count);
}

function sameNodes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((node, i) => node === b[i]);
}
