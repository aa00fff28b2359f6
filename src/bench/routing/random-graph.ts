// Graphs to measure on, the same for the same seed. A random one is the union of Hamiltonian cycles, which is connected and
// all but regular; a grid with diagonals is what a dense radio mesh looks like. Both have links in both directions, each
// direction with a weight of its own.

import type { SeededRng } from '../../sim/seeded-rng.ts';

/** Arcs in rows: those of node v are `offsets[v]` up to `offsets[v + 1]`, ascending by target. */
export interface ArcRows {
  readonly nodes: number;
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
  /** 1 … `weightMax`, uniform. */
  readonly weights: Uint16Array;
}

/** `cycles` Hamiltonian cycles through all nodes: degree 2 × `cycles`, but for the few links that two cycles share. */
export function randomGraph(
  nodes: number,
  cycles: number,
  weightMax: number,
  rng: SeededRng,
): ArcRows {
  const keys: number[] = [];
  const order = Uint32Array.from({ length: nodes }, (_, node) => node);
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (let last = nodes - 1; last > 0; last -= 1) {
      const other = Math.floor(rng.unit() * (last + 1));
      const moved = order[last] ?? 0;
      order[last] = order[other] ?? 0;
      order[other] = moved;
    }
    for (let place = 0; place < nodes; place += 1) {
      const [a, b] = [order[place] ?? 0, order[(place + 1) % nodes] ?? 0];
      keys.push(a * nodes + b, b * nodes + a);
    }
  }
  return rowsOf(nodes, keys, weightMax, rng);
}

/** `side` × `side` nodes, each linked to the up to eight around it. */
export function gridGraph(side: number, weightMax: number, rng: SeededRng): ArcRows {
  const nodes = side * side;
  const keys: number[] = [];
  for (let node = 0; node < nodes; node += 1) {
    const [x, y] = [node % side, Math.floor(node / side)];
    for (let dy = -1; dy <= 1; dy += 1) {
      for (let dx = -1; dx <= 1; dx += 1) {
        const inside = x + dx >= 0 && x + dx < side && y + dy >= 0 && y + dy < side;
        if (inside && (dx !== 0 || dy !== 0)) keys.push(node * nodes + node + dy * side + dx);
      }
    }
  }
  return rowsOf(nodes, keys, weightMax, rng);
}

/** A key is start × nodes + end; doubled ones count once. */
function rowsOf(
  nodes: number,
  keys: readonly number[],
  weightMax: number,
  rng: SeededRng,
): ArcRows {
  const sorted = Float64Array.from(new Set(keys)).sort();
  const offsets = new Uint32Array(nodes + 1);
  for (const key of sorted) {
    const row = Math.floor(key / nodes) + 1;
    offsets[row] = (offsets[row] ?? 0) + 1;
  }
  for (let node = 0; node < nodes; node += 1) {
    offsets[node + 1] = (offsets[node + 1] ?? 0) + (offsets[node] ?? 0);
  }
  return {
    nodes,
    offsets,
    targets: Uint32Array.from(sorted, (key) => key % nodes),
    weights: Uint16Array.from(sorted, () => 1 + Math.floor(rng.unit() * weightMax)),
  };
}
