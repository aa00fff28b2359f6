import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphOf } from '../../../test/suites/graph-rig.ts';
import { UNREACHABLE, type Graph } from './graph.ts';
import { LinkGraph, type ReportedLink } from './link-graph.ts';
import { repairPaths } from './repair.ts';
import { shortestPaths } from './shortest-paths.ts';

type Step =
  | { readonly kind: 'add' }
  | { readonly kind: 'remove'; readonly node: number }
  | { readonly kind: 'transit'; readonly node: number; readonly relays: boolean }
  | { readonly kind: 'link'; readonly a: number; readonly b: number; readonly weights: number[] }
  | { readonly kind: 'unlink'; readonly a: number; readonly b: number }
  | { readonly kind: 'repair' };

interface Limits {
  readonly nodes: number;
  readonly weightMax: number;
  readonly stepsMax: number;
}

/** Random changes of random links, with repairs in between. */
function stories({ nodes, weightMax, stepsMax }: Limits): fc.Arbitrary<readonly Step[]> {
  const node = fc.nat({ max: nodes - 1 });
  const weights = fc.array(fc.integer({ min: 1, max: weightMax }), { minLength: 2, maxLength: 2 });
  return fc.array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constant({ kind: 'add' as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), node }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('transit' as const),
          node,
          relays: fc.boolean(),
        }),
      },
      {
        weight: 30,
        arbitrary: fc.record({ kind: fc.constant('link' as const), a: node, b: node, weights }),
      },
      {
        weight: 10,
        arbitrary: fc.record({ kind: fc.constant('unlink' as const), a: node, b: node }),
      },
      { weight: 12, arbitrary: fc.constant({ kind: 'repair' as const }) },
    ),
    { maxLength: stepsMax, size: 'max' },
  );
}

/** A link graph whose links are set one by one. */
function createLinks(nodes: number): {
  readonly graph: LinkGraph;
  readonly apply: (step: Step) => void;
} {
  const graph = new LinkGraph({ nodesMax: 2 * nodes, arcsMax: 10_000, changesMax: 10_000 });
  const reports = new Map<number, Map<number, number>>();
  const add = (): void => {
    const node = graph.addNode();
    if (node >= 0) reports.set(node, new Map());
  };
  const tell = (node: number): void => {
    const links: ReportedLink[] = [...(reports.get(node) ?? [])].map(([target, weight]) => ({
      target,
      port: 1,
      weight,
      metrics: 0,
    }));
    expect(graph.report(node, links)).toBe(true);
  };
  for (let i = 0; i < nodes; i += 1) add();

  return {
    graph,
    apply(step) {
      if (step.kind === 'repair') return;
      if (step.kind === 'add') {
        add();
        return;
      }
      if (step.kind === 'transit') {
        if (reports.has(step.node)) graph.setTransit(step.node, step.relays);
        return;
      }
      if (step.kind === 'remove') {
        // The source stays.
        if (step.node === 0 || !reports.delete(step.node)) return;
        for (const links of reports.values()) links.delete(step.node);
        graph.removeNode(step.node);
        return;
      }
      const [mine, theirs] = [reports.get(step.a), reports.get(step.b)];
      if (mine === undefined || theirs === undefined || step.a === step.b) return;
      if (step.kind === 'link') {
        mine.set(step.b, step.weights[0] ?? 1);
        theirs.set(step.a, step.weights[1] ?? 1);
      } else {
        mine.delete(step.b);
        theirs.delete(step.a);
      }
      tell(step.a);
      tell(step.b);
    },
  };
}

/** Tells a story to a graph and repairs its paths where the story says so. */
function follow(story: readonly Step[], nodes: number): void {
  const { graph, apply } = createLinks(nodes);
  let paths = shortestPaths(graph, 0, graph.noTransit);
  let { cursor } = graph;
  for (const step of story) {
    apply(step);
    if (step.kind !== 'repair') continue;
    paths = repairPaths(graph, paths, graph.changesSince(cursor), graph.noTransit);
    ({ cursor } = graph);
    expect(paths).toEqual(shortestPaths(graph, 0, graph.noTransit));
  }
}

describe('repaired paths equal computed ones, parents included', () => {
  test.each([
    ['many ties', { nodes: 10, weightMax: 3, stepsMax: 120 }, 300],
    ['few links', { nodes: 30, weightMax: 4, stepsMax: 120 }, 300],
    ['weights of 16 bits', { nodes: 12, weightMax: 0xffff, stepsMax: 120 }, 300],
    ['so many nodes that a repair may give up', { nodes: 150, weightMax: 6, stepsMax: 900 }, 20],
  ])('whatever changes: %s', (_, limits, numRuns) => {
    fc.assert(
      fc.property(stories(limits), (story) => follow(story, limits.nodes)),
      { numRuns },
    );
  });

  test('where distances outgrow 32 bits', () => {
    // With heavy links throughout, node 66 076 is reached and leads no farther.
    const nodes = 66_100;
    const line = (weightOfOne: number): Graph => {
      const arcs = Array.from({ length: nodes - 1 }, (_, i) => ({
        from: i,
        to: i + 1,
        weight: i === 65_900 ? weightOfOne : i < 66_076 ? 65_000 : 1,
      }));
      return graphOf({
        nodes,
        arcs: arcs.flatMap((arc) => [arc, { ...arc, from: arc.to, to: arc.from }]),
      });
    };
    const changes = { froms: Uint32Array.of(65_900), tos: Uint32Array.of(65_901) };
    const [short, long] = [line(1), line(65_000)];
    const [shortPaths, longPaths] = [shortestPaths(short, 0), shortestPaths(long, 0)];
    expect(shortPaths.distances[nodes - 1]).not.toBe(UNREACHABLE);
    expect(longPaths.distances[66_077]).toBe(UNREACHABLE);
    expect(repairPaths(long, shortestPaths(short, 0), changes)).toEqual(longPaths);
    expect(repairPaths(short, shortestPaths(long, 0), changes)).toEqual(shortPaths);
  });

  test('where the changes are not known any more', () => {
    const { graph, apply } = createLinks(3);
    const paths = shortestPaths(graph, 0);
    apply({ kind: 'link', a: 0, b: 1, weights: [1, 1] });
    apply({ kind: 'link', a: 1, b: 2, weights: [1, 1] });
    expect(repairPaths(graph, paths, null)).toEqual(shortestPaths(graph, 0));
  });
});
