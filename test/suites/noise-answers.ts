// The published Noise vectors, worked through by an implementation of `Primitives`, wherever it runs.

import vectors from '../vectors/noise/25519-chachapoly-blake2b.json' with { type: 'json' };
import { fromHex, toHex } from '../../src/core/bytes.ts';
import { createNoise, type NoiseHandshake } from '../../src/crypto/noise.ts';
import { openTransport, sealTransport } from '../../src/crypto/transport-cipher.ts';
import type { Primitives } from '../../src/env/primitives.ts';
import type { Rng } from '../../src/env/rng.ts';

type Vector = (typeof vectors.vectors)[number];

/** What was published for a vector, and what came out here, in the same order. */
export interface NoiseAnswers {
  readonly name: string;
  readonly published: readonly string[];
  readonly computed: readonly string[];
}

const NONE = new Uint8Array(0);
const PATTERNS = ['XX', 'IK', 'KK'] as const;
/** The vectors bring all keys along. */
const noRng: Rng = {
  fill: () => {
    throw new Error('a vector draws nothing');
  },
  uint32: () => 0,
};

export function noiseAnswers(primitives: Primitives): readonly NoiseAnswers[] {
  return vectors.vectors.map((vector) => ({
    name: `${vector.source}, ${vector.pattern}`,
    published: [
      ...vector.messages.map(({ ciphertext }) => ciphertext),
      ...(vector.handshakeHash === undefined ? [] : [vector.handshakeHash, vector.handshakeHash]),
    ],
    computed: compute(primitives, vector),
  }));
}

/** The ciphertexts, then both ends' handshake hashes if the vector has one. */
function compute(primitives: Primitives, vector: Vector): string[] {
  const initiator = sideOf(primitives, vector, 'initiator');
  const responder = sideOf(primitives, vector, 'responder');
  const counters = { initiator: 0n, responder: 0n };
  const sealed = vector.messages.map(({ payload }, i) => {
    const role = i % 2 === 0 ? 'initiator' : 'responder';
    const [from, to] = role === 'initiator' ? [initiator, responder] : [responder, initiator];
    if (from.keys === null || to.keys === null) {
      const message = from.write(hex(payload));
      return opened(to.read(message), payload, message);
    }
    const counter = counters[role];
    counters[role] += 1n;
    const message = sealTransport(primitives, from.keys.send, counter, NONE, hex(payload));
    return opened(
      openTransport(primitives, to.keys.receive, counter, NONE, message),
      payload,
      message,
    );
  });
  if (vector.handshakeHash === undefined) return sealed;
  const hashes = [initiator, responder].map(({ keys }) => toHex(keys?.handshakeHash ?? NONE));
  return [...sealed, ...hashes];
}

function opened(plaintext: Uint8Array | null, payload: string, message: Uint8Array): string {
  return plaintext !== null && toHex(plaintext) === payload ? toHex(message) : 'not opened';
}

function sideOf(
  primitives: Primitives,
  vector: Vector,
  role: 'initiator' | 'responder',
): NoiseHandshake {
  const isInitiator = role === 'initiator';
  const knows = isInitiator ? vector.initiatorKnows : vector.responderKnows;
  return createNoise(primitives, noRng, {
    pattern: PATTERNS.find((known) => known === vector.pattern) ?? 'XX',
    role,
    prologue: hex(vector.prologue),
    staticSecret: hex(isInitiator ? vector.initiatorStatic : vector.responderStatic),
    ephemeralSecret: hex(isInitiator ? vector.initiatorEphemeral : vector.responderEphemeral),
    ...(knows === undefined ? {} : { remoteStatic: hex(knows) }),
  });
}

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}
