// The simulated world: virtual time, seeded randomness, and a log whose hash covers every event. It gives sans-IO code
// the same `Clock` and `Rng` that production does, so that a seed replays a run to the last event.

import { assert } from '../core/assert.ts';
import { BitcrapsError } from '../core/errors.ts';
import type { Clock, Timer } from '../env/clock.ts';
import type { Primitives } from '../env/primitives.ts';
import { createEventLog, logLabel, type EventLog, type LogLabel } from './event-log.ts';
import { createEventQueue, type EventOwner, type EventQueue } from './event-queue.ts';
import { createSeededRng, type SeededRng } from './seeded-rng.ts';

/** The wall clock of every node at virtual time 0: 2026-01-01T00:00:00Z. */
export const WALL_START_MS = 1_767_225_600_000;
/** Events that one `run` may deliver unless told otherwise. */
export const STEPS_MAX = 50_000_000;
/** Events that may be pending at once. */
export const EVENTS_PENDING_MAX = 5_000_000;
/**
 * How often `run` lets promise continuations go on after an event. A longer chain of them goes on after the next
 * event, which is later in virtual time and just as reproducible.
 */
const TURNS_AFTER_EVENT = 3;
/** The same after an event that settled a promise of the world, such as a durable write. */
const TURNS_AFTER_SETTLING = 24;

const EVERYBODY: EventOwner = { alive: true };
const SILENT: LogLabel = logLabel('');

/** A node's clock. Monotonic time is the world's; the wall clock is the node's own. */
export interface SimClock extends Clock {
  /** Moves the wall clock by `byMs`, forwards or backwards; monotonic time goes on. */
  jumpWall(byMs: number): void;
  /** The node's process is gone: its timers never fire, and new ones neither. */
  kill(): void;
}

export interface WorldOptions {
  /** A safe integer. */
  readonly seed: number;
  readonly primitives: Primitives;
  /** Called with each line of the log, for `--trace`. */
  readonly trace?: (line: string) => void;
  /** Bound of one `run`; default `STEPS_MAX`. */
  readonly stepsMax?: number;
  /**
   * Of the bytes of each logged frame, the event log hashes so many at their start, and the length; default all. For
   * large runs, which then spend less on hashing.
   */
  readonly frameBytesHashedMax?: number;
}

export interface World {
  readonly seed: number;
  readonly primitives: Primitives;
  /** A clock that belongs to no node. */
  readonly clock: Clock;
  /** Events delivered so far. */
  readonly steps: number;
  /** Events that wait. */
  readonly pending: number;
  /** A new clock for the node `name`. The same name again (a restart) keeps the offset of its wall clock. */
  clockFor(name: string): SimClock;
  /** As `clock.after`, at an absolute virtual time that is not past: equal times keep the order of the calls. */
  at(atMs: number, run: () => void): Timer;
  /** The random stream `name`: the same object each time, independent of every other stream's use. */
  rng(name: string): SeededRng;
  /** Appends to the event log. `bytes` are hashed with the text and not kept. */
  log(event: string | LogLabel, bytes?: Uint8Array): void;
  /** 32 bytes over every event delivered and logged so far, with their virtual times. */
  logHash(): Uint8Array;
  /** The last lines of the log, oldest first. */
  logTail(): readonly string[];
  /** Tells `run` that this event settled a promise, so that its continuations run within this instant. */
  settled(): void;
  /**
   * Delivers every event up to `untilMs` (absolute virtual time) and moves the clock there.
   * Rejects with `SIM_STEPS_EXCEEDED`, `SIM_EVENTS_EXCEEDED`, or with what an event threw.
   */
  run(untilMs: number): Promise<void>;
  /** As `run`, without letting promise continuations go on: for code that uses none. Throws. */
  runSync(untilMs: number): void;
  /**
   * Delivers events until `predicate` holds, asked before the first and after each event; the clock stays there.
   * Rejects with `SIM_NEVER_HAPPENED` when `limitMs` (absolute virtual time) passes first.
   */
  runUntil(predicate: () => boolean, limitMs: number): Promise<void>;
}

export function createWorld(options: WorldOptions): World {
  return new VirtualWorld(options);
}

class VirtualWorld implements World {
  readonly seed: number;
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly #stepsMax: number;
  readonly #queue: EventQueue = createEventQueue();
  readonly #log: EventLog;
  readonly #streams = new Map<string, SeededRng>();
  readonly #wallOffsets = new Map<string, number>();
  #nowMs = 0;
  #steps = 0;
  #turns = TURNS_AFTER_EVENT;

  constructor(options: WorldOptions) {
    assert(Number.isSafeInteger(options.seed), 'a seed is a safe integer');
    this.seed = options.seed;
    this.primitives = options.primitives;
    this.#stepsMax = options.stepsMax ?? STEPS_MAX;
    const { trace, frameBytesHashedMax } = options;
    this.#log = createEventLog(options.primitives, {
      ...(trace === undefined ? {} : { trace }),
      ...(frameBytesHashedMax === undefined ? {} : { bytesHashedMax: frameBytesHashedMax }),
    });
    this.clock = this.clockFor('');
  }

  get steps(): number {
    return this.#steps;
  }

  get pending(): number {
    return this.#queue.size;
  }

  clockFor(name: string): SimClock {
    const owner = { alive: true };
    return {
      now: () => this.#nowMs,
      wallMs: () => Math.floor(WALL_START_MS + this.#nowMs) + (this.#wallOffsets.get(name) ?? 0),
      after: (delayMs, run) => {
        assert(delayMs >= 0, 'a delay is not negative');
        return this.#schedule(this.#nowMs + delayMs, run, owner);
      },
      jumpWall: (byMs) => {
        this.#wallOffsets.set(name, (this.#wallOffsets.get(name) ?? 0) + byMs);
      },
      kill: () => {
        owner.alive = false;
      },
    };
  }

  at(atMs: number, run: () => void): Timer {
    assert(atMs >= this.#nowMs, 'an event is not in the past');
    return this.#schedule(atMs, run, EVERYBODY);
  }

  #schedule(atMs: number, run: () => void, owner: EventOwner): Timer {
    if (this.#queue.size >= EVENTS_PENDING_MAX) {
      throw new BitcrapsError('SIM_EVENTS_EXCEEDED', {
        eventsMax: EVENTS_PENDING_MAX,
        atMs: this.#nowMs,
      });
    }
    return this.#queue.push(atMs, run, owner);
  }

  rng(name: string): SeededRng {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = createSeededRng(this.primitives, this.seed, name);
    this.#streams.set(name, stream);
    return stream;
  }

  log(event: string | LogLabel, bytes?: Uint8Array): void {
    this.#log.append(this.#nowMs, 0, event, bytes);
  }

  logHash(): Uint8Array {
    return this.#log.hash();
  }

  logTail(): readonly string[] {
    return this.#log.tail();
  }

  settled(): void {
    this.#turns = TURNS_AFTER_SETTLING;
  }

  async run(untilMs: number): Promise<void> {
    const before = this.#steps;
    this.settled();
    await this.#settle();
    while (this.#step(untilMs)) {
      await this.#settle();
      this.#checkSteps(before);
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  runSync(untilMs: number): void {
    const before = this.#steps;
    while (this.#step(untilMs)) this.#checkSteps(before);
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  async runUntil(predicate: () => boolean, limitMs: number): Promise<void> {
    const before = this.#steps;
    this.settled();
    await this.#settle();
    while (!predicate()) {
      if (!this.#step(limitMs)) {
        this.#nowMs = Math.max(this.#nowMs, limitMs);
        throw new BitcrapsError('SIM_NEVER_HAPPENED', { atMs: this.#nowMs });
      }
      await this.#settle();
      this.#checkSteps(before);
    }
  }

  /** Delivers the next event up to `untilMs`; `false` if there is none. */
  #step(untilMs: number): boolean {
    const next = this.#queue.peek();
    if (next === undefined || next.atMs > untilMs) return false;
    const run = this.#queue.pop();
    this.#nowMs = next.atMs;
    this.#steps += 1;
    this.#log.append(next.atMs, next.sequence, SILENT);
    if (next.owner?.alive !== false) run?.();
    return true;
  }

  #checkSteps(before: number): void {
    if (this.#steps - before < this.#stepsMax) return;
    throw new BitcrapsError('SIM_STEPS_EXCEEDED', {
      stepsMax: this.#stepsMax,
      atMs: this.#nowMs,
    });
  }

  /** Lets promise continuations go on; `async` code of the program runs within this instant. */
  async #settle(): Promise<void> {
    for (; this.#turns > 0; this.#turns -= 1) await Promise.resolve();
    this.#turns = TURNS_AFTER_EVENT;
  }
}
