// What lazy links announced and the tree has not brought (Plumtree, Leitão et al. 2007, section 3.3): who waits too long
// asks the announcer for it and takes the link into the tree. How long is too long follows from how far announcements
// ran ahead of records lately, as RFC 6298 does with round trips.

/** Announcements waited for; more are dropped, and the link reconciled later. */
export const AWAITED_MAX = 1_024;
/** How long an announced record may take at the least, at the start, and at the most. */
export const GRAFT_MS_MIN = 60;
export const GRAFT_MS_FIRST = 120;
export const GRAFT_MS_MAX = 5_000;
/** Announcers that wait for their turn to be asked, of all that is awaited. */
const ANNOUNCERS_MAX = 4 * AWAITED_MAX;
/** Turns, with those of records that came meanwhile. */
const TURNS_MAX = 4 * AWAITED_MAX;
const GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATIONS = 4;

/** Whom to ask for what. */
export interface Overdue {
  /** First 4 bytes of the record's id. */
  readonly id: number;
  readonly port: number;
}

interface Awaited {
  readonly heardAtMs: number;
  /** Those who announced it and were not asked, in their order. */
  readonly ports: number[];
  /** When the first of them is asked, or the last one was. */
  dueAtMs: number;
}

interface Turn {
  readonly id: number;
  readonly dueAtMs: number;
}

export class Announcements {
  /** In order of time from `#head` on: one turn for each that has announcers, and those of records that came meanwhile. */
  #turns: (Turn | undefined)[] = [];
  #head = 0;
  readonly #awaited = new Map<number, Awaited>();
  #announcers = 0;
  #leadMs: number | null = null;
  #deviationMs = 0;
  /** Not before: it looks at everything. */
  #cleanAtMs = -Infinity;

  /** When the next one is due, `null` if none is. */
  get dueAtMs(): number | null {
    return this.#turns[this.#head]?.dueAtMs ?? null;
  }

  get patienceMs(): number {
    if (this.#leadMs === null) return GRAFT_MS_FIRST;
    const ms = this.#leadMs + DEVIATIONS * this.#deviationMs;
    return Math.min(GRAFT_MS_MAX, Math.max(GRAFT_MS_MIN, ms));
  }

  /** `false` if there is no room for it. */
  heard(id: number, port: number, nowMs: number): boolean {
    let awaited = this.#awaited.get(id);
    if (this.#isFull(awaited) && nowMs >= this.#cleanAtMs) {
      this.#clean(nowMs);
      awaited = this.#awaited.get(id);
    }
    if (this.#isFull(awaited)) return false;
    if (awaited === undefined) {
      awaited = { heardAtMs: nowMs, ports: [], dueAtMs: 0 };
      this.#awaited.set(id, awaited);
    }
    awaited.ports.push(port);
    this.#announcers += 1;
    if (awaited.ports.length === 1) this.#schedule(id, awaited, nowMs);
    return true;
  }

  /** A record came over the tree: how far ahead its announcement was tells how long to wait for the next. */
  came(id: number, nowMs: number): void {
    if (this.#awaited.size === 0) return;
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    this.#drop(id, awaited);
    if (this.#awaited.size === 0) this.#setTurns([]);
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

  /**
   * Takes the first announcer of each whose time is up; a second one has his turn when that does not help. They are still
   * awaited: a record that was asked for too early teaches patience.
   */
  takeDue(nowMs: number): readonly Overdue[] {
    const due: Overdue[] = [];
    for (let turn = this.#turns[this.#head]; turn !== undefined && turn.dueAtMs <= nowMs;) {
      const { id } = turn;
      this.#turns[this.#head] = undefined;
      this.#head += 1;
      const awaited = this.#awaited.get(id);
      const port = awaited?.dueAtMs === turn.dueAtMs ? awaited.ports.shift() : undefined;
      if (awaited !== undefined && port !== undefined) {
        this.#announcers -= 1;
        due.push({ id, port });
        if (awaited.ports.length > 0) this.#schedule(id, awaited, nowMs);
      }
      turn = this.#turns[this.#head];
    }
    if (2 * this.#head > this.#turns.length) this.#setTurns(this.#turns.slice(this.#head));
    return due;
  }

  /** A link went: what it announced comes no more. */
  forget(port: number): void {
    for (const [id, awaited] of this.#awaited) {
      const others = awaited.ports.filter((other) => other !== port);
      this.#announcers -= awaited.ports.length - others.length;
      awaited.ports.splice(0, Infinity, ...others);
      if (others.length === 0) this.#drop(id, awaited);
    }
  }

  #isFull(awaited: Awaited | undefined): boolean {
    if (awaited === undefined && this.#awaited.size >= AWAITED_MAX) return true;
    return this.#announcers >= ANNOUNCERS_MAX || this.#turns.length - this.#head >= TURNS_MAX;
  }

  /** Turns stay in order of time though patience may shrink. */
  #schedule(id: number, awaited: Awaited, nowMs: number): void {
    const lastMs = this.#turns.at(-1)?.dueAtMs ?? -Infinity;
    const dueAtMs = Math.max(lastMs, nowMs + this.patienceMs);
    awaited.dueAtMs = dueAtMs;
    this.#turns.push({ id, dueAtMs });
  }

  #drop(id: number, awaited: Awaited): void {
    this.#announcers -= awaited.ports.length;
    this.#awaited.delete(id);
  }

  /** Forgets those that do not come, and the turns of those that came. */
  #clean(nowMs: number): void {
    this.#cleanAtMs = nowMs + GRAFT_MS_FIRST;
    for (const [id, awaited] of this.#awaited) {
      if (awaited.dueAtMs + GRAFT_MS_MAX < nowMs) this.#drop(id, awaited);
    }
    this.#setTurns(
      this.#turns.slice(this.#head).filter((turn) => {
        const awaited = turn === undefined ? undefined : this.#awaited.get(turn.id);
        return awaited !== undefined && awaited.dueAtMs === turn?.dueAtMs;
      }),
    );
  }

  #setTurns(turns: (Turn | undefined)[]): void {
    this.#turns = turns;
    this.#head = 0;
  }
}
