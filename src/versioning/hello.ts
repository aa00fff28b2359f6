// Hello, the first frame of each side: what it speaks, where it belongs, what it accepts. Not signed by itself; the
// binding that follows covers its bytes as received (link-handshake.ts).

import { create } from '@bufbuild/protobuf';
import { assert } from '../core/assert.ts';
import { utf8 } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, type Result } from '../core/errors.ts';
import { PROOF_BYTES } from '../crypto/proof-of-work.ts';
import type { Rng } from '../env/rng.ts';
import { decodeBody, encodeBody } from '../wire/body.ts';
import {
  HelloSchema,
  LinkPurpose as WirePurpose,
  type Hello as WireHello,
} from '../wire/gen/bitcraps/v1/hello_pb.ts';
import { PACKET_BYTES_MAX } from '../wire/packet.ts';
import { FEATURE_ID_MAX, greaseId } from './features.ts';
import { featuresOf, offerOf, wireRange, type FeatureOffer, type VersionOffer } from './offer.ts';
import {
  compareVersions,
  CURRENT,
  formatVersion,
  isVersion,
  type ProtocolVersion,
} from './protocol-version.ts';

/** `mesh`: between members of one mesh. `bridge`: between the gateways of two. */
export type LinkPurpose = 'mesh' | 'bridge';

export interface Hello extends VersionOffer {
  readonly purpose: LinkPurpose;
  /** 1…64 bytes of UTF-8, as is `networkId`. */
  readonly meshName: string;
  readonly gateway: boolean;
  /** The longest frame that the sender accepts: at least any packet, at most 16 MiB. */
  readonly frameBytesMax: number;
  /** Proof of work for the sender's key, 8 bytes. */
  readonly proof: Uint8Array;
  /** 32 random bytes, fresh for every link. */
  readonly nonce: Uint8Array;
}

/** A longer Hello is refused before it is decoded. */
export const HELLO_BYTES_MAX = 2048;
/** Every node accepts any packet in one frame: type byte and packet. */
export const HELLO_FRAME_BYTES_MIN: number = 1 + PACKET_BYTES_MAX;
const HELLO_FRAME_BYTES_LIMIT = 16 * 1024 * 1024;
const NAME_BYTES_MAX = 64;
const FEATURES_MAX = 32;
const REVISION_MAX = 0xffff;
/** The packet header has one byte for it; 0 never was. A table offer of a 0.x version is not sent. */
const WIRE_MAX = 0xff;
const HASH_BYTES = 32;
const NONCE_BYTES = 32;
const OLDEST: ProtocolVersion = { major: 1, minor: 0, patch: 0 };

export type HelloErrorCode = 'HELLO_TOO_LONG' | 'HELLO_MALFORMED';

/** Of GatewayNodes: before it a bridge led to one gateway and no further. */
const BRIDGE_REVISION_MIN = 2;

/**
 * A fresh Hello for one link that offers what this build has up to `version`, plus one reserved feature id that
 * every peer must ignore. A bridge link requires GatewayNodes, of revision 2 or later. Throws `VERSION_NOT_SPOKEN` outside 1.0.0…`CURRENT`.
 */
export function helloFor(
  version: ProtocolVersion,
  rest: Omit<Hello, 'wireMin' | 'wireMax' | 'version' | 'features' | 'nonce'>,
  rng: Rng,
): Hello {
  if (compareVersions(version, OLDEST) < 0 || compareVersions(version, CURRENT) > 0) {
    throw new BitcrapsError('VERSION_NOT_SPOKEN', {
      version: formatVersion(version),
      oldest: formatVersion(OLDEST),
      newest: formatVersion(CURRENT),
    });
  }
  // Up to `CURRENT` this build has every feature, by how `CURRENT` is computed.
  const offers = featuresOf(version).map((feature) => {
    if (rest.purpose === 'bridge' && feature.name === 'GatewayNodes') {
      return offerOf({ ...feature, min: BRIDGE_REVISION_MIN }, true);
    }
    return offerOf(feature, feature.required);
  });
  const grease = { id: greaseId(rng.uint32()), min: 1, max: 1, required: false };
  const nonce = new Uint8Array(NONCE_BYTES);
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- an Rng is no array
  rng.fill(nonce);
  return {
    ...rest,
    ...wireRange(version),
    version,
    features: [...offers, grease].sort((a, b) => a.id - b.id),
    nonce,
  };
}

/** The bytes of a Hello. One that `decodeHello` would refuse is a caller's bug. */
export function encodeHello(hello: Hello): Uint8Array {
  const fault = findFault(hello);
  assert(fault === null, `a Hello is within its bounds: ${fault}`);
  const purpose = hello.purpose === 'mesh' ? WirePurpose.MESH : WirePurpose.BRIDGE;
  const { version, features } = hello;
  const message = create(HelloSchema, { ...hello, version, features: [...features], purpose });
  return encodeBody(HelloSchema, message);
}

/** Checks every bound. Unknown fields of later versions are ignored. */
export function decodeHello(bytes: Uint8Array): Result<Hello, HelloErrorCode> {
  if (bytes.length > HELLO_BYTES_MAX) {
    return fail('HELLO_TOO_LONG', { bytes: bytes.length, bytesMax: HELLO_BYTES_MAX });
  }
  const decoded = decodeBody(HelloSchema, bytes);
  if (!decoded.ok) return fail('HELLO_MALFORMED', { detail: decoded.error.message });
  const hello = fromWire(decoded.value);
  if (hello === null) return fail('HELLO_MALFORMED', { detail: 'purpose or version is missing' });
  const fault = findFault(hello);
  return fault === null ? ok(hello) : fail('HELLO_MALFORMED', { detail: fault });
}

function fromWire(message: WireHello): Hello | null {
  const purpose = fromWirePurpose(message.purpose);
  const version = message.version;
  if (purpose === null || version === undefined) return null;
  const { wireMin, wireMax, networkId, rulesHash, meshName, gateway } = message;
  return {
    wireMin,
    wireMax,
    version: { major: version.major, minor: version.minor, patch: version.patch },
    features: message.features.map(({ id, min, max, required }) => ({ id, min, max, required })),
    networkId,
    rulesHash,
    purpose,
    meshName,
    gateway,
    frameBytesMax: message.frameBytesMax,
    proof: message.proof,
    nonce: message.nonce,
  };
}

function fromWirePurpose(purpose: WirePurpose): LinkPurpose | null {
  if (purpose === WirePurpose.MESH) return 'mesh';
  return purpose === WirePurpose.BRIDGE ? 'bridge' : null;
}

/** The first bound that a Hello breaks, in words, or `null`. */
function findFault(hello: Hello): string | null {
  const { wireMin, wireMax, frameBytesMax } = hello;
  if (wireMin < 1 || wireMax < wireMin || wireMax > WIRE_MAX) return 'wire range';
  if (!isVersion(hello.version)) return 'version';
  if (!nameFits(hello.networkId)) return 'network id';
  if (!nameFits(hello.meshName)) return 'mesh name';
  if (hello.rulesHash.length !== HASH_BYTES) return 'rules hash';
  if (frameBytesMax < HELLO_FRAME_BYTES_MIN || frameBytesMax > HELLO_FRAME_BYTES_LIMIT) {
    return 'frame limit';
  }
  if (hello.proof.length !== PROOF_BYTES) return 'proof';
  if (hello.nonce.length !== NONCE_BYTES) return 'nonce';
  return findFeatureFault(hello.features);
}

function findFeatureFault(features: readonly FeatureOffer[]): string | null {
  if (features.length > FEATURES_MAX) return `more than ${FEATURES_MAX} features`;
  let last = 0;
  for (const { id, min, max } of features) {
    if (id <= last || id > FEATURE_ID_MAX) return 'feature ids do not ascend within their bounds';
    if (min < 0 || max < min || max > REVISION_MAX) return 'revisions of a feature';
    last = id;
  }
  return null;
}

function nameFits(name: string): boolean {
  const bytes = utf8(name).length;
  return bytes >= 1 && bytes <= NAME_BYTES_MAX;
}
