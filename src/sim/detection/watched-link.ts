// One link with the production code's `LinkWatch` at both ends, on a disturbed wire between two processes that stand still
// now and then: cheap enough to watch for days of virtual time. What a mesh adds (frames of link state, nudges from
// other links) only finds failures sooner.

import type { Clock } from '../../env/clock.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { SuspicionCause } from '../../mesh/link-watch-config.ts';
import { LinkWatch } from '../../mesh/link-watch.ts';
import { RESILIENCE_DEFAULTS } from '../../resilience/config.ts';
import { LocalHealth } from '../../resilience/detector/local-health.ts';
import { PhiDetectors } from '../../resilience/detector/phi-accrual.ts';
import type { Disturbance } from '../../resilience/disturbances.ts';
import { UNSTRETCHED } from '../../resilience/power/power-plan.ts';
import type { FailureTimings } from '../../resilience/presets.ts';
import { createEventQueue, type EventQueue } from '../event-queue.ts';
import { createSeededRng } from '../seeded-rng.ts';
import { DisturbedWire, Incidents } from './disturbed-wire.ts';

/** A ping or a pong with its type and length, as framed. */
const PING_FRAME_BYTES = 13;
const PACKET = new Uint8Array(100);
/** A process that goes on sees to its timers first, and then reads. */
const READ_AFTER_MS = 0.001;
/** A link that was given up is dialled again after so long. */
const REDIAL_MS = 1_000;

export interface WatchedLinkOptions {
  readonly timings: FailureTimings;
  readonly disturbance: Disturbance;
  /** Each sender sends a packet so often; `null`: the link is idle. */
  readonly packetEveryMs: number | null;
  /** Default: both ends. */
  readonly senders?: readonly (0 | 1)[];
  readonly seed: number;
  readonly primitives: Primitives;
  /** The end 0 dialled. */
  suspected(end: 0 | 1, cause: SuspicionCause, atMs: number): void;
  /** The link is closed: a failure is taken for confirmed. */
  silent(end: 0 | 1, atMs: number): void;
}

type Frame =
  | { readonly kind: 'ping' | 'pong'; readonly payload: Uint8Array }
  | { readonly kind: 'packet' };

export class WatchedLink {
  readonly #options: WatchedLinkOptions;
  readonly #queue: EventQueue = createEventQueue();
  readonly #wire: DisturbedWire;
  readonly #ends: readonly [End, End];
  #nowMs = 0;
  /** Counts up each time the link is dialled. */
  #epoch = 0;

  constructor(options: WatchedLinkOptions) {
    this.#options = options;
    const rng = (name: string): ReturnType<typeof createSeededRng> =>
      createSeededRng(options.primitives, options.seed, name);
    this.#wire = new DisturbedWire(
      options.disturbance,
      options.packetEveryMs ?? Infinity,
      rng('wire'),
    );
    const { pausesPerDay, pauseMsMax } = options.disturbance;
    const end = (index: 0 | 1): End =>
      new End(index, new Incidents(pausesPerDay, pauseMsMax, rng(`pauses ${index}`)));
    this.#ends = [end(0), end(1)];
    for (const one of this.#ends) this.#dial(one);
    if (options.packetEveryMs === null) return;
    for (const index of options.senders ?? [0, 1]) this.#send(this.#ends[index]);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Until then, or until `stop` holds after an event. */
  run(untilMs: number, stop: () => boolean = () => false): void {
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      if (next.atMs > untilMs) break;
      this.#nowMs = next.atMs;
      this.#queue.pop()?.();
      if (stop()) return;
    }
    this.#nowMs = untilMs;
  }

  /** Whether either end suspects the link now. */
  get suspect(): boolean {
    return this.#ends.some(({ watch }) => watch?.suspect === true);
  }

  /** The power of one end fails: it does nothing any more, and its kernel tells nobody. */
  crash(end: 0 | 1): void {
    this.#ends[end].diedAtMs = this.#nowMs;
    this.#ends[end].watch?.stop();
  }

  /** A fresh link between the two, as both ends have it. */
  #dial(end: End): void {
    const { timings } = this.#options;
    const epoch = this.#epoch;
    const clock: Clock = {
      now: () => this.#nowMs,
      wallMs: () => this.#nowMs,
      after: (delayMs, run) =>
        this.#queue.push(this.#nowMs + delayMs, () => this.#awake(end, 0, run)),
    };
    const watch: LinkWatch = new LinkWatch({
      clock,
      detector: end.detectors(timings).watch(this.#nowMs),
      localHealth: end.localHealth,
      timings,
      role: end.index === 0 ? 'dialer' : 'listener',
      shares: true,
      stretch: () => UNSTRETCHED,
      bufferedBytes: () => 0,
      rate: () => null,
      pingDue: () => {
        watch.sent(PING_FRAME_BYTES);
        this.#transmit(end, epoch, { kind: 'ping', payload: watch.ping() });
      },
      measured: () => {},
      arrived: null,
      delivered: () => {},
      suspected: (cause) => {
        // Packets take another way.
        watch.underWay.handOver(() => true);
        this.#options.suspected(end.index, cause, this.#nowMs);
      },
      recovered: () => {},
      silent: () => {
        this.#options.silent(end.index, this.#nowMs);
        this.#redial();
      },
    });
    end.watch = watch;
    watch.start();
  }

  #redial(): void {
    this.#epoch += 1;
    for (const end of this.#ends) end.watch?.stop();
    this.#queue.push(this.#nowMs + REDIAL_MS, () => {
      for (const end of this.#ends) if (end.diedAtMs === Infinity) this.#dial(end);
    });
  }

  #send(end: End): void {
    const everyMs = this.#options.packetEveryMs ?? Infinity;
    this.#queue.push(this.#nowMs + everyMs, () =>
      this.#awake(end, 0, () => {
        const { watch } = end;
        if (watch !== null && !watch.suspect && watch.mayCarry(PACKET.length)) {
          watch.sentPacket(PACKET, 0, PACKET.length, this.#nowMs);
          this.#transmit(end, this.#epoch, { kind: 'packet' });
        }
        this.#send(end);
      }),
    );
  }

  #transmit(from: End, epoch: number, frame: Frame): void {
    const to = this.#ends[from.index === 0 ? 1 : 0];
    const { leftMs, arrivesMs } = this.#wire.send(from.index, this.#nowMs);
    // A dead machine sends nothing again.
    if (leftMs > from.diedAtMs) return;
    this.#queue.push(arrivesMs, () => {
      if (leftMs > from.diedAtMs || epoch !== this.#epoch) return;
      this.#awake(to, READ_AFTER_MS, () => this.#receive(to, epoch, frame));
    });
  }

  #receive(end: End, epoch: number, frame: Frame): void {
    const { watch } = end;
    if (watch === null || epoch !== this.#epoch) return;
    watch.heard(this.#nowMs);
    if (frame.kind === 'ping') {
      watch.pinged(frame.payload);
      watch.sent(PING_FRAME_BYTES);
      this.#transmit(end, epoch, { kind: 'pong', payload: frame.payload });
    } else if (frame.kind === 'pong') watch.ponged(frame.payload);
  }

  /** Now, or once the process goes on. */
  #awake(end: End, afterMs: number, run: () => void): void {
    if (this.#nowMs >= end.diedAtMs) return;
    const pausedUntilMs = end.pausedUntilMs(this.#nowMs);
    if (pausedUntilMs <= this.#nowMs) run();
    else this.#queue.push(pausedUntilMs + afterMs, () => this.#awake(end, afterMs, run));
  }
}

/** One process. */
class End {
  readonly index: 0 | 1;
  readonly localHealth = new LocalHealth();
  watch: LinkWatch | null = null;
  diedAtMs = Infinity;
  readonly #pauses: Incidents;
  #pause: ReturnType<Incidents['next']>;
  #detectors: PhiDetectors | null = null;

  constructor(index: 0 | 1, pauses: Incidents) {
    this.index = index;
    this.#pauses = pauses;
    this.#pause = pauses.next();
  }

  detectors(timings: FailureTimings): PhiDetectors {
    const { phiThreshold } = RESILIENCE_DEFAULTS;
    return (this.#detectors ??= new PhiDetectors({ ...timings, phiThreshold }));
  }

  /** In the past where it is awake. */
  pausedUntilMs(nowMs: number): number {
    while (this.#pause.untilMs <= nowMs) this.#pause = this.#pauses.next();
    return nowMs >= this.#pause.fromMs ? this.#pause.untilMs : -Infinity;
  }
}
