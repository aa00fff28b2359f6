// A peer's home: the gateways through which it says it can be reached, until when. What the peer itself signed and sealed
// for its network lies in the distributed table; a gateway only carries it there.
//
//   version (1) ‖ valid until (8, ms since 1970) ‖ PeerIds of gateways (32 each, the nearest first)

import { fail, ok, type Result } from '../../../core/errors.ts';
import { PEER_ID_BYTES } from '../../../core/peer-id.ts';
import { readU64, writeU64 } from '../../../wire/big-endian.ts';

const VERSION = 1;
const HEAD_BYTES = 9;
/** Gateways of one home. */
export const HOME_GATEWAYS_MAX = 8;
/** A home is signed for so long, and never believed longer. */
export const HOME_VALID_MS: number = 2 * 3_600_000;
/** Clocks of two machines may differ by so much. */
const CLOCK_SKEW_MS = 300_000;

export interface Home {
  /** PeerIds. */
  readonly gateways: readonly Uint8Array[];
  /** Milliseconds since 1970. */
  readonly validUntilMs: number;
}

/** At most `HOME_GATEWAYS_MAX` gateways are named. */
export function encodeHome({ gateways, validUntilMs }: Home): Uint8Array {
  const named = gateways.slice(0, HOME_GATEWAYS_MAX);
  const bytes = new Uint8Array(HEAD_BYTES + PEER_ID_BYTES * named.length);
  bytes[0] = VERSION;
  writeU64(bytes, 1, BigInt(validUntilMs));
  named.forEach((gateway, i) => bytes.set(gateway, HEAD_BYTES + PEER_ID_BYTES * i));
  return bytes;
}

/** `wallMs`: now. What has run out, or claims to last longer than `HOME_VALID_MS`, is no home. */
export function decodeHome(
  bytes: Uint8Array,
  wallMs: number,
): Result<Home, 'GATEWAY_HOME_MALFORMED'> {
  const gatewaysBytes = bytes.length - HEAD_BYTES;
  const count = gatewaysBytes / PEER_ID_BYTES;
  if (bytes[0] !== VERSION) return fail('GATEWAY_HOME_MALFORMED', { detail: 'version' });
  if (!Number.isInteger(count) || count < 0 || count > HOME_GATEWAYS_MAX) {
    return fail('GATEWAY_HOME_MALFORMED', { detail: `${bytes.length} bytes` });
  }
  const validUntilMs = Number(readU64(bytes, 1));
  if (validUntilMs <= wallMs - CLOCK_SKEW_MS) {
    return fail('GATEWAY_HOME_MALFORMED', { detail: 'it has run out' });
  }
  if (validUntilMs > wallMs + HOME_VALID_MS + CLOCK_SKEW_MS) {
    return fail('GATEWAY_HOME_MALFORMED', { detail: 'it lasts too long' });
  }
  const gateways = Array.from({ length: count }, (_, i) =>
    bytes.slice(HEAD_BYTES + PEER_ID_BYTES * i, HEAD_BYTES + PEER_ID_BYTES * (i + 1)),
  );
  return ok({ gateways, validUntilMs });
}
