// Holds what a gateway claims against what was measured of it. Of the two the worse is believed; and a gateway whose claims
// measurement contradicts again and again loses trust, which its score is multiplied by, and regains it slowly.

import type { GatewayClaims } from './gateway-offer.ts';
import type { Measured } from './gateway-measurement.ts';

/** Time in queues that says nothing: a scheduler's turn, a radio's slot. */
const QUEUEING_MS_FLOOR = 20;
/** A claimed load may be so much below the measured one: loads change between two offers. */
const LOAD_TOLERANCE = 0.25;
const UPTIME_TOLERANCE = 0.05;
/** Observed for less, absence says nothing: a probe that was lost would be much of the time. */
const UPTIME_BELIEVED_MS_MIN = 10_000;
/** And for less, it is no proof that the gateway claims too much. */
const UPTIME_OBSERVED_MS_MIN = 60_000;
/** A capacity is contradicted where traffic ran into a limit below this share of what should have been free. */
const CAPACITY_SHARE_MIN = 0.5;
/** Through another gateway that much more must have come for the limit to be this one's. */
const ELSEWHERE_FACTOR = 1.5;
/** Contradicted so often in a row, a claim is taken for false and not for old. */
const CONTRADICTIONS_IN_A_ROW = 3;
const TRUST_LOST = 0.7;
const TRUST_REGAINED = 0.02;
export const TRUST_MIN = 0.1;

/** What measurements of the other gateways say about the way that all have in common, so that no gateway answers for it. */
export interface Surroundings {
  /** Time in queues that probes to every other gateway spend at least; `null` where no other one was measured. */
  readonly queueingMs: number | null;
  /** The best throughput through another gateway, bytes per second; `null` where none was measured. */
  readonly throughput: number | null;
}

/** What to reckon with; `null` where neither a claim nor a measurement tells. */
export interface Believed {
  readonly load: number | null;
  readonly uptime: number | null;
  /** Bytes per second that are free. */
  readonly bandwidth: number | null;
}

export type Claim = 'load' | 'uptime' | 'capacity';

/**
 * The share of its capacity that a gateway must be using for probes to queue so long: of the time that a request takes in
 * a queueing system, the share beyond the service is its utilisation (M/M/1). The way there counts as service, so that
 * the estimate errs towards less. What probes to every gateway wait, they do not wait at one; of a single gateway
 * nobody can tell.
 */
export function measuredLoad(measured: Measured, surroundings: Surroundings): number | null {
  const { roundTripMs, queueingMs } = measured;
  const { queueingMs: commonMs } = surroundings;
  if (roundTripMs === null || queueingMs === null || commonMs === null) return null;
  const ownMs = Math.max(0, queueingMs - commonMs);
  return ownMs / (roundTripMs + QUEUEING_MS_FLOOR);
}

/** The worse of what is claimed and what was measured. */
export function believe(
  claims: GatewayClaims | null,
  measured: Measured,
  surroundings: Surroundings,
): Believed {
  const loads = [claims?.load ?? null, measuredLoad(measured, surroundings)].filter(isNumber);
  const load = loads.length === 0 ? null : Math.max(...loads);
  const seen = measured.observedMs >= UPTIME_BELIEVED_MS_MIN ? measured.uptime : null;
  const uptimes = [claims?.uptime ?? null, seen].filter(isNumber);
  const capacity = claims?.capacityBytesPerSecond ?? null;
  const free = capacity === null ? null : capacity * (1 - (load ?? 0));
  const bandwidths = [free ?? measured.throughput, measured.limit].filter(isNumber);
  return {
    load,
    uptime: uptimes.length === 0 ? null : Math.min(...uptimes),
    bandwidth: bandwidths.length === 0 ? null : Math.min(...bandwidths),
  };
}

export class ClaimCheck {
  #trust = 1;
  readonly #inARow: Record<Claim, number> = { load: 0, uptime: 0, capacity: 0 };
  readonly #counts: Record<Claim, number> = { load: 0, uptime: 0, capacity: 0 };

  /** `TRUST_MIN`–1. */
  get trust(): number {
    return this.#trust;
  }

  /** How often each claim was found false. */
  get contradictions(): Readonly<Record<Claim, number>> {
    return this.#counts;
  }

  /** Compares once; call it with each new measurement. The claims that it found false this time. */
  check(claims: GatewayClaims, measured: Measured, surroundings: Surroundings): readonly Claim[] {
    const contradicted: Record<Claim, boolean> = {
      load: (measuredLoad(measured, surroundings) ?? 0) > claims.load + LOAD_TOLERANCE,
      uptime:
        measured.observedMs >= UPTIME_OBSERVED_MS_MIN &&
        (measured.uptime ?? 1) < claims.uptime - UPTIME_TOLERANCE,
      capacity: isCapacityContradicted(claims, measured, surroundings),
    };
    const found: Claim[] = [];
    for (const claim of ['load', 'uptime', 'capacity'] as const) {
      this.#inARow[claim] = contradicted[claim] ? this.#inARow[claim] + 1 : 0;
      if (this.#inARow[claim] < CONTRADICTIONS_IN_A_ROW) continue;
      this.#inARow[claim] = 0;
      this.#counts[claim] += 1;
      found.push(claim);
    }
    const isConsistent = !contradicted.load && !contradicted.uptime && !contradicted.capacity;
    if (found.length > 0) this.#trust = Math.max(TRUST_MIN, this.#trust * TRUST_LOST);
    else if (isConsistent) this.#trust = Math.min(1, this.#trust + TRUST_REGAINED);
    return found;
  }
}

/** Only where more got through another gateway: else the limit may be this node's own, or the destination's. */
function isCapacityContradicted(
  claims: GatewayClaims,
  { limit }: Measured,
  { throughput }: Surroundings,
): boolean {
  if (limit === null || claims.capacityBytesPerSecond === null) return false;
  if (throughput === null || throughput < ELSEWHERE_FACTOR * limit) return false;
  // Traffic goes one way mostly, and capacity is that of both.
  const free = (claims.capacityBytesPerSecond / 2) * (1 - claims.load);
  return limit < CAPACITY_SHARE_MIN * free;
}

function isNumber(value: number | null): value is number {
  return value !== null;
}
