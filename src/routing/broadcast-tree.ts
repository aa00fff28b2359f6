// Which links the broadcast tree needs: those of the minimum spanning tree by label. A link is one of them unless links with
// lower labels join its ends (the red and the blue rule: Tarjan 1983, chapter 6). Whoever hears that a link of the tree
// went can so tell whether a link of its own takes that one's place, and need not wait for an announcement: each part of
// a broken tree finds the lowest link that leads out of it, as in the algorithm of Borůvka (1926).

import type { LinkStateDatabase } from './link-state-database.ts';
import { labelOf } from './link-state-port.ts';
import type { PooledRecord } from './record-pool.ts';

/**
 * Entries of records that one search looks at: of some eight hundred members with four links each, within a millisecond.
 * Whoever does not find the other end by then does not know.
 */
export const SEARCHED_MAX = 16_384;
/** Entries for all searches: some ten milliseconds at once, and then a hundredth of a core, whoever makes links up and drops them. */
export const SEARCHED_BURST: number = 32 * SEARCHED_MAX;
const SEARCHED_PER_SECOND: number = 32 * SEARCHED_MAX;

/** Members are the database's numbers. */
export class BroadcastTree {
  readonly #database: LinkStateDatabase;
  /** Entries that may still be looked at, as of then. */
  #left = SEARCHED_BURST;
  #filledAtMs: number | null = null;

  constructor(database: LinkStateDatabase) {
    this.#database = database;
  }

  /**
   * Whether the tree needs the link between two members, as far as the records say. `null`: not known, since the other one
   * is not among the nearest of those that lower labels join to the first, or since too much was asked of late.
   */
  needs(from: number, to: number, label: number, nowMs: number): boolean | null {
    this.#fill(nowMs);
    return this.#search(from, to, label, Math.max(0, this.#left - SEARCHED_MAX));
  }

  /** Looks at entries until `left` of them are left. */
  #search(from: number, to: number, label: number, left: number): boolean | null {
    const database = this.#database;
    const found = new Set([from]);
    // A set is walked in the order of insertion, also over what is put in on the way.
    for (const member of found) {
      const neighbours = database.record(member)?.neighbours ?? [];
      for (const neighbour of neighbours) {
        if (this.#left <= left) return null;
        this.#left -= 1;
        if (found.has(neighbour) || this.label(member, neighbour) >= label) continue;
        this.#left -= database.record(neighbour)?.neighbours.length ?? 0;
        if (!database.reports(neighbour, member)) continue;
        if (neighbour === to) return false;
        found.add(neighbour);
      }
    }
    return true;
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs));
    this.#filledAtMs = nowMs;
    this.#left = Math.min(SEARCHED_BURST, this.#left + (passedMs * SEARCHED_PER_SECOND) / 1_000);
  }

  /** The lowest label of the links that counted by the record before and do not by this one, `null` if there are none. */
  lowestLost({ originator, neighbours }: PooledRecord, before: PooledRecord): number | null {
    let lowest: number | null = null;
    for (const neighbour of before.neighbours) {
      if (neighbours.includes(neighbour) || !this.#database.reports(neighbour, originator))
        continue;
      const label = this.label(originator, neighbour);
      if (lowest === null || label < lowest) lowest = label;
    }
    return lowest;
  }

  /** Of the link between two members of which one has a record that names the other. */
  label(one: number, other: number): number {
    const { pool } = this.#database;
    const [a, b] = [pool.peer(one), pool.peer(other)];
    return a === undefined || b === undefined ? Infinity : labelOf(a, b);
  }
}
