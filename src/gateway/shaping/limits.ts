// What an operator sets: how much a gateway sends towards its own mesh, towards other gateways, and for one source.

import { fail, ok, type Result } from '../../core/errors.ts';

/** Megabits are 10^6 bits. What is limited is what this node sends, whole frames, without what transports add to them. */
export interface ShapingLimits {
  /** Towards members of the own mesh, over all links together; `null`: no limit. */
  readonly localMbpsMax: number | null;
  /** Towards other gateways, over all bridges together; `null`: no limit. */
  readonly internetMbpsMax: number | null;
  /** For one source on each of the two; `null`: no limit. */
  readonly peerMbpsMax: number | null;
  /** What one source may send as game traffic; past it all of its game traffic is bulk until it keeps to it again. */
  readonly gamePeerMbpsMax: number;
  /** The same for control traffic, which then counts as game traffic. */
  readonly controlPeerMbpsMax: number;
  /** Whether a bridge whose round trips grow sends less. */
  readonly adaptive: boolean;
}

/** Any link; a table that sends each block of 48 KiB to ten players of another mesh, one a second; handshakes with thirty peers a second. */
export const DEFAULT_LIMITS: ShapingLimits = {
  localMbpsMax: null,
  internetMbpsMax: null,
  peerMbpsMax: null,
  gamePeerMbpsMax: 4,
  controlPeerMbpsMax: 0.5,
  adaptive: true,
};

/** The longest packet then takes five seconds. */
export const LIMIT_MBPS_MIN = 0.1;
/** Faster than any link of today. */
export const LIMIT_MBPS_MAX = 1_000_000;

const NAMES = [
  'localMbpsMax',
  'internetMbpsMax',
  'peerMbpsMax',
  'gamePeerMbpsMax',
  'controlPeerMbpsMax',
] as const;

/** Errors: `GATEWAY_BANDWIDTH_INVALID`. */
export function checkLimits(
  limits: ShapingLimits,
): Result<ShapingLimits, 'GATEWAY_BANDWIDTH_INVALID'> {
  for (const name of NAMES) {
    const value = limits[name];
    if (value === null) continue;
    if (value >= LIMIT_MBPS_MIN && value <= LIMIT_MBPS_MAX) continue;
    return fail('GATEWAY_BANDWIDTH_INVALID', {
      name,
      value: String(value),
      mbpsMin: LIMIT_MBPS_MIN,
      mbpsMax: LIMIT_MBPS_MAX,
    });
  }
  return ok(limits);
}

/** Bytes per millisecond. */
export function bytesPerMs(mbps: number): number {
  return (mbps * 1e6) / 8 / 1000;
}
