// The gate of a node: who comes in, step by step, each step before anything dearer is spent on the next. At the door
// (counts and rates by origin), before the handshake (the answer to a challenge, where one is asked), after it (the
// identity), and as a link (the bytes that wait). Everything that it keeps is bounded by its limits, which may change
// while it runs; whom it refuses is counted by reason.

import type {
  AdmissionGate,
  Caller,
  Failing,
  Held,
  RefusalReason,
  Verdict,
  Visit,
} from '../../env/admission.ts';
import { bytesEqual } from '../../core/bytes.ts';
import type { Result } from '../../core/errors.ts';
import { checkPuzzle } from '../../crypto/connection-puzzle.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Metrics } from '../../env/metrics.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Rng } from '../../env/rng.ts';
import { byteKey } from '../../routing/byte-key.ts';
import { decodeKnock, encodeKnock } from '../../wire/knock.ts';
import { originOf, type Origin, type Width } from './address-prefix.ts';
import { createCensus } from './census.ts';
import { createCookieJar } from './cookie.ts';
import {
  ADMISSION_LIMITS,
  changedLimits,
  dialsMaxOf,
  halfOpenMaxOf,
  linksMaxOf,
  type AdmissionLimits,
} from './limits.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { createProofDemand, DEMAND_BITS_MIN } from './proof-demand.ts';
import { createRateSketch, type Rate } from './rate-sketch.ts';
import { createSpentAnswers } from './spent-answers.ts';
import { GateVisit, type Stage, type VisitHost } from './visit.ts';

/** How often links, handshakes and the load are looked at, while there are any. */
const LOOK_MS = 250;
/** How many ordinary connections one costs its origin that failed by its own doing. */
const FAILURE_COST = 5;
/** An answer may be worth so much less than is asked now: the demand rose while it was worked on. */
const DEMAND_SLACK_BITS = 2;
/** Of one generation: 6 MB at most, and a million hashes of somebody's to get there. */
const SPENT_ANSWERS_MAX = 65_536;
/** Bursts are so many seconds' worth. */
const BURST_SECONDS = 2;
/** For so long after the last challenge dialers may still come with an answer. */
const LOOKS_ON_MS = 60_000;
/**
 * With so many links, who comes next is looked at first, whatever the load: a TLS connection whose first bytes were read
 * before keeps 16 KiB instead of 64 to read into.
 */
const LEAN_LINKS = 1_000;
/** Connections of two dials of an honest dialer under load, at the most: three for each, of which one may still be closing. */
const DIAL_CONNECTIONS = 6;
const WIDTHS: readonly Width[] = ['address', 'prefix', 'site'];
/** The origin of all together. */
const ALL = 'all';
const METRIC = 'bitcraps_gateway_admission_';

export interface GateConfig {
  /** PeerId of this node: what puzzles are bound to. */
  readonly self: Uint8Array;
  readonly limits?: Partial<AdmissionLimits>;
}

export interface GateDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly metrics: Metrics;
  /** A spell in which strangers had to work is over: a time to tidy up. */
  readonly onCalm?: () => void;
}

/** What the gate let in and kept out since it was made, and how much presses on it now. */
export interface AdmissionReport {
  readonly links: number;
  readonly halfOpen: number;
  readonly identities: number;
  readonly bufferedBytes: number;
  /** Zero bits that strangers must show now. */
  readonly puzzleBits: number;
  readonly loopDelayMs: number;
  readonly draining: boolean;
  readonly admitted: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly limits: AdmissionLimits;
}

export interface NodeGate extends AdmissionGate {
  /** All of `changes` at once, or none: `GATEWAY_LIMIT_INVALID`. Links beyond a lowered bound stay. */
  change(changes: Partial<AdmissionLimits>): Result<AdmissionLimits, 'GATEWAY_LIMIT_INVALID'>;
  /** How late timers are at this time, as the platform measures it. */
  observeDelay(delayMs: number): void;
  /** The links of `remoteKey` sent too many faulty frames: its addresses pay. */
  fault(remoteKey: Uint8Array): void;
  /** Refuses everybody from now on. */
  drain(): void;
  report(): AdmissionReport;
}

/** Throws `GATEWAY_LIMIT_INVALID`. */
export function createAdmissionGate(config: GateConfig, deps: GateDeps): NodeGate {
  const limits = changedLimits(ADMISSION_LIMITS, config.limits ?? {});
  if (!limits.ok) throw limits.error;
  return new Gate(config.self, limits.value, deps);
}

class Gate implements NodeGate, VisitHost {
  readonly #self: Uint8Array;
  readonly #deps: GateDeps;
  #limits: AdmissionLimits;
  readonly #cookies;
  readonly #sketch;
  readonly #spent = createSpentAnswers(SPENT_ANSWERS_MAX);
  readonly #demand = createProofDemand(() => this.#limits.puzzleBitsMax);
  readonly #memory = createMemoryBudget();
  /** Connections at each width, half-open ones included, and half-open ones alone. */
  readonly #present = createCensus();
  readonly #opening = createCensus();
  readonly #openingPrefixes = createCensus();
  readonly #identities = createCensus();
  /** Oldest first. */
  readonly #halfOpen = new Set<GateVisit>();
  readonly #links = new Set<GateVisit>();
  readonly #refused = new Map<RefusalReason, number>();
  readonly #refusedTotal;
  readonly #admittedTotal;
  readonly #gauges;
  #admitted = 0;
  #challengedAtMs = Number.NEGATIVE_INFINITY;
  #delayMs = 0;
  #draining = false;
  #timer: Timer | null = null;

  constructor(self: Uint8Array, limits: AdmissionLimits, deps: GateDeps) {
    const { primitives, clock, rng, metrics } = deps;
    this.#self = self;
    this.#limits = limits;
    this.#deps = deps;
    this.#cookies = createCookieJar(primitives, clock, rng);
    this.#sketch = createRateSketch(primitives, rng);
    this.#refusedTotal = metrics.counter({
      name: `${METRIC}refused_total`,
      help: 'Connections refused or ended by the admission gate, by reason.',
      labelNames: ['reason'],
    });
    this.#admittedTotal = metrics.counter({
      name: `${METRIC}admitted_total`,
      help: 'Links that the admission gate let in.',
    });
    const gauge = (what: string, help: string) => metrics.gauge({ name: METRIC + what, help });
    this.#gauges = {
      links: gauge('links', 'Accepted links.'),
      halfOpen: gauge('half_open', 'Accepted connections without a proved identity.'),
      buffered: gauge('buffered_bytes', 'Bytes that wait on all accepted links.'),
      bits: gauge('puzzle_bits', 'Zero bits asked of strangers.'),
    };
  }

  challengeFor(address: string, datagram: Uint8Array): Uint8Array | null {
    if (this.#draining || decodeKnock(datagram)?.kind !== 'ask') return null;
    return this.#challenge(originOf(address), this.#demand.bits);
  }

  arrive(caller: Caller): Visit | RefusalReason {
    const nowMs = this.#deps.clock.now();
    const origin = originOf(caller.address);
    this.#observe(nowMs);
    const reason = this.#doorReason(origin, nowMs) ?? this.#makeRoom(origin);
    if (reason !== null) return this.#refuse(reason);
    this.#charge(origin, nowMs, 1);
    const visit = new GateVisit(this, caller, origin, nowMs, this.#looksFirst(nowMs));
    this.#halfOpen.add(visit);
    for (const width of WIDTHS) {
      const key = origin[width];
      if (key === null) continue;
      this.#present.add(key);
      this.#opening.add(key);
    }
    this.#openingPrefixes.add(prefixOf(origin));
    this.#plan();
    return visit;
  }

  change(changes: Partial<AdmissionLimits>): Result<AdmissionLimits, 'GATEWAY_LIMIT_INVALID'> {
    const changed = changedLimits(this.#limits, changes);
    if (changed.ok) this.#limits = changed.value;
    return changed;
  }

  observeDelay(delayMs: number): void {
    this.#delayMs = delayMs;
    this.#observe(this.#deps.clock.now());
  }

  fault(remoteKey: Uint8Array): void {
    for (const visit of this.#links) {
      if (visit.key === null || !bytesEqual(visit.key, remoteKey)) continue;
      this.#charge(visit.origin, this.#deps.clock.now(), FAILURE_COST);
    }
    this.#refuse('frames-faulty');
  }

  drain(): void {
    this.#draining = true;
  }

  report(): AdmissionReport {
    return {
      links: this.#links.size,
      halfOpen: this.#halfOpen.size,
      identities: this.#identities.size,
      bufferedBytes: this.#memory.bufferedBytes,
      puzzleBits: this.#demand.bits,
      loopDelayMs: this.#delayMs,
      draining: this.#draining,
      admitted: this.#admitted,
      refused: Object.fromEntries(this.#refused),
      limits: this.#limits,
    };
  }

  /** What a visit asks before its handshake. */
  begin(visit: GateVisit, answer: Uint8Array | null): Verdict {
    const nowMs = this.#deps.clock.now();
    this.#observe(nowMs);
    const rate = this.#rateOf(this.#limits.dialsPerSecondMax);
    const mayBegin = this.#sketch.allows(ALL, rate, nowMs);
    const asksWork = this.#demand.bits > 0 || (!mayBegin && this.#limits.puzzleBitsMax > 0);
    const mayAsk = answer === null && visit.caller.isPastPuzzles !== true;
    const judged = answer === null ? null : this.#judge(visit, answer, nowMs);
    if ((mayAsk && asksWork) || judged === 'challenged') return this.#challenged(visit);
    const reason = judged ?? (mayBegin ? null : 'rate-of-all');
    if (reason !== null) {
      if (reason.startsWith('answer-')) this.#charge(visit.origin, nowMs, FAILURE_COST);
      return { kind: 'refused', reason: this.#refuse(reason) };
    }
    this.#sketch.charge(ALL, rate, nowMs, 1);
    return { kind: 'admitted' };
  }

  prove(visit: GateVisit, remoteKey: Uint8Array): RefusalReason | null {
    if (visit.claimed !== null && !bytesEqual(visit.claimed, remoteKey)) {
      return this.#failed(visit, 'answer-of-another');
    }
    if (this.#isFull(remoteKey)) return this.#failed(visit, 'links-of-identity');
    this.#halfOpen.delete(visit);
    this.#forgetOpening(visit.origin);
    this.#links.add(visit);
    this.#identities.add(byteKey(remoteKey));
    this.#admitted += 1;
    this.#admittedTotal.add();
    return null;
  }

  hold(held: Held): void {
    this.#memory.add(held);
  }

  fail(visit: GateVisit, reason: Failing): void {
    this.#failed(visit, reason);
  }

  left(visit: GateVisit, stage: Exclude<Stage, 'gone'>): void {
    if (stage === 'half-open') {
      this.#halfOpen.delete(visit);
      this.#forgetOpening(visit.origin);
    } else {
      this.#links.delete(visit);
      if (visit.key !== null) this.#identities.remove(byteKey(visit.key));
      if (visit.held !== null) this.#memory.remove(visit.held);
    }
    for (const width of WIDTHS) {
      const key = visit.origin[width];
      if (key !== null) this.#present.remove(key);
    }
  }

  #looksFirst(nowMs: number): boolean {
    if (this.#demand.bits > 0 || nowMs - this.#challengedAtMs < LOOKS_ON_MS) return true;
    return this.#links.size >= LEAN_LINKS;
  }

  #challenge(origin: Origin, bits: number): Uint8Array {
    this.#challengedAtMs = this.#deps.clock.now();
    const cookie = this.#cookies.make(origin.bytes, bits);
    return encodeKnock({ kind: 'challenge', listener: this.#self, cookie });
  }

  /** The cheap checks first: counts, then rates. */
  #doorReason(origin: Origin, nowMs: number): RefusalReason | null {
    const limits = this.#limits;
    if (this.#draining) return 'draining';
    if (this.#links.size + this.#halfOpen.size >= limits.linksMax) return 'links-of-all';
    for (const width of WIDTHS) {
      const key = origin[width];
      if (key === null) continue;
      if (this.#present.of(key) >= linksMaxOf(limits, width)) return `links-of-${width}`;
      if (width !== 'site' && this.#opening.of(key) >= halfOpenMaxOf(limits, width)) {
        return `half-open-of-${width}`;
      }
    }
    for (const width of WIDTHS) {
      const key = origin[width];
      if (key === null) continue;
      if (!this.#sketch.allows(key, this.#rateOf(dialsMaxOf(limits, width)), nowMs)) {
        return `rate-of-${width}`;
      }
    }
    return null;
  }

  /**
   * Where all places for handshakes are taken, one of a most crowded prefix gives way: the oldest that has said nothing,
   * else the oldest, since who has said something is nearer to an identity. Prefixes with a dial or two are equally
   * little crowded, or an honest one, whose last connection is still closing, would give way to a flood from everywhere.
   */
  #makeRoom(origin: Origin): RefusalReason | null {
    if (this.#halfOpen.size < this.#limits.halfOpenMax) return null;
    const little = Math.min(DIAL_CONNECTIONS, Math.floor(this.#limits.halfOpenMax / 4));
    const crowd = Math.max(this.#openingPrefixes.most, little);
    let victim: GateVisit | null = null;
    for (const visit of this.#halfOpen) {
      const count = this.#openingPrefixes.of(prefixOf(visit.origin));
      if (count < crowd && crowd > little) continue;
      const isSilent = visit.caller.receivedBytes() === 0;
      if (isSilent || victim === null) victim = visit;
      if (isSilent) break;
    }
    const isOwn = victim !== null && prefixOf(victim.origin) === prefixOf(origin);
    if (victim === null || (isOwn && crowd > little)) return 'half-open-of-all';
    this.#expel(victim, 'half-open-evicted');
    return null;
  }

  #challenged(visit: GateVisit): Verdict {
    this.#refuse('challenged');
    const bits = Math.max(this.#demand.bits, Math.min(DEMAND_BITS_MIN, this.#limits.puzzleBitsMax));
    return { kind: 'challenged', challenge: this.#challenge(visit.origin, bits) };
  }

  /** What is wrong with an answer; `challenged`: nothing, but it took too long and another is wanted. */
  #judge(visit: GateVisit, answer: Uint8Array, nowMs: number): RefusalReason | null {
    const knock = decodeKnock(answer);
    if (knock?.kind !== 'answer') return 'answer-malformed';
    const cookie = this.#cookies.check(visit.origin.bytes, knock.cookie);
    if (cookie === 'answer-expired') return 'challenged';
    if (typeof cookie === 'string') return cookie;
    const { bits } = cookie;
    const puzzle = { listener: this.#self, dialer: knock.dialer, cookie: knock.cookie, bits };
    if (!checkPuzzle(this.#deps.primitives, puzzle, knock.solution)) return 'answer-weak';
    if (bits < this.#demand.bits - DEMAND_SLACK_BITS) return 'challenged';
    if (!this.#spent.spend(cookie.tag, nowMs)) return 'answer-spent';
    if (this.#isFull(knock.dialer)) return 'links-of-identity';
    visit.claimed = knock.dialer.slice();
    return null;
  }

  #isFull(remoteKey: Uint8Array): boolean {
    return this.#identities.of(byteKey(remoteKey)) >= this.#limits.linksPerIdentityMax;
  }

  #failed(visit: GateVisit, reason: RefusalReason): RefusalReason {
    this.#charge(visit.origin, this.#deps.clock.now(), FAILURE_COST);
    return this.#refuse(reason);
  }

  #charge(origin: Origin, nowMs: number, count: number): void {
    for (const width of WIDTHS) {
      const key = origin[width];
      if (key === null) continue;
      this.#sketch.charge(key, this.#rateOf(dialsMaxOf(this.#limits, width)), nowMs, count);
    }
  }

  #rateOf(perSecond: number): Rate {
    return { perSecond, burst: BURST_SECONDS * perSecond };
  }

  #refuse<R extends RefusalReason>(reason: R): R {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    this.#refusedTotal.add(1, { reason });
    return reason;
  }

  /** Ends a visit from here. Its caller hears of it in a turn of its own, when it may call back. */
  #expel(visit: GateVisit, reason: RefusalReason): void {
    this.#refuse(reason);
    visit.leave();
    visit.caller.end(reason);
  }

  #forgetOpening(origin: Origin): void {
    for (const width of WIDTHS) {
      const key = origin[width];
      if (key !== null) this.#opening.remove(key);
    }
    this.#openingPrefixes.remove(prefixOf(origin));
  }

  #observe(nowMs: number): void {
    const { halfOpenMax, dialsPerSecondMax, loopDelayMsMax } = this.#limits;
    const bits = this.#demand.bits;
    this.#demand.observe(
      {
        halfOpen: this.#halfOpen.size / halfOpenMax,
        dials: this.#sketch.owed(ALL, this.#rateOf(dialsPerSecondMax), nowMs),
        delay: this.#delayMs / loopDelayMsMax,
      },
      nowMs,
    );
    if (bits > 0 && this.#demand.bits === 0) this.#deps.onCalm?.();
  }

  #plan(): void {
    if (this.#timer !== null) return;
    this.#timer = this.#deps.clock.after(LOOK_MS, () => {
      this.#timer = null;
      this.#look();
      if (this.#halfOpen.size + this.#links.size > 0 || this.#demand.bits > 0) this.#plan();
    });
  }

  #look(): void {
    const nowMs = this.#deps.clock.now();
    this.#observe(nowMs);
    for (const visit of this.#halfOpen) {
      if (visit.isSlow(nowMs, this.#demand.bits > 0)) {
        this.#charge(visit.origin, nowMs, FAILURE_COST);
        this.#expel(visit, 'handshake-slow');
      }
    }
    for (const held of this.#memory.look(this.#limits.bufferedBytesMax, nowMs)) {
      this.#refuse('memory');
      held.shed();
    }
    this.#gauges.links.set(this.#links.size);
    this.#gauges.halfOpen.set(this.#halfOpen.size);
    this.#gauges.buffered.set(this.#memory.bufferedBytes);
    this.#gauges.bits.set(this.#demand.bits);
  }
}

function prefixOf({ prefix, address }: Origin): string {
  return prefix ?? address ?? '';
}
