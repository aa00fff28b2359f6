// What a sender asks of a gateway, and which of it a candidate does not meet.

import type { Reach } from '../../routing/route-planner.ts';
import type { GatewayClaims } from './gateway-offer.ts';
import type { Preference, Scorable } from './gateway-score.ts';

export interface SelectionCriteria {
  /** 0–1. */
  readonly maxLoad: number;
  /** 0–1. */
  readonly minUptime: number;
  /** Units of CRAP; `null` for any price. */
  readonly maxPricePerMiB: bigint | null;
  /** Transports that the gateway must take links on; mostly none. */
  readonly transports: readonly string[];
  readonly preference: Preference;
}

export const DEFAULT_CRITERIA: SelectionCriteria = {
  // Beyond, queues grow without bound sooner or later (M/M/1: five times the service at 0.8).
  maxLoad: 0.8,
  minUptime: 0.95,
  maxPricePerMiB: null,
  transports: [],
  preference: 'Balanced',
};

/** A gateway of the own mesh as a choice. */
export interface Candidate extends Scorable {
  /** PeerId. */
  readonly gateway: Uint8Array;
  readonly claims: GatewayClaims | null;
  readonly reach: Reach;
  /** Of the way there; breaks ties. */
  readonly weight: number;
  /** 0 unless it is ejected. */
  readonly ejectedMs: number;
  /** It left the last probes unanswered. */
  readonly silent: boolean;
}

export type FilterName =
  | 'unreachable'
  | 'price'
  | 'transport'
  | 'suspect'
  | 'silent'
  | 'ejected'
  | 'draining'
  | 'unmeasured'
  | 'load'
  | 'uptime';

/** Why a candidate is not taken: what it has, and what it should have. */
export interface Obstacle {
  readonly filter: FilterName;
  readonly has: string;
  readonly wants: string;
}

/**
 * `never`: no packet goes there. `last`: only where there is nothing better, since it may still come back. `unfit`: before
 * those, since it works, if badly. `fit`: it meets the criteria.
 */
export type Tier = 'fit' | 'unfit' | 'last' | 'never';

export const TIERS: readonly Tier[] = ['fit', 'unfit', 'last', 'never'];

const TIER_OF: Readonly<Record<FilterName, Tier>> = {
  unreachable: 'never',
  price: 'never',
  transport: 'never',
  suspect: 'last',
  silent: 'last',
  ejected: 'last',
  draining: 'last',
  unmeasured: 'unfit',
  load: 'unfit',
  uptime: 'unfit',
};

/** The present choice is kept while it misses load or uptime by no more than this, so that it does not come and go. */
const HELD_LOAD_SLACK = 0.05;
const HELD_UPTIME_SLACK = 0.02;

/** Every criterion that the candidate does not meet. `isHeld`: it is the present choice. */
export function obstacles(
  candidate: Candidate,
  criteria: SelectionCriteria,
  isHeld: boolean,
): readonly Obstacle[] {
  const { reach, claims, believed, measured, pricePerMiB, ejectedMs, silent } = candidate;
  const found: Obstacle[] = [];
  const add = (filter: FilterName, has: string, wants: string): void => {
    found.push({ filter, has, wants });
  };
  if (reach === 'none') add('unreachable', 'no way there', 'a way there');
  if (reach === 'suspect') add('suspect', 'a link that does not answer', 'a link that answers');
  const ceiling = criteria.maxPricePerMiB;
  if (ceiling !== null && (pricePerMiB === null || pricePerMiB > ceiling)) {
    add('price', pricePerMiB === null ? 'n/a' : `${pricePerMiB}`, `at most ${ceiling}`);
  }
  for (const transport of criteria.transports) {
    if (claims?.transports.includes(transport) === true) continue;
    add('transport', claims?.transports.join(' ') ?? 'n/a', transport);
  }
  if (silent) add('silent', 'probes unanswered', 'answers');
  if (ejectedMs > 0) add('ejected', `for ${Math.ceil(ejectedMs / 1_000)} s more`, 'in use');
  if (claims?.draining === true) add('draining', 'about to stop', 'staying');
  if (measured.successRate === null) add('unmeasured', 'n/a', 'an answered probe');
  const maxLoad = criteria.maxLoad + (isHeld ? HELD_LOAD_SLACK : 0);
  if (believed.load !== null && believed.load > maxLoad) {
    add('load', believed.load.toFixed(2), `at most ${criteria.maxLoad}`);
  }
  const minUptime = criteria.minUptime - (isHeld ? HELD_UPTIME_SLACK : 0);
  if (believed.uptime !== null && believed.uptime < minUptime) {
    add('uptime', believed.uptime.toFixed(3), `at least ${criteria.minUptime}`);
  }
  return found;
}

/** The worst that the obstacles amount to. */
export function tierOf(found: readonly Obstacle[]): Tier {
  const worst = found.reduce((at, { filter }) => Math.max(at, TIERS.indexOf(TIER_OF[filter])), 0);
  return TIERS[worst] ?? 'never';
}
