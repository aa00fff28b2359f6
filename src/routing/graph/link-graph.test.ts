import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arcsOf } from '../../../test/suites/graph-rig.ts';
import { NONE } from './graph.ts';
import { LinkGraph, type ReportedLink } from './link-graph.ts';

const NODES = 8;
const limits = { nodesMax: NODES, arcsMax: 40, changesMax: 1000 };

type Step =
  | { kind: 'add' }
  | { kind: 'remove'; pick: number }
  | { kind: 'report'; pick: number; links: readonly ReportedLink[] }
  | { kind: 'transit'; pick: number; relays: boolean };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant({ kind: 'add' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }) },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('report' as const),
        pick: fc.nat(),
        links: fc.array(
          fc.record({
            target: fc.nat({ max: NODES - 1 }),
            port: fc.integer({ min: 1, max: 3 }),
            weight: fc.integer({ min: 1, max: 3 }),
            metrics: fc.nat({ max: 2 }),
          }),
          { maxLength: 10, size: 'max' },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('transit' as const),
        pick: fc.nat(),
        relays: fc.boolean(),
      }),
    },
  ),
  { maxLength: 60, size: 'max' },
);

/** What nodes report, kept the obvious way. */
type Model = Map<number, ReportedLink[]>;

function modelArcs(model: Model): (ReportedLink & { from: number })[] {
  return [...model]
    .flatMap(([from, links]) =>
      links
        .filter(({ target }) => model.get(target)?.some((back) => back.target === from))
        .map((link) => ({ from, ...link })),
    )
    .toSorted((a, b) => a.from - b.from || a.target - b.target);
}

function graphArcs(graph: LinkGraph): (ReportedLink & { from: number })[] {
  const { starts, ends, targets, weights, ports, metrics } = graph;
  return Array.from({ length: graph.nodes }, (_, from) => from).flatMap((from) =>
    [...targets.subarray(starts[from], ends[from])].map((target, i) => {
      const arc = (starts[from] ?? 0) + i;
      return {
        from,
        target,
        port: ports[arc] ?? 0,
        weight: weights[arc] ?? 0,
        metrics: metrics[arc] ?? 0,
      };
    }),
  );
}

function apply(graph: LinkGraph, model: Model, step: Step): void {
  if (step.kind === 'add') {
    const node = graph.addNode();
    expect(node === NONE).toBe(model.size === NODES);
    if (node !== NONE) {
      expect(model.has(node)).toBe(false);
      model.set(node, []);
    }
    return;
  }
  const node = [...model.keys()][step.pick % model.size];
  if (node === undefined) return;
  if (step.kind === 'transit') graph.setTransit(node, step.relays);
  if (step.kind === 'remove') {
    graph.removeNode(node);
    model.delete(node);
    for (const [other, links] of model) {
      model.set(
        other,
        links.filter(({ target }) => target !== node),
      );
    }
  }
  if (step.kind === 'report') {
    const links = step.links.filter(({ target }) => model.has(target));
    const once = links.filter(
      ({ target }, i) => target !== node && links.findIndex((l) => l.target === target) === i,
    );
    const others = [...model].filter(([other]) => other !== node);
    const reported = others.reduce((sum, [, { length }]) => sum + length, once.length);
    expect(graph.report(node, links)).toBe(reported <= limits.arcsMax);
    if (reported <= limits.arcsMax) model.set(node, once);
  }
}

function link(target: number, weight: number): readonly ReportedLink[] {
  return [{ target, port: 1, weight, metrics: 0 }];
}

describe('a link graph', () => {
  test('has the links that both ends report, as each reports them', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const graph = new LinkGraph(limits);
        const model: Model = new Map();
        for (const step of steps) {
          const version = graph.version;
          const before = graphArcs(graph);
          const masks = [...graph.noTransit];
          apply(graph, model, step);
          expect(graphArcs(graph)).toEqual(modelArcs(model));
          for (const node of model.keys()) {
            const namedBy = [...model.values()].filter((links) =>
              links.some(({ target }) => target === node),
            );
            expect(graph.reporters(node)).toBe(namedBy.length);
          }
          const same = JSON.stringify(before) === JSON.stringify(graphArcs(graph));
          if (!same) expect(graph.version).toBeGreaterThan(version);
          else if (step.kind === 'report') expect(graph.version).toBe(version);
          if (step.kind === 'report') expect([...graph.noTransit]).toEqual(masks);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('tells the changes that lead from the arcs at a cursor to the present ones', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (steps, pick) => {
        const graph = new LinkGraph(limits);
        const model: Model = new Map();
        const from = pick % (steps.length + 1);
        for (const step of steps.slice(0, from)) apply(graph, model, step);
        const { cursor } = graph;
        const weights = new Map(arcsOf(graph).map((arc) => [`${arc.from} ${arc.to}`, arc.weight]));
        for (const step of steps.slice(from)) apply(graph, model, step);
        const changes = graph.changesSince(cursor)!;
        changes.froms.forEach((from, i) => {
          const key = `${from} ${changes.tos[i]}`;
          expect(weights.get(key) ?? 0).toBe(changes.oldWeights[i]);
          if (changes.newWeights[i] === 0) weights.delete(key);
          else weights.set(key, changes.newWeights[i] ?? 0);
        });
        expect(weights).toEqual(
          new Map(arcsOf(graph).map((arc) => [`${arc.from} ${arc.to}`, arc.weight])),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('says so when it no longer holds the changes since a cursor', () => {
    const graph = new LinkGraph({ ...limits, changesMax: 4 });
    const [a, b] = [graph.addNode(), graph.addNode()];
    graph.report(a, link(b, 1));
    expect(graph.cursor).toBe(0);
    graph.report(b, link(a, 1));
    expect(graph.cursor).toBe(2);
    for (let weight = 2; weight <= 4; weight += 1) graph.report(a, link(b, weight));
    expect(graph.changesSince(0)).toBeNull();
    expect([...graph.changesSince(1)!.newWeights]).toEqual([1, 2, 3, 4]);
    expect([...graph.changesSince(5)!.newWeights]).toEqual([]);
  });

  test('a node that begins or ceases to relay has its arcs among the changes', () => {
    const graph = new LinkGraph(limits);
    const [a, b] = [graph.addNode(), graph.addNode()];
    graph.report(a, link(b, 7));
    graph.report(b, link(a, 9));
    const { cursor, version } = graph;
    graph.setTransit(b, false);
    graph.setTransit(b, false);
    expect(graph.version).toBe(version + 1);
    expect(graph.noTransit[b]).toBe(1);
    const changes = graph.changesSince(cursor)!;
    expect([...changes.froms]).toEqual([b]);
    expect([...changes.newWeights]).toEqual([9]);
  });

  test('rows that come and go do not fill the arrays', () => {
    const nodes = 100;
    const graph = new LinkGraph({ nodesMax: nodes, arcsMax: 100_000, changesMax: 1 });
    for (let i = 0; i < nodes; i += 1) graph.addNode();
    let longest = 0;
    for (let round = 0; round < 60; round += 1) {
      for (let node = 0; node < nodes; node += 1) {
        const length = 1 + ((node * 7 + round * 13) % 20);
        longest = Math.max(longest, length);
        graph.report(
          node,
          Array.from({ length }, (_, i) => ({
            target: (node + i + 1) % nodes,
            port: 1,
            weight: 1,
            metrics: 0,
          })),
        );
      }
    }
    // All rows at their longest, a thirty-second of idle places, and as much room behind.
    expect(graph.targets.length).toBeLessThan(longest * nodes * (33 / 32) ** 2 + 64);
  });
});
