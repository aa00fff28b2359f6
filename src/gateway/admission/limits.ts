// What a gateway takes from strangers at most: each bound with its reason. All of them may change while it runs.

import { fail, ok, type Result } from '../../core/errors.ts';
import { PUZZLE_BITS_MAX } from '../../crypto/connection-puzzle.ts';
import type { Width } from './address-prefix.ts';

export interface AdmissionLimits {
  /** Connections, links and those in their handshake, in all. */
  readonly linksMax: number;
  /** The same of one address. A household behind one address and the nodes of a test on one machine fit. */
  readonly linksPerAddressMax: number;
  /** Of one IPv4 /24 or IPv6 /56. */
  readonly linksPerPrefixMax: number;
  /** Of one IPv6 /48. */
  readonly linksPerSiteMax: number;
  /** Links of one identity: one for each transport, or one and the corpses of those that its network dropped. */
  readonly linksPerIdentityMax: number;
  /** Connections without a proved identity, in all, of one address, of one prefix. */
  readonly halfOpenMax: number;
  readonly halfOpenPerAddressMax: number;
  readonly halfOpenPerPrefixMax: number;
  /** New handshakes per second, in all: each takes about a millisecond. */
  readonly dialsPerSecondMax: number;
  /** New connections per second of one address, prefix, site; twice as many at once. */
  readonly dialsPerSecondPerAddressMax: number;
  readonly dialsPerSecondPerPrefixMax: number;
  readonly dialsPerSecondPerSiteMax: number;
  /** Bytes that wait on all links together. */
  readonly bufferedBytesMax: number;
  /** Zero bits that are asked of a dialer at most; 0: never any. */
  readonly puzzleBitsMax: number;
  /** Timers that are late by so much show that the node is overloaded. */
  readonly loopDelayMsMax: number;
}

export const ADMISSION_LIMITS: AdmissionLimits = {
  linksMax: 1024,
  linksPerAddressMax: 128,
  linksPerPrefixMax: 512,
  linksPerSiteMax: 768,
  linksPerIdentityMax: 4,
  halfOpenMax: 256,
  halfOpenPerAddressMax: 32,
  halfOpenPerPrefixMax: 64,
  dialsPerSecondMax: 200,
  dialsPerSecondPerAddressMax: 20,
  dialsPerSecondPerPrefixMax: 40,
  dialsPerSecondPerSiteMax: 80,
  bufferedBytesMax: 256 * 1024 * 1024,
  puzzleBitsMax: 16,
  loopDelayMsMax: 50,
};

const COUNT_MAX = 1_000_000;
const BYTES_MAX = 2 ** 40;

/** The limits with `changes` made, or why they are none: `GATEWAY_LIMIT_INVALID`; then nothing changes. */
export function changedLimits(
  limits: AdmissionLimits,
  changes: Partial<AdmissionLimits>,
): Result<AdmissionLimits, 'GATEWAY_LIMIT_INVALID'> {
  const changed = { ...limits, ...changes };
  for (const [limit, value] of Object.entries(changed)) {
    const max = maxOf(limit);
    if (max === null) return invalid(limit, 'the name of a limit');
    const min = limit === 'puzzleBitsMax' ? 0 : 1;
    if (!Number.isInteger(value) || value < min || value > max) {
      return invalid(limit, `a whole number from ${min} to ${max}`);
    }
  }
  const { linksMax, linksPerAddressMax, linksPerPrefixMax, halfOpenMax } = changed;
  if (halfOpenMax > linksMax) return invalid('halfOpenMax', 'at most linksMax');
  if (linksPerAddressMax > linksPerPrefixMax) {
    return invalid('linksPerAddressMax', 'at most linksPerPrefixMax');
  }
  return ok(changed);
}

function maxOf(limit: string): number | null {
  if (!Object.hasOwn(ADMISSION_LIMITS, limit)) return null;
  if (limit === 'puzzleBitsMax') return PUZZLE_BITS_MAX;
  return limit === 'bufferedBytesMax' ? BYTES_MAX : COUNT_MAX;
}

function invalid(limit: string, expected: string): Result<never, 'GATEWAY_LIMIT_INVALID'> {
  return fail('GATEWAY_LIMIT_INVALID', { limit, expected });
}

export function linksMaxOf(limits: AdmissionLimits, width: Width): number {
  switch (width) {
    case 'address':
      return limits.linksPerAddressMax;
    case 'prefix':
      return limits.linksPerPrefixMax;
    case 'site':
      return limits.linksPerSiteMax;
  }
}

export function halfOpenMaxOf(limits: AdmissionLimits, width: 'address' | 'prefix'): number {
  return width === 'address' ? limits.halfOpenPerAddressMax : limits.halfOpenPerPrefixMax;
}

export function dialsMaxOf(limits: AdmissionLimits, width: Width): number {
  switch (width) {
    case 'address':
      return limits.dialsPerSecondPerAddressMax;
    case 'prefix':
      return limits.dialsPerSecondPerPrefixMax;
    case 'site':
      return limits.dialsPerSecondPerSiteMax;
  }
}
