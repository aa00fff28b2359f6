// Places for the nodes of a connected graph of which nobody knows where they are: pivot multidimensional scaling by hops
// for the shape as a whole (Brandes and Pich, "Eigensolver Methods for Progressive Multidimensional Scaling of Large
// Data", 2006), then springs and repulsion among near nodes (Fruchterman and Reingold, 1991, its grid variant).

import type { Rng } from '../../env/rng.ts';

const PIVOTS_MAX = 50;
const POWER_ITERATIONS = 100;
/** Rounds of springs and repulsion; fewer where there are many nodes. */
const ROUNDS_MAX = 300;
const ROUND_NODES_MAX = 600_000;
/** Angles of a quarter that are tried. */
const TURNS = 30;
/** Repulsion reaches so many lengths of a link. */
const REPULSION_REACH = 3;

/** One entry per node; a link is about 1 long, y points down. */
export interface Places {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
}

/** `neighbours` of node 0 … n − 1 of a connected graph. The same for the same random numbers. */
export function layoutGraph(neighbours: readonly (readonly number[])[], rng: Rng): Places {
  const places = pivotScaling(neighbours);
  const { xs, ys } = places;
  // Twins, which have the same distances to all pivots, have the same place so far.
  for (let i = 0; i < xs.length; i += 1) {
    xs[i] = (xs[i] ?? 0) + jitter(rng);
    ys[i] = (ys[i] ?? 0) + jitter(rng);
  }
  const rounds = Math.min(ROUNDS_MAX, Math.ceil(ROUND_NODES_MAX / neighbours.length));
  for (let round = 0; round < rounds; round += 1) relax(neighbours, places, 1 - round / rounds);
  return upright(places);
}

/** Turned to where its box is smallest, and lying rather than standing. */
function upright({ xs, ys }: Places): Places {
  const turned = (angle: number): Places => {
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    return {
      xs: xs.map((x, i) => x * cos - (ys[i] ?? 0) * sin),
      ys: xs.map((x, i) => x * sin + (ys[i] ?? 0) * cos),
    };
  };
  let best: Places = { xs, ys };
  let least = Infinity;
  for (let step = 0; step < TURNS; step += 1) {
    const places = turned((Math.PI / 2) * (step / TURNS));
    const area = (1 + extent(places.xs)) * (1 + extent(places.ys));
    if (area >= least) continue;
    best = places;
    least = area;
  }
  return extent(best.ys) > extent(best.xs) ? { xs: best.ys, ys: best.xs } : best;
}

function extent(values: Float64Array): number {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low;
}

function jitter(rng: Rng): number {
  return (rng.uint32() / 2 ** 32 - 0.5) * 0.2;
}

/** Hops from `from` to every node. */
function hopsFrom(neighbours: readonly (readonly number[])[], from: number): Float64Array {
  const hops = new Float64Array(neighbours.length).fill(-1);
  const queue = [from];
  hops[from] = 0;
  for (const node of queue) {
    for (const next of neighbours[node] ?? []) {
      if (hops[next] !== -1) continue;
      hops[next] = (hops[node] ?? 0) + 1;
      queue.push(next);
    }
  }
  return hops;
}

function pivotScaling(neighbours: readonly (readonly number[])[]): Places {
  const nodes = neighbours.length;
  const columns = pivotColumns(neighbours);
  const centred = doubleCentred(columns, nodes);
  const first = principal(centred, null);
  const second = principal(centred, first);
  const project = (axis: Float64Array): Float64Array => {
    const out = new Float64Array(nodes);
    for (const [p, column] of centred.entries()) {
      for (let i = 0; i < nodes; i += 1) out[i] = (out[i] ?? 0) + (column[i] ?? 0) * (axis[p] ?? 0);
    }
    return out;
  };
  const places = { xs: project(first), ys: project(second) };
  scaleToLinks(neighbours, places);
  return places;
}

/** Each pivot is the node farthest from those before. */
function pivotColumns(neighbours: readonly (readonly number[])[]): Float64Array[] {
  const nearest = new Float64Array(neighbours.length).fill(Infinity);
  const columns: Float64Array[] = [];
  let pivot = 0;
  for (let count = Math.min(PIVOTS_MAX, neighbours.length); count > 0; count -= 1) {
    const hops = hopsFrom(neighbours, pivot);
    columns.push(hops);
    let farthest = 0;
    for (let i = 0; i < hops.length; i += 1) {
      nearest[i] = Math.min(nearest[i] ?? 0, hops[i] ?? 0);
      if ((nearest[i] ?? 0) > (nearest[farthest] ?? 0)) farthest = i;
    }
    pivot = farthest;
  }
  return columns;
}

/** −½ of the squares, less the means of rows and columns. */
function doubleCentred(columns: readonly Float64Array[], nodes: number): Float64Array[] {
  const squares = columns.map((column) => column.map((hops) => hops * hops));
  const columnMeans = squares.map((column) => column.reduce((x, y) => x + y, 0) / nodes);
  const rowMeans = new Float64Array(nodes);
  for (const column of squares) {
    for (let i = 0; i < nodes; i += 1) {
      rowMeans[i] = (rowMeans[i] ?? 0) + (column[i] ?? 0) / columns.length;
    }
  }
  const mean = columnMeans.reduce((x, y) => x + y, 0) / columns.length;
  return squares.map((column, p) =>
    column.map((square, i) => -0.5 * (square - (columnMeans[p] ?? 0) - (rowMeans[i] ?? 0) + mean)),
  );
}

/** The direction of largest spread, across `other` where it is given (power iteration). */
function principal(columns: readonly Float64Array[], other: Float64Array | null): Float64Array {
  const size = columns.length;
  const products = columns.map((x) =>
    columns.map((y) => {
      let sum = 0;
      for (let i = 0; i < x.length; i += 1) sum += (x[i] ?? 0) * (y[i] ?? 0);
      return sum;
    }),
  );
  let axis = Float64Array.from({ length: size }, (_, p) => Math.cos(1 + 3 * p));
  for (let i = 0; i < POWER_ITERATIONS; i += 1) {
    const next = Float64Array.from({ length: size }, (_, p) => dot(products[p] ?? [], axis));
    if (other !== null) {
      const along = dot(next, other);
      for (let p = 0; p < size; p += 1) next[p] = (next[p] ?? 0) - along * (other[p] ?? 0);
    }
    const length = Math.sqrt(dot(next, next));
    if (length === 0) return axis.fill(0);
    axis = next.map((value) => value / length);
  }
  return axis;
}

function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) sum += (x[i] ?? 0) * (y[i] ?? 0);
  return sum;
}

/** So that a link is 1 long on average. */
function scaleToLinks(neighbours: readonly (readonly number[])[], { xs, ys }: Places): void {
  let sum = 0;
  let count = 0;
  for (const [i, near] of neighbours.entries()) {
    for (const j of near) {
      sum += Math.hypot((xs[i] ?? 0) - (xs[j] ?? 0), (ys[i] ?? 0) - (ys[j] ?? 0));
      count += 1;
    }
  }
  const mean = count > 0 ? sum / count : 0;
  if (mean === 0) return;
  for (let i = 0; i < xs.length; i += 1) {
    xs[i] = (xs[i] ?? 0) / mean;
    ys[i] = (ys[i] ?? 0) / mean;
  }
}

/** The square of the plane, as wide as repulsion reaches, in which a place lies. */
function cellOf(x: number, y: number): number {
  return Math.floor(x / REPULSION_REACH) * 65_536 + Math.floor(y / REPULSION_REACH);
}

/** One round: nodes within reach push each other away, links pull; nobody moves farther than `heat`. */
function relax(neighbours: readonly (readonly number[])[], { xs, ys }: Places, heat: number): void {
  const nodes = xs.length;
  const dx = new Float64Array(nodes);
  const dy = new Float64Array(nodes);
  const cells = new Map<number, number[]>();
  for (let i = 0; i < nodes; i += 1) {
    const key = cellOf(xs[i] ?? 0, ys[i] ?? 0);
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [i]);
    else cell.push(i);
  }
  for (let i = 0; i < nodes; i += 1) {
    const x = xs[i] ?? 0;
    const y = ys[i] ?? 0;
    let fx = 0;
    let fy = 0;
    for (let cx = -1; cx <= 1; cx += 1) {
      for (let cy = -1; cy <= 1; cy += 1) {
        const key = cellOf(x + cx * REPULSION_REACH, y + cy * REPULSION_REACH);
        for (const j of cells.get(key) ?? []) {
          const ax = x - (xs[j] ?? 0);
          const ay = y - (ys[j] ?? 0);
          const square = ax * ax + ay * ay;
          if (square === 0 || square > REPULSION_REACH * REPULSION_REACH) continue;
          fx += ax / square;
          fy += ay / square;
        }
      }
    }
    for (const j of neighbours[i] ?? []) {
      const ax = (xs[j] ?? 0) - x;
      const ay = (ys[j] ?? 0) - y;
      const length = Math.hypot(ax, ay);
      fx += ax * length;
      fy += ay * length;
    }
    dx[i] = fx;
    dy[i] = fy;
  }
  for (let i = 0; i < nodes; i += 1) {
    const length = Math.hypot(dx[i] ?? 0, dy[i] ?? 0);
    if (length === 0) continue;
    const step = Math.min(length * 0.1, heat) / length;
    xs[i] = (xs[i] ?? 0) + (dx[i] ?? 0) * step;
    ys[i] = (ys[i] ?? 0) + (dy[i] ?? 0) * step;
  }
}
