// Where the nodes of a topology stand in a drawing. Those with coordinates stand on a map (equirectangular, true to scale
// in its middle), the few far from all others at its border; those without stand beside their neighbours; parts of the
// network of which no node has coordinates are drawn by their links, below.

import type { Rng } from '../../env/rng.ts';
import type { Position } from '../../routing/node-attributes.ts';
import { layoutGraph, type Places } from './graph-layout.ts';
import { median } from './looks-geographic.ts';
import { spread, type Box } from './spread.ts';
import type { Topology } from './topology.ts';

const KM_PER_DEGREE = 111.2;
const PLANE_METRES_MAX = 4e8;
/** The map shows the middle nine tenths of the coordinates, and so much of their span around them. */
const QUANTILE = 0.05;
const SPAN_AROUND = 0.15;
/** Of few nodes each one counts. */
const FEW_NODES = 100;
const SPAN_AROUND_FEW = 0.5;
/** Height of the map as a share of its width. */
const HEIGHT_SHARE_MIN = 0.3;
const HEIGHT_SHARE_MAX = 0.85;
/** Rounds in which nodes without coordinates move between their neighbours. */
const GUESS_ROUNDS = 40;
/** A tunnel says little about where a node is. */
const VPN_WEIGHT = 0.02;
/** Between the middles of two nodes. */
const GAP_RADII = 3.4;
/** Length of a link of what is drawn without coordinates. */
const LINK_PIXELS_MAX = 60;
const LINK_PIXELS_BESIDE_MAP = 18;
/** Between two parts, in lengths of a link. */
const PART_GAP = 1.2;
/** Width by height of a drawing without a map. */
const ASPECT = 1.5;

/** How the place of a node was found. `outlier`: it has coordinates, and they are off the map. */
export type PlaceKind = 'known' | 'outlier' | 'guessed';

export interface TopologyLayout {
  /** In pixels, within 0 … width and 0 … `height`; y points down. */
  readonly places: Places;
  readonly kinds: readonly PlaceKind[];
  readonly height: number;
  readonly nodeRadius: number;
  /** Kilometres of a pixel on the map; `null` where there is no map. */
  readonly kmPerPixel: number | null;
}

interface Neighbour {
  readonly node: number;
  readonly weight: number;
}

/** `width` in pixels; the same for the same random numbers. */
export function layoutTopology(topology: Topology, width: number, rng: Rng): TopologyLayout {
  const count = topology.nodes.length;
  const near = neighboursOf(topology);
  const places: Places = { xs: new Float64Array(count), ys: new Float64Array(count) };
  const kinds: PlaceKind[] = topology.nodes.map(({ position }) =>
    position === null ? 'guessed' : 'known',
  );
  const parts = partsOf(near);
  const mapped = parts.filter((part) => part.some((node) => kinds[node] === 'known'));
  const others = parts.filter((part) => part.every((node) => kinds[node] !== 'known'));
  const onMap = mapped.flat();
  const map = onMap.length === 0 ? null : projectAll(topology, places, kinds, width);
  const mapHeight = map?.height ?? 0;
  const area = width * (mapHeight > 0 ? mapHeight : width / ASPECT);
  const nodeRadius = Math.min(7, Math.max(1.2, 0.07 * Math.sqrt(area / count)));
  if (map !== null) {
    guess(near, places, kinds, onMap);
    separate(places, onMap, GAP_RADII * nodeRadius, inset(width, mapHeight, nodeRadius));
  }
  const top = map === null || others.length === 0 ? mapHeight : mapHeight + 4 * nodeRadius;
  const below = packParts(others, near, places, rng, { width, top, beside: map !== null });
  return { places, kinds, height: top + below, nodeRadius, kmPerPixel: map?.kmPerPixel ?? null };
}

function neighboursOf({ nodes, links }: Topology): Neighbour[][] {
  const near = nodes.map((): Neighbour[] => []);
  for (const { a, b, kind } of links) {
    const weight = kind === 'vpn' ? VPN_WEIGHT : 1;
    near[a]?.push({ node: b, weight });
    near[b]?.push({ node: a, weight });
  }
  return near;
}

/** Nodes that reach one another, the largest part first. */
function partsOf(near: readonly (readonly Neighbour[])[]): number[][] {
  const seen = new Uint8Array(near.length);
  const parts: number[][] = [];
  for (let first = 0; first < near.length; first += 1) {
    if (seen[first] === 1) continue;
    const part = [first];
    seen[first] = 1;
    for (const node of part) {
      for (const { node: next } of near[node] ?? []) {
        if (seen[next] === 1) continue;
        seen[next] = 1;
        part.push(next);
      }
    }
    parts.push(part);
  }
  return parts.toSorted((x, y) => y.length - x.length);
}

interface MapSize {
  readonly height: number;
  readonly kmPerPixel: number;
}

/** Puts all known positions on the map. */
function projectAll(
  { nodes }: Topology,
  { xs, ys }: Places,
  kinds: PlaceKind[],
  width: number,
): MapSize {
  const positions = nodes.flatMap(({ position }) => (position === null ? [] : [position]));
  const planar = nodes[0]?.planar ?? true;
  const latitude = median(positions.map(({ x }) => x));
  const project = planar
    ? ({ x, y }: Position): readonly [number, number] => [within(x) / 1000, -within(y) / 1000]
    : ({ x, y }: Position): readonly [number, number] => [
        y * KM_PER_DEGREE * Math.cos((latitude * Math.PI) / 180),
        -x * KM_PER_DEGREE,
      ];
  const projected = positions.map(project);
  const [left, right] = windowOf(projected.map(([x]) => x));
  const [top, bottom] = windowOf(projected.map(([, y]) => y));
  const spanX = Math.max(right - left, 1e-6);
  const spanY = Math.max(bottom - top, 1e-6);
  const margin = 12;
  const inner = width - 2 * margin;
  const scale = Math.min(inner / spanX, (inner * HEIGHT_SHARE_MAX) / spanY);
  const height = Math.max(width * HEIGHT_SHARE_MIN, spanY * scale + 2 * margin);
  const offsetX = (width - spanX * scale) / 2;
  const offsetY = (height - spanY * scale) / 2;
  for (const [i, { position }] of nodes.entries()) {
    if (position === null) continue;
    const [x, y] = project(position);
    xs[i] = offsetX + (x - left) * scale;
    ys[i] = offsetY + (y - top) * scale;
    const inX = Math.min(width - margin, Math.max(margin, xs[i] ?? 0));
    const inY = Math.min(height - margin, Math.max(margin, ys[i] ?? 0));
    if (inX !== xs[i] || inY !== ys[i]) {
      // A rounding error is not far away.
      if (Math.hypot(inX - (xs[i] ?? 0), inY - (ys[i] ?? 0)) > 1) kinds[i] = 'outlier';
      xs[i] = inX;
      ys[i] = inY;
    }
  }
  return { height, kmPerPixel: 1 / scale };
}

/** No plane is larger than the way to the moon, so that no sum overflows. */
function within(metres: number): number {
  return Math.min(PLANE_METRES_MAX, Math.max(-PLANE_METRES_MAX, metres));
}

/** From where to where the map reaches on one axis. */
function windowOf(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((x, y) => x - y);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const share = values.length <= FEW_NODES ? SPAN_AROUND_FEW : SPAN_AROUND;
  const around = (at(1 - QUANTILE) - at(QUANTILE)) * share;
  return [Math.max(at(0), at(QUANTILE) - around), Math.min(at(1), at(1 - QUANTILE) + around)];
}

/** Puts nodes without coordinates at the weighted middle of their neighbours (Tutte, 1963, with the known ones fixed). */
function guess(
  near: readonly (readonly Neighbour[])[],
  { xs, ys }: Places,
  kinds: readonly PlaceKind[],
  nodes: readonly number[],
): void {
  const placed = Uint8Array.from(kinds, (kind) => (kind === 'guessed' ? 0 : 1));
  const unknown = nodes.filter((node) => placed[node] === 0);
  for (let round = 0; round < GUESS_ROUNDS; round += 1) {
    for (const node of unknown) {
      let sum = 0;
      let x = 0;
      let y = 0;
      for (const { node: other, weight } of near[node] ?? []) {
        if (placed[other] === 0) continue;
        sum += weight;
        x += weight * (xs[other] ?? 0);
        y += weight * (ys[other] ?? 0);
      }
      if (sum === 0) continue;
      placed[node] = 1;
      xs[node] = x / sum;
      ys[node] = y / sum;
    }
  }
}

function inset(width: number, height: number, by: number): Box {
  return { left: by, top: by, right: width - by, bottom: height - by };
}

function separate({ xs, ys }: Places, nodes: readonly number[], gap: number, box: Box): void {
  const some = {
    xs: Float64Array.from(nodes, (node) => xs[node] ?? 0),
    ys: Float64Array.from(nodes, (node) => ys[node] ?? 0),
  };
  spread(some, gap, box);
  for (const [i, node] of nodes.entries()) {
    xs[node] = some.xs[i] ?? 0;
    ys[node] = some.ys[i] ?? 0;
  }
}

interface PackingArea {
  readonly width: number;
  readonly top: number;
  /** There is a map, so what is packed is the lesser thing. */
  readonly beside: boolean;
}

interface DrawnPart {
  readonly nodes: readonly number[];
  readonly drawn: Places;
  readonly width: number;
  readonly height: number;
}

/** Draws each part by its links and packs them on shelves, the tallest first; the height in pixels that they take. */
function packParts(
  parts: readonly (readonly number[])[],
  near: readonly (readonly Neighbour[])[],
  { xs, ys }: Places,
  rng: Rng,
  { width, top, beside }: PackingArea,
): number {
  if (parts.length === 0) return 0;
  const drawn = parts
    .map((nodes) => drawPart(nodes, near, rng))
    .toSorted((p, q) => q.height - p.height);
  const area = drawn.reduce((sum, part) => sum + part.width * part.height, 0);
  const widest = Math.max(...drawn.map((part) => part.width));
  const shelf = beside
    ? Math.max(widest, width / LINK_PIXELS_BESIDE_MAP)
    : Math.max(widest, Math.sqrt(area * ASPECT));
  const total = drawn.reduce((sum, part) => sum + part.width, 0);
  const scale = Math.min(
    beside ? LINK_PIXELS_BESIDE_MAP : LINK_PIXELS_MAX,
    width / Math.min(shelf, total),
  );
  let left = 0;
  let shelfTop = 0;
  let shelfHeight = 0;
  for (const part of drawn) {
    if (left > 0 && left + part.width > shelf) {
      shelfTop += shelfHeight;
      left = 0;
      shelfHeight = 0;
    }
    for (const [i, node] of part.nodes.entries()) {
      xs[node] = (left + (part.drawn.xs[i] ?? 0)) * scale;
      ys[node] = top + (shelfTop + (part.drawn.ys[i] ?? 0)) * scale;
    }
    left += part.width;
    shelfHeight = Math.max(shelfHeight, part.height);
  }
  return (shelfTop + shelfHeight) * scale;
}

function drawPart(
  nodes: readonly number[],
  near: readonly (readonly Neighbour[])[],
  rng: Rng,
): DrawnPart {
  const indices = new Map(nodes.map((node, i) => [node, i]));
  const drawn = layoutGraph(
    nodes.map((node) => (near[node] ?? []).map((other) => indices.get(other.node) ?? 0)),
    rng,
  );
  const left = drawn.xs.reduce((x, y) => Math.min(x, y), Infinity) - PART_GAP / 2;
  const top = drawn.ys.reduce((x, y) => Math.min(x, y), Infinity) - PART_GAP / 2;
  const xs = drawn.xs.map((x) => x - left);
  const ys = drawn.ys.map((y) => y - top);
  return {
    nodes,
    drawn: { xs, ys },
    width: xs.reduce((x, y) => Math.max(x, y), 0) + PART_GAP / 2,
    height: ys.reduce((x, y) => Math.max(x, y), 0) + PART_GAP / 2,
  };
}
