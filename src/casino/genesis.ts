// What a casino is, fixed and signed before its first bet. The hash of these bytes is the chain id, which every
// operation, block and roll names: nothing of one casino can be used at another.

import { create } from '@bufbuild/protobuf';
import { fail, ok, type Result } from '../core/errors.ts';
import { hashIn } from '../crypto/hash.ts';
import { randomBytes } from '../crypto/random-bytes.ts';
import { signIn, verifyIn, type Identity } from '../crypto/signing.ts';
import { diceKeypair } from '../dice/vrf-dice.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { decodeCanonical, encodeBody } from '../wire/body.ts';
import {
  CasinoGenesisSchema,
  CasinoLimitsSchema,
  CasinoMode,
  SignedGenesisSchema,
  type CasinoGenesis,
} from '../wire/gen/bitcraps/v1/casino_pb.ts';
import {
  BLOCKS_PER_EPOCH,
  CASINO_LIMITS,
  DISCLOSURE_CHARACTERS_MAX,
  GENESIS_BYTES_MAX,
  GENESIS_NONCE_BYTES,
  GRANT,
  GRANTS_PER_EPOCH_MAX,
  NAME_CHARACTERS_MAX,
  SUPPLY_CAP,
  TREASURY,
  type CasinoLimits,
} from './limits.ts';

/** Shown to every player of a casino with one validator. */
export const SOLO_DISCLOSURE: string =
  'One operator runs this casino alone: since the casino was founded the operator can change no roll, ' +
  'but could know the dice beforehand, and could have tried several dice keys before founding it.';

const KEY_BYTES = 32;

export interface Genesis {
  readonly networkId: string;
  readonly casinoName: string;
  /** The operator's PeerId, which is the casino's id. */
  readonly operator: Uint8Array;
  readonly vrfKey: Uint8Array;
  readonly rulesHash: Uint8Array;
  readonly mode: 'solo';
  readonly disclosure: string;
  /** Units. */
  readonly supplyCap: bigint;
  readonly treasury: bigint;
  readonly grant: bigint;
  readonly grantsPerEpochMax: number;
  readonly blocksPerEpoch: number;
  readonly limits: CasinoLimits;
  /** When the casino was founded, milliseconds since the Unix epoch; every block is later. */
  readonly timeMs: bigint;
  /** 16 random bytes: two casinos of one operator differ. */
  readonly nonce: Uint8Array;
  readonly chainId: Uint8Array;
  /** Signed, as stored and sent. */
  readonly bytes: Uint8Array;
}

export interface GenesisOptions {
  readonly networkId: string;
  readonly casinoName: string;
  readonly rulesHash: Uint8Array;
  readonly timeMs: bigint;
  /** Units; default `TREASURY`. */
  readonly treasury?: bigint;
  readonly grant?: bigint;
  readonly grantsPerEpochMax?: number;
  readonly blocksPerEpoch?: number;
  readonly limits?: Partial<CasinoLimits>;
}

/** Founds a casino of one operator. Errors: `CASINO_GENESIS_INVALID` where an option breaks a bound. */
export function createGenesis(
  primitives: Primitives,
  rng: Rng,
  operator: Identity,
  options: GenesisOptions,
): Result<Genesis, 'CASINO_GENESIS_INVALID'> {
  const nonce = randomBytes(rng, GENESIS_NONCE_BYTES);
  const message = create(CasinoGenesisSchema, {
    networkId: options.networkId,
    casinoName: options.casinoName,
    operator: operator.publicKey,
    vrfKey: diceKeypair(primitives, operator, nonce).publicKey,
    rulesHash: options.rulesHash,
    mode: CasinoMode.SOLO,
    disclosure: SOLO_DISCLOSURE,
    supplyCap: SUPPLY_CAP,
    treasury: options.treasury ?? TREASURY,
    grant: options.grant ?? GRANT,
    grantsPerEpochMax: options.grantsPerEpochMax ?? GRANTS_PER_EPOCH_MAX,
    blocksPerEpoch: options.blocksPerEpoch ?? BLOCKS_PER_EPOCH,
    limits: create(CasinoLimitsSchema, { ...CASINO_LIMITS, ...options.limits }),
    timeMs: options.timeMs,
    nonce,
  });
  return decodeGenesis(primitives, signGenesis(primitives, operator, message));
}

/** Signs a genesis as it is, valid or not: `decodeGenesis` judges. */
export function signGenesis(
  primitives: Primitives,
  operator: Identity,
  message: CasinoGenesis,
): Uint8Array {
  const genesis = encodeBody(CasinoGenesisSchema, message);
  const signature = signIn(primitives, operator, 'casino-genesis', genesis);
  return encodeBody(SignedGenesisSchema, create(SignedGenesisSchema, { genesis, signature }));
}

function invalid(reason: string): Result<Genesis, 'CASINO_GENESIS_INVALID'> {
  return fail('CASINO_GENESIS_INVALID', { reason });
}

/** Reads and checks a signed genesis. */
export function decodeGenesis(
  primitives: Primitives,
  bytes: Uint8Array,
): Result<Genesis, 'CASINO_GENESIS_INVALID'> {
  if (bytes.length > GENESIS_BYTES_MAX) return invalid(`longer than ${GENESIS_BYTES_MAX} bytes`);
  const signed = decodeCanonical(SignedGenesisSchema, bytes);
  if (!signed.ok) return invalid(signed.error.message);
  const { genesis, signature } = signed.value;
  const message = decodeCanonical(CasinoGenesisSchema, genesis);
  if (!message.ok) return invalid(message.error.message);
  const reason = brokenBound(primitives, message.value);
  if (reason !== null) return invalid(reason);
  const { operator, limits, ...rest } = message.value;
  if (!verifyIn(primitives, operator, 'casino-genesis', genesis, signature)) {
    return invalid('not signed by its operator');
  }
  return ok({
    networkId: rest.networkId,
    casinoName: rest.casinoName,
    operator,
    vrfKey: rest.vrfKey,
    rulesHash: rest.rulesHash,
    mode: 'solo',
    disclosure: rest.disclosure,
    supplyCap: rest.supplyCap,
    treasury: rest.treasury,
    grant: rest.grant,
    grantsPerEpochMax: rest.grantsPerEpochMax,
    blocksPerEpoch: rest.blocksPerEpoch,
    limits: limitsOf(limits),
    timeMs: rest.timeMs,
    nonce: rest.nonce,
    chainId: hashIn(primitives, 'casino-genesis', genesis),
    bytes,
  });
}

function limitsOf(limits: CasinoGenesis['limits']): CasinoLimits {
  return {
    accountsMax: limits?.accountsMax ?? 0,
    tablesMax: limits?.tablesMax ?? 0,
    seatsMax: limits?.seatsMax ?? 0,
    betsPerTableMax: limits?.betsPerTableMax ?? 0,
    betsPerAccountMax: limits?.betsPerAccountMax ?? 0,
  };
}

function brokenBound(primitives: Primitives, message: CasinoGenesis): string | null {
  if (message.operator.length !== KEY_BYTES) return 'the operator’s key is not 32 bytes long';
  if (message.vrfKey.length !== KEY_BYTES) return 'the dice key is not 32 bytes long';
  if (!primitives.pointIsValid(message.vrfKey)) return 'the dice key is not a valid key';
  if (message.rulesHash.length !== KEY_BYTES) return 'the rules hash is not 32 bytes long';
  if (message.nonce.length !== GENESIS_NONCE_BYTES) return 'the nonce is not 16 bytes long';
  if (message.mode !== CasinoMode.SOLO) return 'the mode is not known';
  if (message.disclosure !== SOLO_DISCLOSURE) return 'the mode is not disclosed as it must be';
  if (message.disclosure.length > DISCLOSURE_CHARACTERS_MAX) return 'the disclosure is too long';
  for (const name of [message.networkId, message.casinoName]) {
    if (name.length === 0 || name.length > NAME_CHARACTERS_MAX) {
      return `a name is not 1 to ${NAME_CHARACTERS_MAX} characters long`;
    }
  }
  return brokenAmount(message) ?? brokenLimit(message);
}

function brokenAmount(message: CasinoGenesis): string | null {
  const { supplyCap, treasury, grant } = message;
  if (supplyCap !== SUPPLY_CAP) return 'the supply is not 21 000 000 CRAP';
  if (treasury + grant > supplyCap) return 'the treasury exceeds the supply';
  return message.blocksPerEpoch > 0 ? null : 'an epoch has no blocks';
}

function brokenLimit(message: CasinoGenesis): string | null {
  const limits = limitsOf(message.limits);
  for (const [name, most] of Object.entries(CASINO_LIMITS)) {
    const value: number = limits[name as keyof CasinoLimits];
    if (value < 1 || value > most) return `${name} is not between 1 and ${most}`;
  }
  return null;
}
