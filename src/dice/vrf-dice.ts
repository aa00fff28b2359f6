// Dice of a casino with one validator: ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381) under a key that the genesis fixes
// before any bet. From then on each roll has one possible outcome. The holder of the key can compute it beforehand, and
// could have tried several keys before the genesis: both are disclosed, and both end with dice from several validators.

import { concat, utf8 } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { vrfKeypair, vrfProve, vrfVerify, type VrfKeypair } from '../crypto/ecvrf.ts';
import { hashIn } from '../crypto/hash.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import { writeU32, writeU64 } from '../wire/big-endian.ts';
import { diceFromSeed, type Dice } from './dice-from-bytes.ts';
import type { DiceSource, DiceVerifier, RollInput } from './dice-source.ts';

const DOMAIN = utf8('bitcraps/dice-vrf');
const SEED_BYTES = 32;

/** Table (32 bits) and roll number (64 bits), big-endian. */
function rollName(input: RollInput): Uint8Array {
  const name = new Uint8Array(12);
  writeU32(name, 0, input.table);
  writeU64(name, 4, input.roll);
  return name;
}

/** What the VRF is evaluated at: domain ‖ chain id ‖ table ‖ roll number, the last three of fixed length. */
export function rollAlpha(chainId: Uint8Array, input: RollInput): Uint8Array {
  return concat(DOMAIN, chainId, rollName(input));
}

/** roll = H(beacon ‖ table ‖ roll number), expanded into dice by rejection. */
export function diceOfBeacon(primitives: Primitives, beacon: Uint8Array, input: RollInput): Dice {
  return diceFromSeed(primitives, hashIn(primitives, 'dice', beacon, rollName(input)));
}

/**
 * The dice key of the casino with this genesis nonce (16 bytes): bound to the operator's identity, so that a restart
 * needs no second secret, and different for each casino of one operator.
 */
export function diceKeypair(
  primitives: Primitives,
  operator: Identity,
  genesisNonce: Uint8Array,
): VrfKeypair {
  const secret = operator.secretKey.subarray(0, SEED_BYTES);
  return vrfKeypair(primitives, hashIn(primitives, 'dice', utf8('vrf-seed'), secret, genesisNonce));
}

export function vrfVerifier(
  primitives: Primitives,
  chainId: Uint8Array,
  vrfKey: Uint8Array,
): DiceVerifier {
  return {
    verify(input: RollInput, proof: Uint8Array): Result<Dice, 'DICE_PROOF_INVALID'> {
      const beacon = vrfVerify(primitives, vrfKey, rollAlpha(chainId, input), proof);
      if (beacon === null)
        return fail('DICE_PROOF_INVALID', { table: input.table, roll: input.roll });
      return ok(diceOfBeacon(primitives, beacon, input));
    },
  };
}

export function vrfDice(
  primitives: Primitives,
  chainId: Uint8Array,
  keypair: VrfKeypair,
): DiceSource {
  const verifier = vrfVerifier(primitives, chainId, keypair.publicKey);
  return {
    verify: (input, proof) => verifier.verify(input, proof),
    release(input: RollInput): Promise<Uint8Array> {
      return Promise.resolve(vrfProve(primitives, keypair, rollAlpha(chainId, input)));
    },
  };
}
