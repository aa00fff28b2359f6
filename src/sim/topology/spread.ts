// Moves places apart that lie on one another, as many nodes of one town do, each by as little as it takes.

import type { Places } from './graph-layout.ts';

const ROUNDS = 60;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Until all are at least `gap` apart, or the rounds are over; nobody leaves `box`. Of two in one place the later one moves
 * in a direction of its own, by the golden angle.
 */
export function spread({ xs, ys }: Places, gap: number, box: Box): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    if (!spreadOnce({ xs, ys }, gap)) break;
    for (let i = 0; i < xs.length; i += 1) {
      xs[i] = Math.min(box.right, Math.max(box.left, xs[i] ?? 0));
      ys[i] = Math.min(box.bottom, Math.max(box.top, ys[i] ?? 0));
    }
  }
}

/** Whether anything moved. */
function spreadOnce({ xs, ys }: Places, gap: number): boolean {
  const cells = new Map<string, number[]>();
  let moved = false;
  for (let i = 0; i < xs.length; i += 1) {
    const column = Math.floor((xs[i] ?? 0) / gap);
    const row = Math.floor((ys[i] ?? 0) / gap);
    for (let c = column - 1; c <= column + 1; c += 1) {
      for (let r = row - 1; r <= row + 1; r += 1) {
        for (const j of cells.get(`${c} ${r}`) ?? []) moved = part({ xs, ys }, i, j, gap) || moved;
      }
    }
    const key = `${column} ${row}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [i]);
    else cell.push(i);
  }
  return moved;
}

/** Each goes half of what is missing. */
function part({ xs, ys }: Places, i: number, j: number, gap: number): boolean {
  let ax = (xs[i] ?? 0) - (xs[j] ?? 0);
  let ay = (ys[i] ?? 0) - (ys[j] ?? 0);
  let length = Math.hypot(ax, ay);
  if (length >= gap * 0.98) return false;
  if (length < gap * 1e-3) {
    ax = Math.cos(2.399963 * i);
    ay = Math.sin(2.399963 * i);
    length = 1;
  }
  const step = (gap - Math.min(length, gap)) / 2 / length;
  xs[i] = (xs[i] ?? 0) + ax * step;
  ys[i] = (ys[i] ?? 0) + ay * step;
  xs[j] = (xs[j] ?? 0) - ax * step;
  ys[j] = (ys[j] ?? 0) - ay * step;
  return true;
}
