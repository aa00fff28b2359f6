// Which links the broadcast tree needs: those of the minimum spanning tree by label. A link is one of them unless links with
// lower labels join its ends (the red and the blue rule: Tarjan 1983, chapter 6). Whoever hears that a link of the tree
// went can so tell whether a link of its own takes that one's place, and need not wait for an announcement: each part of
// a broken tree finds the lowest link that leads out of it, as in the algorithm of Borůvka (1926).

import { createTokenBucket } from '../core/token-bucket.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import { labelOf } from './link-state-port.ts';
import type { PooledRecord } from './record-pool.ts';

/** Members that one search looks at; in a larger mesh whoever does not find the other end by then does not know. */
export const SEARCHED_MAX = 1_024;
/** Whoever makes links up and drops them costs no more searches than these. */
export const SEARCHES_BURST = 512;
const SEARCHES_PER_SECOND = 64;

/** Members are the database's numbers. */
export class BroadcastTree {
  readonly #database: LinkStateDatabase;
  readonly #searches = createTokenBucket(SEARCHES_BURST, SEARCHES_PER_SECOND);

  constructor(database: LinkStateDatabase) {
    this.#database = database;
  }

  /**
   * Whether the tree needs the link between two members, as far as the records say. `null`: not known, since more than
   * `SEARCHED_MAX` members are joined to the first by lower labels, and the other was not among the nearest of them, or
   * since too much was asked of late.
   */
  needs(from: number, to: number, label: number, nowMs: number): boolean | null {
    if (!this.#searches.take(nowMs)) return null;
    const database = this.#database;
    const found = new Set([from]);
    // A set is walked in the order of insertion, also over what is put in on the way.
    for (const member of found) {
      const neighbours = database.record(member)?.neighbours ?? [];
      for (const neighbour of neighbours) {
        if (found.has(neighbour) || this.label(member, neighbour) >= label) continue;
        if (!database.reports(neighbour, member)) continue;
        if (neighbour === to) return false;
        if (found.size >= SEARCHED_MAX) return null;
        found.add(neighbour);
      }
    }
    return true;
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
