// Asks gateways from time to time whether they are there, one small message at a time: at intervals spread by chance, so that
// nodes that started together do not ask together; sooner after a silence, so that a dead gateway is found out quickly;
// never more in all than one token bucket lets through; and nothing while nobody wants to know, since all nodes of a large
// mesh together would keep its gateways busy.

import type { Clock, Timer } from '../../env/clock.ts';
import type { Rng } from '../../env/rng.ts';
import { byteKey } from '../../routing/byte-key.ts';
import { createTokenBucket } from '../../core/token-bucket.ts';

/** Gateways that are asked; further ones are not. */
export const PROBED_GATEWAYS_MAX = 64;
/** Short enough to follow a load, long enough to be a small part of what a node sends. */
export const PROBE_INTERVAL_MS = 2_000;
/** After a silence. */
export const RETRY_INTERVAL_MS = 300;
/** Silences in a row that are followed up quickly; a gateway that is gone is asked at the usual interval. */
const RETRIES_MAX = 3;
/** An interval is longer or shorter by up to this share. */
const JITTER = 0.25;
/** Bounds of the time that an answer may take, between which the measured round trip decides. */
const TIMEOUT_MS_MIN = 500;
const TIMEOUT_MS_MAX = 2_000;
/** All probes together: a few at once, then so many a second. */
export const PROBES_BURST = 8;
export const PROBES_PER_SECOND = 8;

export interface ProberDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Whether it went out; what did not is no outcome. */
  send(gateway: Uint8Array, id: number): boolean;
  /** Until when an answer counts, of what was measured before. */
  timeoutMs(key: string, minMs: number, maxMs: number): number;
  unanswered(key: string): void;
  /** Intervals are so many times as long, to save energy; 1 where it is not given. */
  stretch?(): number;
}

interface Target {
  readonly key: string;
  readonly gateway: Uint8Array;
  dueAtMs: number;
  /** At most one is under way. */
  asked: { readonly id: number; readonly atMs: number; readonly untilMs: number } | null;
  silences: number;
  /** The first answer after a silence may have waited for a handshake: its time says nothing (Karn's rule). */
  timed: boolean;
}

export class GatewayProber {
  readonly #deps: ProberDeps;
  readonly #targets = new Map<string, Target>();
  readonly #bucket = createTokenBucket(PROBES_BURST, PROBES_PER_SECOND);
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;
  #active = false;
  #sent = 0;
  #stopped = false;

  constructor(deps: ProberDeps) {
    this.#deps = deps;
  }

  /** Probes that went out. */
  get sent(): number {
    return this.#sent;
  }

  /** Asks these from now on, at most `PROBED_GATEWAYS_MAX` of them, and no others. */
  aim(gateways: readonly Uint8Array[]): void {
    const wanted = new Map(
      gateways.slice(0, PROBED_GATEWAYS_MAX).map((gateway) => [byteKey(gateway), gateway]),
    );
    for (const key of this.#targets.keys()) if (!wanted.has(key)) this.#targets.delete(key);
    const nowMs = this.#deps.clock.now();
    for (const [key, gateway] of wanted) {
      if (this.#targets.has(key)) continue;
      const dueAtMs = nowMs + this.#spread(RETRY_INTERVAL_MS);
      this.#targets.set(key, { key, gateway, dueAtMs, asked: null, silences: 0, timed: false });
    }
    this.#arm();
  }

  /** Whether it asks at all. */
  set active(active: boolean) {
    if (active === this.#active) return;
    this.#active = active;
    for (const target of this.#targets.values()) {
      target.asked = null;
      // Sessions may have ended meanwhile.
      target.timed = false;
      if (active) this.soon(target.key);
    }
  }

  /** Asks this one next, if it is not being asked. */
  soon(key: string): void {
    const target = this.#targets.get(key);
    if (target === undefined || target.asked !== null) return;
    const dueAtMs = this.#deps.clock.now() + this.#spread(RETRY_INTERVAL_MS / 2);
    target.dueAtMs = Math.min(target.dueAtMs, dueAtMs);
    this.#arm();
  }

  /**
   * An answer came from this gateway; `null` if it was not waited for. `roundTripMs`: `null` where the answer counts and its
   * time says nothing.
   */
  answer(key: string, id: number): { readonly roundTripMs: number | null } | null {
    const target = this.#targets.get(key);
    if (target?.asked?.id !== id) return null;
    const nowMs = this.#deps.clock.now();
    const roundTripMs = target.timed ? nowMs - target.asked.atMs : null;
    target.asked = null;
    target.silences = 0;
    // Without a time there is nothing to go by yet.
    const isFirst = !target.timed;
    target.timed = true;
    target.dueAtMs = nowMs + this.#spread(isFirst ? RETRY_INTERVAL_MS : this.#intervalMs);
    this.#arm();
    return { roundTripMs };
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.timer.cancel();
    this.#targets.clear();
  }

  get #intervalMs(): number {
    return PROBE_INTERVAL_MS * (this.#deps.stretch?.() ?? 1);
  }

  #spread(ms: number): number {
    return ms * (1 - JITTER + (2 * JITTER * this.#deps.rng.uint32()) / 2 ** 32);
  }

  #look(): void {
    this.#timer = null;
    if (!this.#active) return;
    const nowMs = this.#deps.clock.now();
    for (const target of this.#targets.values()) {
      if (target.asked !== null && target.asked.untilMs <= nowMs) this.#silence(target, nowMs);
    }
    // The longest due first: a bucket that is nearly empty starves nobody.
    const due = [...this.#targets.values()]
      .filter(({ asked, dueAtMs }) => asked === null && dueAtMs <= nowMs)
      .toSorted((a, b) => a.dueAtMs - b.dueAtMs);
    for (const target of due) {
      if (!this.#bucket.take(nowMs)) break;
      this.#ask(target, nowMs);
    }
    this.#arm();
  }

  #ask(target: Target, nowMs: number): void {
    const id = this.#deps.rng.uint32();
    if (!this.#deps.send(target.gateway, id)) {
      target.dueAtMs = nowMs + this.#spread(this.#intervalMs);
      return;
    }
    this.#sent += 1;
    const untilMs = nowMs + this.#deps.timeoutMs(target.key, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX);
    target.asked = { id, atMs: nowMs, untilMs };
  }

  #silence(target: Target, nowMs: number): void {
    target.asked = null;
    target.silences += 1;
    target.timed = false;
    const again = target.silences <= RETRIES_MAX ? RETRY_INTERVAL_MS : this.#intervalMs;
    target.dueAtMs = nowMs + this.#spread(again);
    this.#deps.unanswered(target.key);
  }

  #arm(): void {
    if (this.#stopped || !this.#active) return;
    const { clock } = this.#deps;
    let atMs = Infinity;
    for (const { asked, dueAtMs } of this.#targets.values()) {
      atMs = Math.min(atMs, asked?.untilMs ?? dueAtMs);
    }
    const nowMs = clock.now();
    if (atMs <= nowMs) atMs = nowMs + this.#bucket.waitMs(nowMs);
    if (atMs === Infinity || (this.#timer !== null && this.#timer.atMs <= atMs)) return;
    this.#timer?.timer.cancel();
    // At least a millisecond: sums of fractional times need not be exact.
    const timer = clock.after(Math.max(1, atMs - nowMs), () => this.#look());
    this.#timer = { atMs, timer };
  }
}
