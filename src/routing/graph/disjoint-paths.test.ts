import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  graphOf,
  randomGraphs,
  type Arc,
  type RandomGraph,
} from '../../../test/suites/graph-rig.ts';
import { disjointPaths, type DisjointPaths, type WeightedPath } from './disjoint-paths.ts';
import { maxDisjoint } from './max-disjoint.ts';
import { shortestPaths } from './shortest-paths.ts';
import type { Cut, Disjointness } from './unit-flow.ts';

const kinds: readonly Disjointness[] = ['node', 'edge'];
const small = randomGraphs({ nodesMax: 6, linksMax: 15, weightMax: 4 });
const middling = randomGraphs({ nodesMax: 14, linksMax: 30, weightMax: 20 });
const wide = randomGraphs({ nodesMax: 40, linksMax: 120, weightMax: 1000 });
const larger = randomGraphs({ nodesMax: 30, linksMax: 90, weightMax: 5 });

function links(...list: readonly (readonly [number, number, number])[]): Arc[] {
  return list.flatMap(([a, b, weight]) => [
    { from: a, to: b, weight },
    { from: b, to: a, weight },
  ]);
}

/** Everybody relays. */
function relaying(nodes: number, arcs: readonly Arc[]): RandomGraph {
  return { nodes, arcs, noTransit: new Uint8Array(nodes) };
}

function find(
  random: RandomGraph,
  [source, target]: readonly [number, number],
  kind: Disjointness,
  count: number,
): DisjointPaths {
  const { noTransit } = random;
  return disjointPaths(graphOf(random), source, target, { kind, count, noTransit });
}

function ends({ nodes }: RandomGraph, pick: number): readonly [number, number] {
  const source = pick % nodes;
  return [source, (source + 1 + (Math.floor(pick / nodes) % (nodes - 1))) % nodes];
}

/** What a path uses that another disjoint one must not. */
function used({ nodes }: Pick<WeightedPath, 'nodes'>, kind: Disjointness): string[] {
  const inner = nodes.slice(1, -1).map(String);
  const crossed = nodes.slice(1).map((node, i) => [node, nodes[i] ?? 0].toSorted((a, b) => a - b));
  return kind === 'node' && inner.length > 0 ? inner : crossed.map((link) => link.join('-'));
}

/** Every path that visits no node twice, by depth-first search. */
function simplePaths(
  { arcs, noTransit }: RandomGraph,
  source: number,
  target: number,
): WeightedPath[] {
  const found: WeightedPath[] = [];
  const extend = (nodes: readonly number[], weight: number): void => {
    const last = nodes.at(-1) ?? source;
    if (last === target) {
      found.push({ nodes, weight });
      return;
    }
    if (last !== source && noTransit[last] !== 0) return;
    for (const arc of arcs) {
      if (arc.from === last && !nodes.includes(arc.to))
        extend([...nodes, arc.to], weight + arc.weight);
    }
  };
  extend([source], 0);
  return found;
}

/** The least total weight of `count` disjoint paths, by trying all; `Infinity` if there are not so many. */
function leastWeight(paths: readonly WeightedPath[], kind: Disjointness, count: number): number {
  const uses = paths.map((path) => used(path, kind));
  const best = (from: number, left: number, taken: ReadonlySet<string>): number => {
    if (left === 0) return 0;
    let least = Infinity;
    for (let i = from; i < paths.length; i += 1) {
      if ((uses[i] ?? []).some((use) => taken.has(use))) continue;
      const others = best(i + 1, left - 1, new Set([...taken, ...(uses[i] ?? [])]));
      least = Math.min(least, (paths[i]?.weight ?? 0) + others);
    }
    return least;
  };
  return best(0, count, new Set());
}

/**
 * The least total weight of each number of disjoint paths up to `count`, by Bellman and Ford on a network in which every
 * node is split and every residual arc written out.
 */
function leastFlows(
  { nodes, arcs, noTransit }: RandomGraph,
  [source, target]: readonly [number, number],
  kind: Disjointness,
  count: number,
): number[] {
  const network = arcs.map(({ from, to, weight }) => ({
    from: 2 * from + 1,
    to: 2 * to,
    weight,
    room: 1,
  }));
  for (let node = 0; node < nodes; node += 1) {
    const room = kind === 'node' ? 1 : count;
    if (noTransit[node] === 0) network.push({ from: 2 * node, to: 2 * node + 1, weight: 0, room });
  }
  const residual = network.flatMap((arc) => {
    const back = { from: arc.to, to: arc.from, weight: -arc.weight, room: 0 };
    return [
      { arc, opposite: back },
      { arc: back, opposite: arc },
    ];
  });
  const totals: number[] = [];
  let total = 0;
  for (let found = 0; found < count; found += 1) {
    const distances = Array.from({ length: 2 * nodes }, (_, state) =>
      state === 2 * source + 1 ? 0 : Infinity,
    );
    const last = new Map<number, (typeof residual)[number]>();
    for (let round = 0; round < 2 * nodes; round += 1) {
      for (const entry of residual) {
        const { from, to, weight, room } = entry.arc;
        const distance = (distances[from] ?? 0) + weight;
        if (room === 0 || distance >= (distances[to] ?? 0)) continue;
        distances[to] = distance;
        last.set(to, entry);
      }
    }
    if (distances[2 * target] === Infinity) break;
    for (let state = 2 * target; state !== 2 * source + 1;) {
      const entry = last.get(state);
      if (entry === undefined) break;
      entry.arc.room -= 1;
      entry.opposite.room += 1;
      state = entry.arc.from;
    }
    total += distances[2 * target] ?? 0;
    totals.push(total);
  }
  return totals;
}

/** Whether a path remains when the nodes and links of a cut are gone. */
function connects(random: RandomGraph, source: number, target: number, cut: Cut): boolean {
  const gone = new Set(cut.links.flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
  const reached = new Set([source]);
  for (const node of reached) {
    if (node !== source && random.noTransit[node] !== 0) continue;
    for (const { from, to } of random.arcs) {
      if (from === node && !gone.has(`${from} ${to}`) && !cut.nodes.includes(to)) reached.add(to);
    }
  }
  return reached.has(target);
}

describe.each(kinds)('%s-disjoint paths', (kind) => {
  test('weigh no more than the best of all sets of paths, and are as many as can be', () => {
    fc.assert(
      fc.property(small, fc.nat(), fc.integer({ min: 1, max: 3 }), (random, pick, count) => {
        const [source, target] = ends(random, pick);
        const { paths, cut } = find(random, [source, target], kind, count);
        const all = simplePaths(random, source, target);
        const total = paths.reduce((sum, { weight }) => sum + weight, 0);
        expect(total).toBe(leastWeight(all, kind, paths.length));
        if (paths.length < count) expect(leastWeight(all, kind, paths.length + 1)).toBe(Infinity);
        expect(cut === null).toBe(paths.length === count);
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['few nodes', middling, 200],
    ['more nodes', wide, 60],
  ])('weigh no more than a least flow in the network written out: %s', (_, graphs, numRuns) => {
    fc.assert(
      fc.property(graphs, fc.nat(), (random, pick) => {
        const totals = leastFlows(random, ends(random, pick), kind, 4);
        const { paths } = find(random, ends(random, pick), kind, 4);
        expect(paths.length).toBe(totals.length);
        totals.forEach((total, i) => {
          const some = find(random, ends(random, pick), kind, i + 1).paths;
          expect(some.reduce((sum, { weight }) => sum + weight, 0)).toBe(total);
        });
      }),
      { numRuns },
    );
  });

  test('are paths, share nothing, and are as many as the least cut has parts', () => {
    fc.assert(
      fc.property(larger, fc.nat(), fc.integer({ min: 1, max: 6 }), (random, pick, count) => {
        const [source, target] = ends(random, pick);
        const { paths, cut } = find(random, [source, target], kind, count);
        const arcs = new Map(random.arcs.map(({ from, to, weight }) => [`${from} ${to}`, weight]));
        for (const { nodes, weight } of paths) {
          const weights = nodes.slice(1).map((node, i) => arcs.get(`${nodes[i]} ${node}`) ?? NaN);
          expect(weights.reduce((a, b) => a + b, 0)).toBe(weight);
          expect([nodes[0], nodes.at(-1)]).toEqual([source, target]);
          expect(new Set(nodes).size).toBe(nodes.length);
          expect(nodes.slice(1, -1).filter((node) => random.noTransit[node] !== 0)).toEqual([]);
        }
        const uses = paths.flatMap((path) => used(path, kind));
        expect(new Set(uses).size).toBe(uses.length);

        const most = maxDisjoint(graphOf(random), source, target, kind, count, random.noTransit);
        expect(paths.length).toBe(most.count);
        for (const found of [cut, most.cut]) {
          expect(found === null).toBe(paths.length === count);
          if (found === null) continue;
          expect(found.nodes.length + found.links.length).toBe(paths.length);
          expect(found.nodes).not.toContain(source);
          expect(found.nodes).not.toContain(target);
          expect(connects(random, source, target, found)).toBe(false);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('one path is the shortest one', () => {
    fc.assert(
      fc.property(larger, fc.nat(), (random, pick) => {
        const [source, target] = ends(random, pick);
        const { distances } = shortestPaths(graphOf(random), source, random.noTransit);
        const { paths } = find(random, [source, target], kind, 1);
        if (paths[0] !== undefined) expect(paths[0].weight).toBe(distances[target]);
      }),
    );
  });
});

describe('known answers', () => {
  test.each(kinds)('the trap in which the shortest path blocks both others: %s', (kind) => {
    // The example of the Wikipedia article on Suurballe's algorithm: A B C D E F.
    const trap = relaying(
      6,
      links([0, 1, 1], [0, 2, 2], [1, 3, 1], [1, 4, 2], [2, 3, 2], [3, 5, 1], [4, 5, 2]),
    );
    expect(find(trap, [0, 5], kind, 2)).toEqual({
      paths: [
        { nodes: [0, 1, 4, 5], weight: 5 },
        { nodes: [0, 2, 3, 5], weight: 5 },
      ],
      cut: null,
    });
  });

  test('two triangles that share a node: two ways over links, one over nodes', () => {
    const bowtie = relaying(
      5,
      links([0, 1, 1], [0, 2, 1], [1, 2, 1], [2, 3, 1], [2, 4, 1], [3, 4, 1]),
    );
    expect(find(bowtie, [0, 4], 'edge', 3).paths.map(({ nodes }) => nodes)).toEqual([
      [0, 2, 4],
      [0, 1, 2, 3, 4],
    ]);
    expect(find(bowtie, [0, 4], 'node', 3)).toEqual({
      paths: [{ nodes: [0, 2, 4], weight: 2 }],
      cut: { nodes: [2], links: [] },
    });
    expect(find(bowtie, [0, 4], 'edge', 3).cut).toEqual({
      nodes: [],
      links: [
        [0, 1],
        [0, 2],
      ],
    });
  });

  test('neighbours: the link between them is a way of its own, and a part of the cut', () => {
    const square = relaying(4, links([0, 1, 9], [0, 2, 1], [1, 2, 1], [2, 3, 1]));
    expect(find(square, [0, 1], 'node', 3)).toEqual({
      paths: [
        { nodes: [0, 2, 1], weight: 2 },
        { nodes: [0, 1], weight: 9 },
      ],
      cut: { nodes: [2], links: [[0, 1]] },
    });
  });

  test('Petersen: any two nodes have exactly three ways', () => {
    const outer = Array.from({ length: 5 }, (_, i) => [i, (i + 1) % 5, 1] as const);
    const spokes = Array.from({ length: 5 }, (_, i) => [i, i + 5, 1] as const);
    const inner = Array.from({ length: 5 }, (_, i) => [i + 5, ((i + 2) % 5) + 5, 1] as const);
    const petersen = relaying(10, links(...outer, ...spokes, ...inner));
    for (let a = 0; a < 10; a += 1) {
      for (let b = 0; b < 10; b += 1) {
        if (a === b) continue;
        for (const kind of kinds) {
          expect(find(petersen, [a, b], kind, 9).paths.length).toBe(3);
          expect(maxDisjoint(graphOf(petersen), a, b, kind, 9).count).toBe(3);
        }
      }
    }
  });

  test('no way at all', () => {
    const apart = relaying(3, links([0, 1, 1]));
    const none = { nodes: [], links: [] };
    expect(find(apart, [0, 2], 'node', 3)).toEqual({ paths: [], cut: none });
    expect(maxDisjoint(graphOf(apart), 0, 2, 'node', 3)).toEqual({ count: 0, cut: none });
  });
});
