// What a gateway says of itself, as it measures it: how much of its capacity its crossings use or how long things wait at
// it, and for what share of the time it had a bridge that carries. Its capacity is what its operator configured, since a
// gateway cannot see it.

import type { Clock, Timer } from '../../env/clock.ts';
import type { GatewayClaims } from './gateway-offer.ts';
import { createWindowedShare } from './windowed-share.ts';

const SAMPLE_MS = 500;
/** Share of a new sample in the smoothed rate: a burst of a second shows by half. */
const SMOOTHING = 0.3;
/** Being up counts for one to two of these. */
const UPTIME_PERIOD_MS = 1_800_000;
/** What waits for as long as this counts as half a load, whatever it waits for. */
const WAIT_MS_HALF = 100;

/** What is looked at of the gateway. */
export interface CrossingGateway {
  crossings(): { readonly bytesOut: number; readonly bytesIn: number };
  bridges(): readonly { readonly suspect: boolean; readonly pendingBytes: number }[];
}

export interface OwnClaimsDeps {
  readonly clock: Clock;
  readonly gateway: CrossingGateway;
  /** Bytes per second both ways together; `null` where it is not configured. */
  capacity(): number | null;
  /** How much of a limit that it is held to it uses, 0–1; 0 where there is none. Crossings and what it relays beside them. */
  limitUsed(): number;
  /** What crossings may take, bytes per second away from the mesh and into it; `null` for no limit. */
  limits(): { readonly out: number | null; readonly in: number | null };
  /** How long its process is late: a machine that is too busy has no free capacity. */
  delayMs(): number;
  /** Whether it is about to stop. */
  draining(): boolean;
  transports(): readonly string[];
}

export class OwnClaims {
  readonly #deps: OwnClaimsDeps;
  readonly #uptime = createWindowedShare(UPTIME_PERIOD_MS);
  readonly #out: SmoothedRate;
  readonly #in: SmoothedRate;
  #sampledAtMs: number;
  #hasBegun = false;
  #timer: Timer;

  constructor(deps: OwnClaimsDeps) {
    this.#deps = deps;
    const { bytesOut, bytesIn } = deps.gateway.crossings();
    this.#out = new SmoothedRate(bytesOut);
    this.#in = new SmoothedRate(bytesIn);
    this.#sampledAtMs = deps.clock.now();
    this.#timer = deps.clock.after(SAMPLE_MS, () => this.#sample());
  }

  now(): GatewayClaims {
    const { clock } = this.#deps;
    const capacityBytesPerSecond = this.#deps.capacity();
    const used =
      capacityBytesPerSecond === null || capacityBytesPerSecond <= 0
        ? 0
        : this.#rate() / capacityBytesPerSecond;
    const waitMs = Math.max(this.#queueMs(), this.#deps.delayMs());
    const waiting = waitMs / (waitMs + WAIT_MS_HALF);
    return {
      load: Math.min(1, Math.max(used, this.#limitUsed(), waiting)),
      // Before its first bridge it carries nothing.
      uptime: this.#uptime.share(clock.now()) ?? (this.#isUp() ? 1 : 0),
      capacityBytesPerSecond,
      transports: this.#deps.transports(),
      draining: this.#deps.draining(),
    };
  }

  stop(): void {
    this.#timer.cancel();
  }

  #sample(): void {
    const { clock, gateway } = this.#deps;
    this.#timer = clock.after(SAMPLE_MS, () => this.#sample());
    const nowMs = clock.now();
    const ms = Math.max(1, nowMs - this.#sampledAtMs);
    const { bytesOut, bytesIn } = gateway.crossings();
    this.#out.sample(bytesOut, ms);
    this.#in.sample(bytesIn, ms);
    this.#sampledAtMs = nowMs;
    const isUp = this.#isUp();
    this.#hasBegun ||= isUp;
    // The time until the first bridge is a start, not an outage.
    if (this.#hasBegun) this.#uptime.add(isUp ? ms : 0, ms, nowMs);
  }

  #isUp(): boolean {
    return this.#deps.gateway.bridges().some(({ suspect }) => !suspect);
  }

  #rate(): number {
    return this.#out.bytesPerSecond + this.#in.bytesPerSecond;
  }

  /** Senders that are to leave for others must hear of a full limit at once, or too many of them go. */
  #limitUsed(): number {
    const limits = this.#deps.limits();
    return Math.max(
      this.#deps.limitUsed(),
      this.#out.shareOf(limits.out),
      this.#in.shareOf(limits.in),
    );
  }

  /** How long what waits for the fullest bridge will take at the present rate. */
  #queueMs(): number {
    const pending = this.#deps.gateway.bridges().map(({ pendingBytes }) => pendingBytes);
    return (Math.max(0, ...pending) * 1_000) / Math.max(1, this.#rate());
  }
}

class SmoothedRate {
  bytesPerSecond = 0;
  #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** `bytes`: in all so far, `ms` after the last sample. */
  sample(bytes: number, ms: number): void {
    const rate = (Math.max(0, bytes - this.#bytes) * 1_000) / ms;
    this.bytesPerSecond += SMOOTHING * (rate - this.bytesPerSecond);
    this.#bytes = bytes;
  }

  shareOf(limit: number | null): number {
    return limit === null ? 0 : this.bytesPerSecond / limit;
  }
}
