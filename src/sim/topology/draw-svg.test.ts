import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createXoshiro128, type SeededRng } from '../seeded-rng.ts';
import { drawTopology, DRAWN_ROUTES_MAX, escapeXml, type DrawingOptions } from './draw-svg.ts';
import { geometricTopology, gridTopology, lineTopology } from './generators.ts';
import { layoutTopology } from './topology-layout.ts';
import {
  LINK_KINDS,
  type LinkDirection,
  type Topology,
  type TopologyLink,
  type TopologyNode,
} from './topology.ts';
import { readXml } from './xml.ts';

function rng(): SeededRng {
  return createXoshiro128(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
}

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
}

/** The elements of a drawing, which must be well-formed. */
function elementsOf(svg: string): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  const result = readXml(svg, {
    open: (name, attributes) => {
      const element = { name, attributes: new Map(attributes), text: '' };
      all.push(element);
      open.push(element);
    },
    text: (text) => {
      const element = open.at(-1);
      if (element !== undefined) element.text += text;
    },
    close: () => open.pop(),
  });
  expect(result.ok ? '' : result.error.message).toBe('');
  return all;
}

function drawn(topology: Topology, options?: DrawingOptions): Element[] {
  return elementsOf(drawTopology(topology, rng(), options));
}

function classes(elements: readonly Element[]): string[] {
  return elements.map(({ attributes }) => attributes.get('class') ?? '');
}

function textsOf(elements: readonly Element[]): string[] {
  return elements.filter(({ name }) => name === 'text').map(({ text }) => text);
}

const UNKNOWN: LinkDirection = { quality: null, cost: null, bytesPerSecond: null };

function quality(value: number): LinkDirection {
  return { ...UNKNOWN, quality: value };
}

function linkOf(a: number, b: number, more: Partial<TopologyLink> = {}): TopologyLink {
  return { a, b, toA: UNKNOWN, toB: UNKNOWN, latencyMs: null, kind: 'wifi', ...more };
}

function nodeOf(id: string, place: readonly [number, number] | null, planar = false): TopologyNode {
  const position = place === null ? null : { x: place[0], y: place[1] };
  return { id, name: null, position, planar };
}

const anyTopology = fc
  .record({
    planar: fc.boolean(),
    places: fc.array(
      fc.option(
        fc.tuple(
          fc.oneof(fc.integer({ min: -90, max: 90 }), fc.constantFrom(0, 1e308, -1e308, 1e-320)),
          fc.double({ min: -180, max: 180, noNaN: true }),
        ),
      ),
      { minLength: 1, maxLength: 30 },
    ),
    ids: fc.array(fc.string({ unit: 'binary' }), { minLength: 30, maxLength: 30 }),
    links: fc.array(
      fc.record({
        a: fc.nat(28),
        b: fc.nat(28),
        quality: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        kind: fc.constantFrom(...LINK_KINDS),
      }),
      { maxLength: 60 },
    ),
  })
  .map(({ planar, places, ids, links }): Topology => ({
    name: ids[0] ?? null,
    nodes: places.map((place, i) =>
      nodeOf(
        `${i} ${ids[i]}`,
        place !== null && !planar && Math.abs(place[0]) > 90 ? null : place,
        planar,
      ),
    ),
    links: links
      .filter(({ a, b }) => a < b && b < places.length)
      .map(({ a, b, quality, kind }) => linkOf(a, b, { kind, toA: { ...UNKNOWN, quality } })),
  }));

test('every topology has a well-formed drawing of finite numbers, with all nodes in it', () => {
  const property = fc.property(
    anyTopology,
    fc.integer({ min: 300, max: 2000 }),
    (topology, width) => {
      const way = topology.nodes.map((_, i) => i).slice(0, 4);
      const options = {
        width,
        routes: [{ label: '<&"\u0000', nodes: way, cost: 7 }],
        failedLinks: new Set([0]),
        failedNodes: new Set([0]),
      };
      const svg = drawTopology(topology, rng(), options);
      expect(svg).not.toMatch(/NaN|Infinity|<script/);
      const elements = elementsOf(svg);
      const circles = elements.filter(({ attributes }) =>
        /\bnode\b/.test(attributes.get('class') ?? ''),
      );
      expect(circles).toHaveLength(topology.nodes.length);
      expect(drawTopology(topology, rng(), options)).toBe(svg);
      const { places, height } = layoutTopology(topology, width, rng());
      const slack = 0.5;
      for (const [i] of topology.nodes.entries()) {
        const x = places.xs[i] ?? -1;
        const y = places.ys[i] ?? -1;
        expect(x >= 0 && x <= width + slack && y >= 0 && y <= height + slack).toBe(true);
      }
    },
  );
  fc.assert(property, { numRuns: 150 });
});

test('texts cannot break out of the drawing', () => {
  expect(escapeXml('a<b>&"\u0001\uD800')).toBe('a&lt;b&gt;&amp;&quot;?\uFFFD');
  const topology = { ...lineTopology(3), name: '</title><script>alert(1)</script>' };
  expect(drawTopology(topology, rng())).not.toContain('<script');
  expect(drawn(topology).find(({ name }) => name === 'title')?.text).toBe(topology.name);
});

test('routes are drawn in colours of their own, with a legend and their ends', () => {
  const topology = gridTopology(4, 4);
  const elements = drawn(topology, {
    title: 'Two ways',
    routes: [
      { label: 'dijkstra', nodes: [0, 1, 2, 3, 7], cost: 400 },
      { label: 'path 2', nodes: [0, 4, 5, 6, 7], cost: null },
    ],
  });
  const texts = textsOf(elements);
  expect(texts).toEqual(
    expect.arrayContaining([
      'Two ways',
      '16 nodes, 24 links',
      'dijkstra: cost 400, 4 hops',
      'path 2: 4 hops',
      'from 0',
      'to 7',
      'quality unknown (24)',
    ]),
  );
  const routes = elements.filter(({ attributes }) => attributes.get('class') === 'route');
  expect(new Set(routes.map(({ attributes }) => attributes.get('stroke'))).size).toBe(2);
  expect(classes(elements).filter((name) => name === 'end')).toHaveLength(2);
});

test('more routes than there are colours are left out', () => {
  const routes = Array.from({ length: DRAWN_ROUTES_MAX + 3 }, (_, i) => ({
    label: `path ${i}`,
    nodes: [0, 1],
    cost: 1,
  }));
  const elements = drawn(gridTopology(2, 2), { routes });
  expect(classes(elements).filter((name) => name === 'route')).toHaveLength(DRAWN_ROUTES_MAX);
  expect(textsOf(elements)).toContain('path 0: cost 1, 1 hop');
});

test('links are drawn by the worse of both directions, tunnels and failures apart', () => {
  const topology: Topology = {
    name: null,
    nodes: ['a', 'b', 'c', 'd'].map((id, i) => nodeOf(id, [52 + i / 100, 13])),
    links: [
      linkOf(0, 1, { toA: quality(0.9), toB: quality(0.1) }),
      linkOf(1, 2, { toA: quality(0.9) }),
      linkOf(0, 2, { kind: 'vpn' }),
      linkOf(2, 3, { toA: quality(1), toB: quality(1) }),
      linkOf(0, 3, { toA: quality(1), toB: quality(1) }),
    ],
  };
  const texts = textsOf(drawn(topology, { failedLinks: new Set([4]), failedNodes: new Set([1]) }));
  expect(texts).toEqual(expect.arrayContaining(['tunnel (1)', '85 % and more (1)', 'failed (3)']));
  expect(textsOf(drawn(topology))).toEqual(
    expect.arrayContaining(['below 30 % (1)', '85 % and more (3)', 'tunnel (1)', '200 m']),
  );
  expect(classes(drawn(topology, { failedNodes: new Set([1]) }))).toContain('lost');
});

test('who has no coordinates stands by the neighbours, who is far away at the border, and it is told', () => {
  const town = Array.from({ length: 200 }, (_, i) =>
    nodeOf(`${i}`, [52.5 + (i % 20) / 200, 13 + Math.floor(i / 20) / 100]),
  );
  const nodes = [
    ...town,
    nodeOf('far', [27.9, 86.9]),
    nodeOf('guest', null),
    nodeOf('alone', null),
  ];
  const topology: Topology = {
    name: null,
    nodes,
    links: [linkOf(0, 200), linkOf(21, 201), linkOf(22, 201), linkOf(190, 201, { kind: 'vpn' })],
  };
  const { places, kinds, kmPerPixel } = layoutTopology(topology, 1000, rng());
  expect(kinds.slice(199)).toEqual(['known', 'outlier', 'guessed', 'guessed']);
  const apart = (i: number, j: number): number =>
    Math.hypot(
      (places.xs[i] ?? 0) - (places.xs[j] ?? 0),
      (places.ys[i] ?? 0) - (places.ys[j] ?? 0),
    );
  expect(apart(201, 21)).toBeLessThan(60);
  expect(apart(201, 190)).toBeGreaterThan(200);
  expect(places.xs[200]).toBeGreaterThan(980);
  // The town is not squashed: its 6 by 11 km fill the map.
  expect(apart(0, 180) * (kmPerPixel ?? 0)).toBeCloseTo(6.1, 0);
  expect(apart(0, 19)).toBeGreaterThan(400);
  expect(textsOf(drawn(topology)).join(' ')).toMatch(/Hollow: 2 without.*border: 1 too far/);
});

test('a network without coordinates is drawn by its links, each part on its own', () => {
  const topology: Topology = {
    name: null,
    nodes: Array.from({ length: 9 }, (_, i) => nodeOf(`${i}`, null, true)),
    links: [linkOf(0, 1), linkOf(1, 2), linkOf(2, 3), linkOf(4, 5), linkOf(5, 6)],
  };
  const { kmPerPixel, kinds, places } = layoutTopology(topology, 800, rng());
  expect(kmPerPixel).toBeNull();
  expect(new Set(kinds)).toEqual(new Set(['guessed']));
  const seen = topology.nodes.map(
    (_, i) => `${places.xs[i]?.toFixed(0)} ${places.ys[i]?.toFixed(0)}`,
  );
  expect(new Set(seen).size).toBe(9);
  expect(textsOf(drawn(topology)).join(' ')).not.toContain('Hollow');
});

test('a thousand nodes are a small file', () => {
  expect(drawTopology(geometricTopology(1000, rng()), rng()).length).toBeLessThan(300_000);
});
