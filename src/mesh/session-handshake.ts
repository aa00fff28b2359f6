// The handshake of an end-to-end session: Noise KK on the X25519 keys that both identities imply, so that only the two
// named peers can finish it. Each message carries its sender's Hello; features are negotiated end to end as on a link.

import { create } from '@bufbuild/protobuf';
import { concat, utf8 } from '../core/bytes.ts';
import { ok, fail, type Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import { createNoise, type NoiseHandshake } from '../crypto/noise.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { decodeHello, encodeHello, type Hello } from '../versioning/hello.ts';
import { decodeBody, encodeBody } from '../wire/body.ts';
import {
  SessionHandshakeSchema,
  type SessionHandshake,
} from '../wire/gen/bitcraps/v1/session_pb.ts';

/** A Hello, its proof and two seals: far below. */
export const HANDSHAKE_BODY_BYTES_MAX = 4096;
const PROLOGUE = 'bitcraps/session/1';

export type HandshakeStep = NonNullable<SessionHandshake['step']>;

export interface HandshakeParty {
  readonly primitives: Primitives;
  readonly rng: Rng;
  readonly identity: Identity;
  /** This node's X25519 secret. */
  readonly staticSecret: Uint8Array;
  readonly networkId: string;
}

/** The body of a handshake packet. */
export function encodeStep(step: HandshakeStep): Uint8Array {
  return encodeBody(SessionHandshakeSchema, create(SessionHandshakeSchema, { step }));
}

/** The step inside a handshake packet's body, `null` if it is malformed. */
export function decodeStep(body: Uint8Array): HandshakeStep | null {
  if (body.length > HANDSHAKE_BODY_BYTES_MAX) return null;
  const decoded = decodeBody(SessionHandshakeSchema, body);
  return decoded.ok ? decoded.value.step : null;
}

/** The peer's X25519 key; fails for what is no PeerId. */
export function staticKeyOf(
  primitives: Primitives,
  peer: Uint8Array,
): Result<Uint8Array, 'MESH_KEY_INVALID'> {
  const key = primitives.signPublicToX25519(peer);
  return key === null ? fail('MESH_KEY_INVALID', { destination: peerIdText(peer) }) : ok(key);
}

/** One side of the handshake with `peer`, whose X25519 key is `remoteStatic`. */
export function createSessionNoise(
  party: HandshakeParty,
  role: 'initiator' | 'responder',
  peer: Uint8Array,
  remoteStatic: Uint8Array,
): NoiseHandshake {
  const self = party.identity.publicKey;
  const [initiator, responder] = role === 'initiator' ? [self, peer] : [peer, self];
  const network = utf8(party.networkId);
  const prologue = concat(
    utf8(PROLOGUE),
    Uint8Array.of(network.length >> 8, network.length),
    network,
    initiator,
    responder,
  );
  const { staticSecret } = party;
  const config = { pattern: 'KK', role, prologue, staticSecret, remoteStatic } as const;
  return createNoise(party.primitives, party.rng, config);
}

/** The next message with this node's Hello inside. */
export function writeHello(noise: NoiseHandshake, hello: Hello): Uint8Array {
  return noise.write(encodeHello(hello));
}

/** The peer's Hello out of its message; `null` if the message is not the peer's, or the Hello breaks its bounds. */
export function readHello(noise: NoiseHandshake, message: Uint8Array): Hello | null {
  const payload = noise.read(message);
  if (payload === null) return null;
  const hello = decodeHello(payload);
  return hello.ok ? hello.value : null;
}
