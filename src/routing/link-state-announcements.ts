// What lazy links announced and the tree has not brought (Plumtree, Leitão et al. 2007, section 3.3): who waits too long
// asks the announcer for it and takes the link into the tree. How long is too long follows from how far announcements
// ran ahead of records lately, as RFC 6298 does with round trips.

/** Announcements waited for; more are dropped, and the link reconciled later. */
export const AWAITED_MAX = 1_024;
/** How long an announced record may take at the least, at the start, and at the most. */
export const GRAFT_MS_MIN = 60;
export const GRAFT_MS_FIRST = 120;
export const GRAFT_MS_MAX = 5_000;
const QUEUE_MAX = 4 * AWAITED_MAX;
const GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATIONS = 4;

interface Announcement {
  /** First 4 bytes of the record's id. */
  readonly id: number;
  readonly port: number;
  readonly dueAtMs: number;
}

interface Awaited {
  readonly heardAtMs: number;
  /** Of the last announcement. */
  dueAtMs: number;
}

export class Announcements {
  /** In order of time; those of records that came meanwhile are passed over. */
  #queue: Announcement[] = [];
  readonly #awaited = new Map<number, Awaited>();
  #leadMs: number | null = null;
  #deviationMs = 0;
  /** Not before: it looks at everything. */
  #cleanAtMs = -Infinity;

  /** When the next one is due, `null` if none is. */
  get dueAtMs(): number | null {
    return this.#queue[0]?.dueAtMs ?? null;
  }

  get patienceMs(): number {
    if (this.#leadMs === null) return GRAFT_MS_FIRST;
    const ms = this.#leadMs + DEVIATIONS * this.#deviationMs;
    return Math.min(GRAFT_MS_MAX, Math.max(GRAFT_MS_MIN, ms));
  }

  /** `false` if there is no room for it. */
  heard(id: number, port: number, nowMs: number): boolean {
    const isFull = this.#queue.length >= QUEUE_MAX || this.#awaited.size >= AWAITED_MAX;
    if (isFull && nowMs >= this.#cleanAtMs) this.#clean(nowMs);
    const awaited = this.#awaited.get(id);
    if (this.#queue.length >= QUEUE_MAX) return false;
    if (awaited === undefined && this.#awaited.size >= AWAITED_MAX) return false;
    // A second announcer has its turn when the first one had his.
    const dueAtMs = Math.max(nowMs, awaited?.dueAtMs ?? nowMs) + this.patienceMs;
    if (awaited === undefined) this.#awaited.set(id, { heardAtMs: nowMs, dueAtMs });
    else awaited.dueAtMs = dueAtMs;
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1]?.dueAtMs ?? 0) > dueAtMs) place -= 1;
    this.#queue.splice(place, 0, { id, port, dueAtMs });
    return true;
  }

  /** A record came over the tree: how far ahead its announcement was tells how long to wait for the next. */
  came(id: number, nowMs: number): void {
    if (this.#awaited.size === 0) return;
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    this.#awaited.delete(id);
    if (this.#awaited.size === 0) this.#queue = [];
    const sampleMs = nowMs - awaited.heardAtMs;
    if (this.#leadMs === null) {
      this.#leadMs = sampleMs;
      this.#deviationMs = sampleMs / 2;
      return;
    }
    const error = sampleMs - this.#leadMs;
    this.#deviationMs += DEVIATION_GAIN * (Math.abs(error) - this.#deviationMs);
    this.#leadMs += GAIN * error;
  }

  /** Takes those whose time is up. They are still awaited: a record that was asked for too early teaches patience. */
  takeDue(nowMs: number): readonly Announcement[] {
    let count = 0;
    while (count < this.#queue.length && (this.#queue[count]?.dueAtMs ?? 0) <= nowMs) count += 1;
    return this.#queue.splice(0, count).filter((entry) => this.#isAwaited(entry));
  }

  /** A link went: what it announced comes no more. */
  forget(port: number): void {
    this.#queue = this.#queue.filter((entry) => entry.port !== port);
    const announced = new Set(this.#queue.map(({ id }) => id));
    for (const key of this.#awaited.keys()) if (!announced.has(key)) this.#awaited.delete(key);
  }

  #isAwaited({ id }: Announcement): boolean {
    return this.#awaited.has(id);
  }

  #clean(nowMs: number): void {
    this.#cleanAtMs = nowMs + GRAFT_MS_FIRST;
    for (const [key, { dueAtMs }] of this.#awaited) {
      if (dueAtMs + GRAFT_MS_MAX < nowMs) this.#awaited.delete(key);
    }
    this.#queue = this.#queue.filter((entry) => this.#isAwaited(entry));
  }
}
