// Everything that is known of gateways: what sources tell, what they claim, what was measured, whether it fits together.
// Out of it come the candidates of a selection.

import { peerIdShort } from '../../core/peer-id.ts';
import type { Clock } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Primitives } from '../../env/primitives.ts';
import { bytesEqual } from '../../core/bytes.ts';
import { byteKey } from '../../routing/byte-key.ts';
import {
  believe,
  ClaimCheck,
  type Believed,
  type Claim,
  type Surroundings,
} from './claim-check.ts';
import { decodeGatewayOffer, type GatewayOffer } from './gateway-offer.ts';
import { GatewayMeasurement, type CarriedTraffic, type Measured } from './gateway-measurement.ts';
import { discover, type DiscoveredGateway, type GatewaySource } from './gateway-source.ts';
import { EJECTION_DEFAULTS, OutlierEjection } from './outlier-ejection.ts';
import type { Candidate } from './selection-criteria.ts';

/** Shares of successes are compared so often. */
const JUDGE_INTERVAL_MS = 5_000;
/** A gateway that claims so much is chosen by nobody who has another: it gains nothing by claiming it. */
const FULL_LOAD = 0.8;
/** What was measured of a gateway that no source names any more is kept so long: it may be back in a moment. */
const FORGET_MS = 600_000;

export interface GatewayViewDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sources: readonly GatewaySource[];
  /** What a gateway asks for a MiB as it promised, in units of CRAP; `null` where it promised nothing. */
  priceOf(gateway: Uint8Array): bigint | null;
}

/** One gateway, as it stands now. */
export interface KnownGateway {
  readonly found: DiscoveredGateway;
  /** `null` where none came or it ran out. */
  readonly offer: GatewayOffer | null;
  readonly pricePerMiB: bigint | null;
  readonly measured: Measured;
  readonly believed: Believed;
  readonly trust: number;
  readonly contradictions: Readonly<Record<Claim, number>>;
  readonly ejectedMs: number;
  readonly silent: boolean;
}

interface Entry {
  found: DiscoveredGateway;
  isNamed: boolean;
  namedAtMs: number;
  readonly measurement: GatewayMeasurement;
  readonly check: ClaimCheck;
  offer: {
    readonly bytes: Uint8Array;
    readonly offer: GatewayOffer;
    readonly untilMs: number;
  } | null;
  /** The last that a source held, looked at once. */
  sourced: Uint8Array | null;
}

export class GatewayView {
  readonly #deps: GatewayViewDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #ejection = new OutlierEjection();
  #judgedAtMs: number;
  #ejections = 0;
  readonly #contradictions: Record<Claim, number> = { load: 0, uptime: 0, capacity: 0 };

  constructor(deps: GatewayViewDeps) {
    this.#deps = deps;
    this.#judgedAtMs = deps.clock.now();
  }

  /** How often a gateway was taken out of use. */
  get ejections(): number {
    return this.#ejections;
  }

  /** How often each claim was found false, of all gateways ever known. */
  get contradictions(): Readonly<Record<Claim, number>> {
    return { ...this.#contradictions };
  }

  /** Asks the sources and compares what is due. Call it a few times a second. */
  refresh(): void {
    const nowMs = this.#deps.clock.now();
    for (const entry of this.#entries.values()) entry.isNamed = false;
    for (const found of discover(this.#deps.sources)) {
      const key = byteKey(found.gateway);
      const entry = this.#entries.get(key) ?? newEntry(found);
      entry.found = found;
      entry.isNamed = true;
      entry.namedAtMs = nowMs;
      this.#entries.set(key, entry);
      if (found.offer !== null && !sameBytes(found.offer, entry.sourced)) {
        entry.sourced = found.offer;
        this.#takeOffer(entry, found.offer, nowMs);
      }
    }
    for (const [key, entry] of this.#entries) {
      if (!entry.isNamed && nowMs - entry.namedAtMs > FORGET_MS) this.#entries.delete(key);
    }
    this.#ejection.know(this.#inOwnMesh().map(([key]) => key));
    if (nowMs - this.#judgedAtMs >= JUDGE_INTERVAL_MS) this.#judge(nowMs);
  }

  /** An answer to a probe came, with this offer. `roundTripMs`: see `GatewayMeasurement`. */
  answered(key: string, roundTripMs: number | null, offer: Uint8Array): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const nowMs = this.#deps.clock.now();
    entry.measurement.answered(roundTripMs, nowMs);
    this.#ejection.succeeded(key);
    this.#takeOffer(entry, offer, nowMs);
    if (entry.offer === null) return;
    const measured = entry.measurement.at(nowMs);
    const found = entry.check.check(entry.offer.offer, measured, this.#surroundings(nowMs)(key));
    for (const claim of found) this.#contradictions[claim] += 1;
  }

  unanswered(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const nowMs = this.#deps.clock.now();
    entry.measurement.unanswered(nowMs);
    // One that never answered may be of a version that knows no probes: it is unmeasured, not at fault.
    if (entry.measurement.at(nowMs).roundTripMs === null && entry.offer === null) return;
    if (this.#ejection.failed(key, nowMs)) this.#ejected(entry, 'unanswered');
  }

  /** What destinations report of packets that went through this gateway. */
  carried(key: string, traffic: CarriedTraffic): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const nowMs = this.#deps.clock.now();
    const isFull = (offerAt(entry, nowMs)?.load ?? 0) >= FULL_LOAD;
    entry.measurement.carried(traffic, isFull, nowMs);
  }

  /** A destination that nothing reached through this gateway was reached through another one. */
  convict(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (this.#ejection.convict(key, this.#deps.clock.now())) this.#ejected(entry, 'swallows');
  }

  timeoutMs(key: string, minMs: number, maxMs: number): number {
    const nowMs = this.#deps.clock.now();
    return this.#entries.get(key)?.measurement.timeoutMs(minMs, maxMs, nowMs) ?? maxMs;
  }

  /** Every gateway that a source names. */
  known(): readonly KnownGateway[] {
    const nowMs = this.#deps.clock.now();
    const named = [...this.#entries].filter(([, { isNamed }]) => isNamed);
    const around = this.#surroundings(nowMs);
    return named.map(([key, entry]) => {
      const measured = entry.measurement.at(nowMs);
      const offer = offerAt(entry, nowMs);
      return {
        found: entry.found,
        offer,
        pricePerMiB: this.#deps.priceOf(entry.found.gateway),
        measured,
        believed: believe(offer, measured, around(key)),
        trust: entry.check.trust,
        contradictions: { ...entry.check.contradictions },
        ejectedMs: this.#ejection.remainingMs(key, nowMs),
        silent: this.#ejection.failures(key) >= EJECTION_DEFAULTS.consecutiveFailures,
      };
    });
  }

  /** Those of the own mesh, as choices. */
  candidates(): readonly Candidate[] {
    return this.known()
      .filter(({ found }) => found.scope === 'own-mesh')
      .map(({ found, offer, ...known }) => ({
        gateway: found.gateway,
        claims: offer,
        reach: found.reach,
        weight: found.weight ?? 0,
        ...known,
      }));
  }

  #inOwnMesh(): readonly (readonly [string, Entry])[] {
    return [...this.#entries].filter(
      ([, { isNamed, found }]) => isNamed && found.scope === 'own-mesh',
    );
  }

  #takeOffer(entry: Entry, bytes: Uint8Array, nowMs: number): void {
    const { gateway } = entry.found;
    const known = entry.offer;
    if (known !== null && bytesEqual(known.bytes, bytes)) {
      entry.offer = { ...known, untilMs: nowMs + known.offer.validMs };
      return;
    }
    const decoded = decodeGatewayOffer(this.#deps.primitives, gateway, bytes);
    if (!decoded.ok) {
      const { code } = decoded.error;
      this.#deps.logger.debug('gateway-offer-refused', { gateway: peerIdShort(gateway), code });
      return;
    }
    const offer = decoded.value;
    if (known !== null && offer.sequence <= known.offer.sequence) return;
    entry.offer = { bytes: bytes.slice(), offer, untilMs: nowMs + offer.validMs };
  }

  #judge(nowMs: number): void {
    this.#judgedAtMs = nowMs;
    const rates = this.#inOwnMesh().flatMap(([key, { measurement }]) => {
      const { successRate, outcomes } = measurement.at(nowMs);
      return successRate === null ? [] : [{ key, rate: successRate, outcomes }];
    });
    for (const key of this.#ejection.judge(rates, nowMs)) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) this.#ejected(entry, 'fails-more-than-others');
    }
  }

  #ejected({ found, measurement }: Entry, why: string): void {
    this.#ejections += 1;
    const { successRate } = measurement.at(this.#deps.clock.now());
    const gateway = peerIdShort(found.gateway);
    this.#deps.logger.info('gateway-ejected', { gateway, why, successRate });
  }

  /** Of a gateway what the others of this mesh have in common. */
  #surroundings(nowMs: number): (key: string) => Surroundings {
    const measured = this.#inOwnMesh().map(([key, { measurement }]) => {
      const { queueingMs, throughput } = measurement.at(nowMs);
      return { key, queueingMs, throughput };
    });
    // Without one of them the first or the second of an order is the answer.
    const queueings = measured
      .flatMap(({ key, queueingMs }) => (queueingMs === null ? [] : [{ key, value: queueingMs }]))
      .toSorted((a, b) => a.value - b.value);
    const throughputs = measured
      .flatMap(({ key, throughput }) => (throughput === null ? [] : [{ key, value: throughput }]))
      .toSorted((a, b) => b.value - a.value);
    return (key) => ({
      queueingMs: queueings.find((one) => one.key !== key)?.value ?? null,
      throughput: throughputs.find((one) => one.key !== key)?.value ?? null,
    });
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array | null): boolean {
  return b !== null && bytesEqual(a, b);
}

function newEntry(found: DiscoveredGateway): Entry {
  return {
    found,
    isNamed: true,
    namedAtMs: 0,
    measurement: new GatewayMeasurement(),
    check: new ClaimCheck(),
    offer: null,
    sourced: null,
  };
}

function offerAt({ offer }: Entry, nowMs: number): GatewayOffer | null {
  return offer !== null && offer.untilMs > nowMs ? offer.offer : null;
}
