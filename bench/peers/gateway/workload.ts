// Drives one workload over a carrier and tells what it cost the relay. Paced ones are open-loop: each message has a time at
// which it is due, and its latency counts from then, however late it was sent (no coordinated omission). The fastest rate
// is sought with a bound on what is under way, as a transport's window would have it.
//
// Paced messages are due in bursts, one each millisecond, as timers of operating systems have it: the load then sleeps between,
// and leaves its processor to what else runs there. Or they are due evenly, one by one, and the load looks at the clock
// all the time.

import { setTimeout as wait } from 'node:timers/promises';
import type { Carrier } from './carrier.ts';
import { MessagePool, Sink } from './message.ts';

export interface Workload {
  readonly messageBytes: number;
  /** Messages per second, `null`: as fast as they go. */
  readonly rate: number | null;
  /** Paced: each message is due by itself, not in bursts. The load then never sleeps. */
  readonly even: boolean;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface Outcome {
  /** Arrived within the time measured, and that time. */
  readonly messages: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Of the relay within that time, `null` where there is none. */
  readonly cpuSeconds: number | null;
  /** From the time a message was due to its arrival; `null` for the fastest rate. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Of all that was sent. */
  readonly sent: number;
  readonly lost: number;
  readonly late: number;
  readonly corrupt: number;
}

/** Under way at most, where messages go as fast as they can. */
const WINDOW_BYTES = 1024 * 1024;
/** Without an arrival for so long, what is under way is taken for lost. */
const LOST_AFTER_MS = 200;
/** Latencies kept of one run. */
const LATENCIES_MAX = 4_000_000;
/** What waits to be sent while a relay is behind, in time: beyond it a paced run has failed. */
const BEHIND_MS_MAX = 20_000;

/** Between two bursts. */
const TICK_MS = 1;

let lastRound = 0;

export async function runWorkload(
  carrier: Carrier,
  workload: Workload,
  seed: number,
): Promise<Outcome> {
  lastRound += 1;
  const run = new Run(carrier, workload, lastRound, new MessagePool(workload.messageBytes, seed));
  const { begin, end } = await run.measured;
  const { sink } = run;
  await drained(sink, run.sent);
  carrier.receive = () => {};
  return {
    messages: end.received - begin.received,
    bytes: end.bytes - begin.bytes,
    seconds: (end.atMs - begin.atMs) / 1000,
    cpuSeconds: begin.cpu === null || end.cpu === null ? null : end.cpu - begin.cpu,
    latencyMs: workload.rate === null ? null : quantiles(run.latencies()),
    sent: run.sent,
    lost: run.sent - sink.received,
    late: sink.late,
    corrupt: sink.corrupt,
  };
}

interface Snapshot {
  readonly atMs: number;
  readonly cpu: number | null;
  readonly received: number;
  readonly bytes: number;
}

class Run {
  sent = 0;
  readonly sink: Sink;
  readonly measured: Promise<{ readonly begin: Snapshot; readonly end: Snapshot }>;
  readonly #carrier: Carrier;
  readonly #workload: Workload;
  readonly #round: number;
  readonly #pool: MessagePool;
  readonly #beganMs = performance.now();
  readonly #latencies: Float32Array;
  #latencyCount = 0;
  #given = 0;
  #lastReceived = 0;
  #progressMs: number = this.#beganMs;
  #pumpPlanned = false;
  #over = false;

  constructor(carrier: Carrier, workload: Workload, round: number, pool: MessagePool) {
    const { messageBytes, rate, measuredMs, warmUpMs } = workload;
    this.#carrier = carrier;
    this.#workload = workload;
    this.#round = round;
    this.#pool = pool;
    const expected = rate === null ? 0 : Math.ceil((measuredMs / 1000) * rate);
    this.#latencies = new Float32Array(Math.min(LATENCIES_MAX, expected));
    const arrived = rate === null ? null : (sequence: number) => this.#arrived(sequence);
    this.sink = new Sink(round, messageBytes, arrived);
    carrier.receive = (message) => {
      this.sink.take(message);
      if (rate === null && !this.#pumpPlanned) {
        this.#pumpPlanned = true;
        setImmediate(() => this.#pump());
      }
    };
    const { promise, resolve } = Promise.withResolvers<Awaited<typeof this.measured>>();
    this.measured = promise;
    let begin: Snapshot | null = null;
    const tick = setInterval(() => {
      const ranMs = performance.now() - this.#beganMs;
      if (begin === null && ranMs >= warmUpMs) begin = this.#snapshot();
      if (ranMs >= warmUpMs + measuredMs) {
        this.#over = true;
        clearInterval(tick);
        const end = this.#snapshot();
        resolve({ begin: begin ?? end, end });
      } else if (!workload.even) this.#pump();
    }, TICK_MS);
    this.#pump();
  }

  latencies(): Float32Array {
    return this.#latencies.subarray(0, this.#latencyCount);
  }

  /** Sends what is due. */
  #pump(): void {
    this.#pumpPlanned = false;
    if (this.#over) return;
    const upTo = this.#due(performance.now());
    while (this.sent < upTo && this.#carrier.send(this.#pool.message(this.#round, this.sent))) {
      this.sent += 1;
    }
    this.#carrier.flush();
    if (this.#workload.even) setImmediate(() => this.#pump());
  }

  /** How many messages are to be sent by now. */
  #due(nowMs: number): number {
    const { rate, messageBytes, even } = this.#workload;
    if (rate !== null && even) return Math.floor(((nowMs - this.#beganMs) * rate) / 1000) + 1;
    if (rate !== null) {
      const ticks = Math.floor((nowMs - this.#beganMs) / TICK_MS) + 1;
      return Math.floor((ticks * TICK_MS * rate) / 1000);
    }
    const { received } = this.sink;
    if (received !== this.#lastReceived) {
      this.#lastReceived = received;
      this.#progressMs = nowMs;
    } else if (nowMs - this.#progressMs > LOST_AFTER_MS) {
      this.#given = this.sent - received;
      this.#progressMs = nowMs;
    }
    return received + this.#given + Math.max(1, Math.floor(WINDOW_BYTES / messageBytes));
  }

  #arrived(sequence: number): void {
    const { rate, warmUpMs, even } = this.#workload;
    const evenMs = (sequence * 1000) / (rate ?? 1);
    // The tick of the schedule that the message belongs to.
    const dueMs = even ? evenMs : Math.floor(evenMs / TICK_MS) * TICK_MS;
    if (dueMs < warmUpMs || this.#latencyCount >= this.#latencies.length) return;
    this.#latencies[this.#latencyCount] = performance.now() - this.#beganMs - dueMs;
    this.#latencyCount += 1;
  }

  #snapshot(): Snapshot {
    const cpu = this.#carrier.relay?.cpuSeconds() ?? null;
    return { atMs: performance.now(), cpu, received: this.sink.received, bytes: this.sink.bytes };
  }
}

/** What is under way arrives, or does not come any more. */
async function drained(sink: Sink, sent: number): Promise<void> {
  let last = -1;
  const untilMs = performance.now() + BEHIND_MS_MAX;
  while (sink.received < sent && sink.received !== last && performance.now() < untilMs) {
    last = sink.received;
    await wait(LOST_AFTER_MS);
  }
}

function quantiles(samples: Float32Array): { readonly p50: number; readonly p99: number } | null {
  if (samples.length === 0) return null;
  const sorted = samples.slice().sort();
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
