// Networks without a file: grids, lines, rings, random trees, random geometric and random regular graphs, the same for
// the same seed. All are connected.

import { assert } from '../../core/assert.ts';
import type { Rng } from '../../env/rng.ts';
import type { Position } from '../../routing/node-attributes.ts';
import { TopologyBuilder } from './topology-builder.ts';
import { TOPOLOGY_NODES_MAX, type Topology } from './topology.ts';

/** Between neighbours of what has a regular shape. */
const SPACING_METRES = 100;
/** Mean number of neighbours of a random geometric graph before it is made connected. */
const GEOMETRIC_DEGREE = 8;
/** So many tries mix a random regular graph well. */
const SWAPS_PER_LINK = 10;
const SWAP_ROUNDS_MAX = 1000;

function builderFor(nodes: number): TopologyBuilder {
  assert(
    Number.isInteger(nodes) && nodes >= 1 && nodes <= TOPOLOGY_NODES_MAX,
    'the generator has nodes to place and room for them',
  );
  return new TopologyBuilder('generated');
}

function place(builder: TopologyBuilder, x: number, y: number): number {
  const position: Position = { x, y };
  return builder.node(String(builder.nodes.length), null, position);
}

function join(builder: TopologyBuilder, a: number, b: number): void {
  builder.link(a, b, { kind: 'other' });
}

/** A uniform number in [0, 1). */
function unit(rng: Rng): number {
  return rng.uint32() / 2 ** 32;
}

/** A uniform integer in [0, `below`), within 2⁻³² × `below`. */
function integer(rng: Rng, below: number): number {
  return Math.floor(unit(rng) * below);
}

/** `width` × `height` nodes, each linked to the ones beside, above and below. */
export function gridTopology(width: number, height: number): Topology {
  const builder = builderFor(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const node = place(builder, column * SPACING_METRES, row * SPACING_METRES);
      if (column > 0) join(builder, node, node - 1);
      if (row > 0) join(builder, node, node - width);
    }
  }
  return builder.build(false);
}

export function lineTopology(nodes: number): Topology {
  return gridTopology(nodes, 1);
}

/** At least three nodes on a circle. */
export function ringTopology(nodes: number): Topology {
  assert(nodes >= 3, 'a ring has three nodes');
  const builder = builderFor(nodes);
  const radius = (nodes * SPACING_METRES) / (2 * Math.PI);
  for (let i = 0; i < nodes; i += 1) {
    const angle = (2 * Math.PI * i) / nodes;
    place(builder, radius * Math.cos(angle), radius * Math.sin(angle));
    if (i > 0) join(builder, i - 1, i);
  }
  join(builder, nodes - 1, 0);
  return builder.build(false);
}

/** A random recursive tree: each node is linked to a uniformly chosen earlier one, and placed near it. */
export function treeTopology(nodes: number, rng: Rng): Topology {
  const builder = builderFor(nodes);
  place(builder, 0, 0);
  for (let i = 1; i < nodes; i += 1) {
    const parent = integer(rng, i);
    const near = builder.nodes[parent]?.position ?? { x: 0, y: 0 };
    const angle = 2 * Math.PI * unit(rng);
    const reach = SPACING_METRES * (0.5 + unit(rng));
    place(builder, near.x + reach * Math.cos(angle), near.y + reach * Math.sin(angle));
    join(builder, i, parent);
  }
  return builder.build(false);
}

/**
 * Nodes uniformly on a square, linked within a radius that gives each 8 neighbours on average (unit disk graph); then
 * the components are joined by the shortest links that do it.
 */
export function geometricTopology(nodes: number, rng: Rng): Topology {
  const builder = builderFor(nodes);
  const side = SPACING_METRES * Math.sqrt(nodes);
  const points: Position[] = [];
  for (let i = 0; i < nodes; i += 1) {
    const point = { x: unit(rng) * side, y: unit(rng) * side };
    points.push(point);
    place(builder, point.x, point.y);
  }
  const radius = SPACING_METRES * Math.sqrt(GEOMETRIC_DEGREE / Math.PI);
  const pairs = closePairs(points, radius);
  const part = Uint32Array.from({ length: nodes }, (_, i) => i);
  let parts = nodes;
  for (const [a, b] of pairs) {
    join(builder, a, b);
    if (union(part, a, b)) parts -= 1;
  }
  // Each round looks twice as far; the last one at all pairs.
  for (let reach = 2 * radius; parts > 1; reach *= 2) {
    const further = closePairs(points, Math.min(reach, 2 * side)).filter(
      ([a, b]) => rootOf(part, a) !== rootOf(part, b),
    );
    for (const [a, b] of further) {
      if (!union(part, a, b)) continue;
      join(builder, a, b);
      parts -= 1;
    }
  }
  return builder.build(false);
}

/** Pairs at most `radius` apart, nearest first. */
function closePairs(points: readonly Position[], radius: number): [number, number][] {
  const cells = new Map<string, number[]>();
  const cell = ({ x, y }: Position): [number, number] => [
    Math.floor(x / radius),
    Math.floor(y / radius),
  ];
  const found: { readonly pair: [number, number]; readonly distance: number }[] = [];
  for (const [b, point] of points.entries()) {
    const [column, row] = cell(point);
    for (let c = column - 1; c <= column + 1; c += 1) {
      for (let r = row - 1; r <= row + 1; r += 1) {
        for (const a of cells.get(`${c} ${r}`) ?? []) {
          const other = points[a] ?? point;
          const distance = Math.hypot(other.x - point.x, other.y - point.y);
          if (distance <= radius) found.push({ pair: [a, b], distance });
        }
      }
    }
    const key = `${column} ${row}`;
    const inCell = cells.get(key);
    if (inCell === undefined) cells.set(key, [b]);
    else inCell.push(b);
  }
  return found.toSorted((x, y) => x.distance - y.distance).map(({ pair }) => pair);
}

function rootOf(part: Uint32Array, node: number): number {
  let root = node;
  while ((part[root] ?? root) !== root) {
    const above = part[root] ?? root;
    part[root] = part[above] ?? above;
    root = above;
  }
  return root;
}

/** Joins the parts of a and b; `false` if they were one. */
function union(part: Uint32Array, a: number, b: number): boolean {
  const x = rootOf(part, a);
  const y = rootOf(part, b);
  if (x === y) return false;
  part[Math.max(x, y)] = Math.min(x, y);
  return true;
}

/**
 * A random graph in which each node has `degree` neighbours: a circulant graph whose links are swapped in random pairs
 * (degree-preserving switching, Maslov and Sneppen 2002), again until it is connected, which above degree 2 almost
 * every regular graph is; of degree 2 it is a ring in random order. 2 ≤ degree < nodes, and nodes × degree even.
 */
export function regularTopology(nodes: number, degree: number, rng: Rng): Topology {
  assert(degree >= 2 && degree < nodes && (nodes * degree) % 2 === 0, 'a regular graph exists');
  const builder = builderFor(nodes);
  const radius = (nodes * SPACING_METRES) / (2 * Math.PI);
  for (let i = 0; i < nodes; i += 1) {
    const angle = (2 * Math.PI * i) / nodes;
    place(builder, radius * Math.cos(angle), radius * Math.sin(angle));
  }
  const order = shuffled(nodes, rng);
  const ends = circulant(nodes, degree).map(([a, b]): Ends => [order[a] ?? 0, order[b] ?? 0]);
  if (degree > 2) {
    let rounds = 0;
    do {
      assert(rounds < SWAP_ROUNDS_MAX, 'almost every regular graph is connected');
      swapEnds(ends, nodes, rng);
      rounds += 1;
    } while (!isConnected(nodes, ends));
  }
  for (const [a, b] of ends) join(builder, a, b);
  return builder.build(false);
}

type Ends = [number, number];

/** 0 … nodes − 1 in random order (Fisher–Yates). */
function shuffled(nodes: number, rng: Rng): Uint32Array {
  const order = Uint32Array.from({ length: nodes }, (_, i) => i);
  for (let i = nodes - 1; i > 0; i -= 1) {
    const j = integer(rng, i + 1);
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}

/** Each node linked to those at 1 … degree / 2 on a ring, and to the opposite one where the degree is odd. */
function circulant(nodes: number, degree: number): Ends[] {
  const ends: Ends[] = [];
  for (let i = 0; i < nodes; i += 1) {
    for (let step = 1; step <= degree >> 1; step += 1) ends.push([i, (i + step) % nodes]);
    if (degree % 2 === 1 && i < nodes / 2) ends.push([i, i + nodes / 2]);
  }
  return ends;
}

/** Turns random pairs of links a–b, c–d into a–d, c–b wherever the graph stays simple. */
function swapEnds(ends: readonly Ends[], nodes: number, rng: Rng): void {
  const key = (a: number, b: number): number => Math.min(a, b) * nodes + Math.max(a, b);
  const present = new Set(ends.map(([a, b]) => key(a, b)));
  for (let i = 0; i < ends.length * SWAPS_PER_LINK; i += 1) {
    const one = ends[integer(rng, ends.length)];
    const two = ends[integer(rng, ends.length)];
    if (one === undefined || two === undefined) continue;
    // Either end may be the one that is swapped.
    if (rng.uint32() % 2 === 1) two.reverse();
    const [a, b] = one;
    const [c, d] = two;
    if (a === d || c === b || present.has(key(a, d)) || present.has(key(c, b))) continue;
    present.delete(key(a, b));
    present.delete(key(c, d));
    present.add(key(a, d));
    present.add(key(c, b));
    one[1] = d;
    two[1] = b;
  }
}

function isConnected(nodes: number, ends: readonly Ends[]): boolean {
  const part = Uint32Array.from({ length: nodes }, (_, i) => i);
  let parts = nodes;
  for (const [a, b] of ends) if (union(part, a, b)) parts -= 1;
  return parts === 1;
}
