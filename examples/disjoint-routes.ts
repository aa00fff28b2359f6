// A small network as a graph: its shortest path, two that share no node, and what is left when a link fails.
// Run: npx node examples/disjoint-routes.ts

import { disjointPaths, LinkGraph, nodePath, repairPaths, shortestPaths } from '../src/index.ts';

const names = ['home', 'cafe', 'tower', 'school', 'harbour'];
const links: readonly (readonly [number, number, number])[] = [
  [0, 1, 110],
  [1, 4, 120],
  [0, 2, 150],
  [2, 4, 140],
  [2, 3, 105],
  [3, 4, 105],
];
const graph = new LinkGraph({ nodesMax: 100, arcsMax: 1_000, changesMax: 100 });
for (const _ of names) graph.addNode();
const reported = (failed: string): void => {
  names.forEach((_, node) => {
    const own = links
      .filter(([a, b]) => (a === node || b === node) && `${a}-${b}` !== failed)
      .map(([a, b, weight], i) => ({
        target: a === node ? b : a,
        port: i + 1,
        weight,
        metrics: 0,
      }));
    graph.report(node, own);
  });
};
const say = (what: string, nodes: readonly number[] | null): void => {
  const way = nodes?.map((node) => names[node]).join(' → ') ?? 'none';
  process.stdout.write(`${what}: ${way}\n`);
};

reported('');
let paths = shortestPaths(graph, 0);
say('shortest', nodePath(paths, 4));
for (const { nodes } of disjointPaths(graph, 0, 4, { kind: 'node', count: 3 }).paths) {
  say('disjoint', nodes);
}
const { cursor } = graph;
reported('1-4');
paths = repairPaths(graph, paths, graph.changesSince(cursor));
say('cafe – harbour fails', nodePath(paths, 4));
