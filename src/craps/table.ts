// The table between two rolls: come-out or point, and what the present shooter has achieved.
// The course of the game is that of the New Jersey rules (N.J.A.C. 13:69F-1).

import type { Dice } from './dice.ts';
import { total } from './dice.ts';

/** What a table's owner chooses when it opens. */
export interface TableOptions {
  /** The field pays 3:1 on a 12 instead of 2:1. */
  readonly field12x3: boolean;
}

export const DEFAULT_OPTIONS: TableOptions = { field12x3: false };

/** The totals that can become a point. */
export const POINTS: readonly number[] = [4, 5, 6, 8, 9, 10];

/** `pointsMade` with every point in it. */
export const ALL_POINTS: number = POINTS.reduce((mask, point) => mask | (1 << point), 0);

/** Where a count in `hits` stops; no bet asks for more. */
export const HITS_MAX = 6;

/** No total rolled yet; indexes 0 to 12, of which 0 and 1 stay unused. */
export const NO_HITS: readonly number[] = Array.from({ length: 13 }, () => 0);

export interface TableState {
  readonly options: TableOptions;
  /** The point, 4 5 6 8 9 10, or 0 on a come-out roll. */
  readonly point: number;
  /** The different points this shooter made: bit n for point n. Cleared on a seven-out. */
  readonly pointsMade: number;
  /**
   * How often each total fell since the last 7 (any 7) or the start of the shooter, up to `HITS_MAX`. A come-out 7 clears
   * it because every bet that reads it has just lost.
   */
  readonly hits: readonly number[];
  /** Rolls of this shooter; 0 before the first. */
  readonly shooterRolls: number;
}

export type TableEvent =
  /** A 7 or 11 on the come-out. */
  | { readonly kind: 'natural'; readonly total: number }
  /** A 2, 3 or 12 on the come-out. */
  | { readonly kind: 'craps'; readonly total: number }
  | { readonly kind: 'point-set'; readonly point: number }
  | { readonly kind: 'point-made'; readonly point: number }
  /** A 7 while a point was on: the shooter is done, every tracker is empty. */
  | { readonly kind: 'seven-out'; readonly point: number };

/** A table before its first shooter's first roll. */
export function newTable(options: TableOptions = DEFAULT_OPTIONS): TableState {
  return { options, point: 0, pointsMade: 0, hits: NO_HITS, shooterRolls: 0 };
}

/** The table after a roll, and what the roll did (at most one event). */
export function advance(
  state: TableState,
  dice: Dice,
): { readonly state: TableState; readonly events: readonly TableEvent[] } {
  const event = eventOf(state.point, total(dice));
  if (event?.kind === 'seven-out') return { state: newTable(state.options), events: [event] };
  return {
    state: {
      options: state.options,
      point: nextPoint(state.point, event),
      pointsMade:
        event?.kind === 'point-made' ? state.pointsMade | (1 << event.point) : state.pointsMade,
      hits: countHit(state.hits, total(dice)),
      shooterRolls: state.shooterRolls + 1,
    },
    events: event === null ? [] : [event],
  };
}

function eventOf(point: number, sum: number): TableEvent | null {
  if (point !== 0) {
    if (sum === 7) return { kind: 'seven-out', point };
    return sum === point ? { kind: 'point-made', point } : null;
  }
  if (sum === 7 || sum === 11) return { kind: 'natural', total: sum };
  if (sum === 2 || sum === 3 || sum === 12) return { kind: 'craps', total: sum };
  return { kind: 'point-set', point: sum };
}

function nextPoint(point: number, event: TableEvent | null): number {
  if (event?.kind === 'point-set') return event.point;
  return event?.kind === 'point-made' ? 0 : point;
}

function countHit(hits: readonly number[], sum: number): readonly number[] {
  if (sum === 7) return NO_HITS;
  const count = hits[sum] ?? 0;
  if (count === HITS_MAX) return hits;
  const counted = hits.slice();
  counted[sum] = count + 1;
  return counted;
}
