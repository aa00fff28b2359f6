import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import type { Rng } from '../env/rng.ts';
import { primitives } from '../platform/node/primitives.ts';
import {
  createIdentityHandshake,
  type IdentityHandshake,
  type IdentityStep,
} from './noise-identity.ts';
import { createNoise } from './noise.ts';
import { identityFromSeed, type Identity } from './signing.ts';

const ALICE = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const BOB = identityFromSeed(primitives, new Uint8Array(32).fill(2));
const CAROL = identityFromSeed(primitives, new Uint8Array(32).fill(3));
const PROLOGUE = utf8('a test');

let draws = 0;
const rng: Rng = {
  fill(out) {
    draws += 1;
    out.set(primitives.sha512(utf8(`identity ${draws}`)).subarray(0, out.length));
  },
  uint32: () => 0,
};

function side(
  role: 'initiator' | 'responder',
  identity: Identity,
  expected: Uint8Array | null = null,
  prologue = PROLOGUE,
): IdentityHandshake {
  return createIdentityHandshake({ primitives, rng, identity, role, prologue, expected });
}

function replyOf(step: IdentityStep): Uint8Array {
  if (step.kind !== 'reply') throw new Error(step.kind);
  return step.message;
}

/** Runs a handshake whose messages pass through `wire`; the steps that each side ended with. */
function run(
  initiator: IdentityHandshake,
  responder: IdentityHandshake,
  wire: (message: Uint8Array, index: number) => Uint8Array = (message) => message,
): { readonly atInitiator: IdentityStep | null; readonly atResponder: IdentityStep } {
  const first = responder.receive(wire(initiator.begin() ?? new Uint8Array(0), 0));
  if (first.kind !== 'reply') return { atInitiator: null, atResponder: first };
  const second = initiator.receive(wire(first.message, 1));
  if (second.kind !== 'proved' || second.message === null) {
    return { atInitiator: second, atResponder: first };
  }
  return { atInitiator: second, atResponder: responder.receive(wire(second.message, 2)) };
}

describe('an identity handshake', () => {
  test('proves each side to the other, with keys and a binding in common', () => {
    for (const expected of [null, BOB.publicKey]) {
      const { atInitiator, atResponder } = run(
        side('initiator', ALICE, expected),
        side('responder', BOB),
      );
      if (atInitiator?.kind !== 'proved' || atResponder.kind !== 'proved') throw new Error('no');
      expect(atInitiator.peer.publicKey).toEqual(BOB.publicKey);
      expect(atResponder.peer.publicKey).toEqual(ALICE.publicKey);
      expect(atInitiator.peer.channelBinding.length).toBe(32);
      expect(atInitiator.peer.channelBinding).toEqual(atResponder.peer.channelBinding);
      expect(atInitiator.peer.keys.send).toEqual(atResponder.peer.keys.receive);
      expect(atInitiator.peer.keys.receive).toEqual(atResponder.peer.keys.send);
      expect(atResponder.message).toBeNull();
    }
  });

  test('tells another peer than the expected one before it has named itself', () => {
    const initiator = side('initiator', ALICE, CAROL.publicKey);
    const { atInitiator } = run(initiator, side('responder', BOB));
    expect(atInitiator).toEqual({ kind: 'other-peer', actual: BOB.publicKey });
  });

  test('refuses every message with a bit changed, bytes less or bytes more', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 }), fc.nat(), fc.integer({ min: -3, max: 3 }), (which, at, d) => {
        const { atInitiator, atResponder } = run(
          side('initiator', ALICE),
          side('responder', BOB),
          (message, index) => {
            if (index !== which) return message;
            if (d < 0) return message.subarray(0, message.length + d);
            if (d > 0) return Uint8Array.from([...message, ...Array<number>(d).fill(at & 0xff)]);
            const changed = message.slice();
            const bit = at % (8 * changed.length);
            changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            return changed;
          },
        );
        // A changed first message may pass as another ephemeral key; then the second one does not open.
        expect(atInitiator?.kind === 'proved' && atResponder.kind === 'proved').toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('another prologue fails', () => {
    const { atInitiator } = run(
      side('initiator', ALICE),
      side('responder', BOB, null, utf8('another')),
    );
    expect(atInitiator?.kind).toBe('refused');
  });

  test('a peer that names an identity whose key it does not have is refused', () => {
    const staticSecret = primitives.signSecretToX25519(CAROL.secretKey);
    for (const claim of [ALICE.publicKey, new Uint8Array(32), new Uint8Array(0)]) {
      const config = { pattern: 'XX', prologue: PROLOGUE, staticSecret } as const;
      const liar = createNoise(primitives, rng, { ...config, role: 'initiator' });
      const responder = side('responder', BOB);
      const second = replyOf(responder.receive(liar.write(new Uint8Array(0))));
      expect(liar.read(second)).toEqual(BOB.publicKey);
      expect(responder.receive(liar.write(claim))).toMatchObject({ kind: 'refused' });

      const server = createNoise(primitives, rng, { ...config, role: 'responder' });
      const initiator = side('initiator', ALICE);
      server.read(initiator.begin() ?? new Uint8Array(0));
      expect(initiator.receive(server.write(claim))).toMatchObject({ kind: 'refused' });
    }
  });

  test('a payload before there are keys is refused, and so is a message after the last', () => {
    const staticSecret = primitives.signSecretToX25519(CAROL.secretKey);
    const config = { pattern: 'XX', role: 'initiator', prologue: PROLOGUE, staticSecret } as const;
    const early = createNoise(primitives, rng, config).write(utf8('hello'));
    expect(side('responder', BOB).receive(early)).toMatchObject({ kind: 'refused' });
    const responder = side('responder', BOB);
    const { atResponder } = run(side('initiator', ALICE), responder);
    expect(atResponder.kind).toBe('proved');
    expect(responder.receive(new Uint8Array(96))).toMatchObject({ kind: 'refused' });
  });
});
