import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../core/errors.ts';
import { identityFromSeed } from '../crypto/signing.ts';
import { vrfVerify } from '../crypto/ecvrf.ts';
import { primitives } from '../platform/node/primitives.ts';
import { diceKeypair, diceOfBeacon, rollAlpha, vrfDice, vrfVerifier } from './vrf-dice.ts';

const operator = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const nonce = new Uint8Array(16).fill(2);
const chainId = new Uint8Array(32).fill(3);
const otherChain = new Uint8Array(32).fill(4);
const keypair = diceKeypair(primitives, operator, nonce);
const source = vrfDice(primitives, chainId, keypair);
const verifier = vrfVerifier(primitives, chainId, keypair.publicKey);
const rollInput = fc.record({
  table: fc.integer({ min: 1, max: 0xffffffff }),
  roll: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
});

describe('dice of one validator', () => {
  test('anyone gets the same dice from the proof, which is the only one there is', async () => {
    await fc.assert(
      fc.asyncProperty(rollInput, async (input) => {
        const proof = await source.release(input);
        expect(await source.release(input)).toEqual(proof);
        expect(unwrap(verifier.verify(input, proof))).toEqual(unwrap(source.verify(input, proof)));
      }),
      { numRuns: 20 },
    );
  });

  test('a proof is good for its own roll, table, chain and key only', async () => {
    const proof = await source.release({ table: 1, roll: 7n });
    expect(verifier.verify({ table: 1, roll: 7n }, proof).ok).toBe(true);
    const wrong = [
      verifier.verify({ table: 1, roll: 8n }, proof),
      verifier.verify({ table: 2, roll: 7n }, proof),
      vrfVerifier(primitives, otherChain, keypair.publicKey).verify({ table: 1, roll: 7n }, proof),
      vrfVerifier(
        primitives,
        chainId,
        diceKeypair(primitives, operator, new Uint8Array(16)).publicKey,
      ).verify({ table: 1, roll: 7n }, proof),
    ];
    for (const result of wrong) expect(!result.ok && result.error.code).toBe('DICE_PROOF_INVALID');
  });

  test('any flipped bit of a proof is refused', async () => {
    const proof = await source.release({ table: 1, roll: 1n });
    for (let bit = 0; bit < proof.length * 8; bit += 1) {
      const flipped = proof.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifier.verify({ table: 1, roll: 1n }, flipped).ok).toBe(false);
    }
  });

  test('the dice come from the beacon, the table and the roll', async () => {
    const input = { table: 3, roll: 9n };
    const proof = await source.release(input);
    const beacon = vrfVerify(primitives, keypair.publicKey, rollAlpha(chainId, input), proof);
    expect(beacon).not.toBeNull();
    if (beacon === null) return;
    expect(unwrap(verifier.verify(input, proof))).toEqual(diceOfBeacon(primitives, beacon, input));
    const others = Array.from({ length: 32 }, (_, i) =>
      String(diceOfBeacon(primitives, beacon, { table: 3, roll: BigInt(i + 10) })),
    );
    expect(new Set(others).size).toBeGreaterThan(5);
  });
});
