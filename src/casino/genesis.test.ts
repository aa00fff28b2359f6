import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { GENESIS_TIME_MS, identityOf, SmallCasino } from '../../test/casino/small-casino.ts';
import { unwrap } from '../core/errors.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createSeededRng } from '../sim/seeded-rng.ts';
import {
  CasinoGenesisSchema,
  CasinoLimitsSchema,
  CasinoMode,
} from '../wire/gen/bitcraps/v1/casino_pb.ts';
import { createGenesis, decodeGenesis, signGenesis, SOLO_DISCLOSURE } from './genesis.ts';
import { CASINO_LIMITS, GRANT, SUPPLY_CAP, TREASURY } from './limits.ts';
import { rulesHash } from './rules-hash.ts';

const operator = identityOf('operator');
const { genesis } = new SmallCasino();

const sound = {
  networkId: 'test',
  casinoName: 'Small Casino',
  operator: operator.publicKey,
  vrfKey: genesis.vrfKey,
  rulesHash: genesis.rulesHash,
  mode: CasinoMode.SOLO,
  disclosure: SOLO_DISCLOSURE,
  supplyCap: SUPPLY_CAP,
  treasury: TREASURY,
  grant: GRANT,
  grantsPerEpochMax: 128,
  blocksPerEpoch: 256,
  limits: create(CasinoLimitsSchema, CASINO_LIMITS),
  timeMs: GENESIS_TIME_MS,
  nonce: genesis.nonce,
};

function decode(change: object, signer = operator): string {
  const message = create(CasinoGenesisSchema, { ...sound, ...change });
  const decoded = decodeGenesis(primitives, signGenesis(primitives, signer, message));
  return decoded.ok ? 'ok' : decoded.error.message;
}

function limits(change: object): object {
  return { limits: create(CasinoLimitsSchema, { ...CASINO_LIMITS, ...change }) };
}

describe('genesis', () => {
  test('is read as it was written', () => {
    expect(unwrap(decodeGenesis(primitives, genesis.bytes))).toEqual(genesis);
    expect(genesis).toMatchObject({
      mode: 'solo',
      disclosure: SOLO_DISCLOSURE,
      treasury: TREASURY,
    });
  });

  test('two casinos of one operator have other chains and other dice', () => {
    const other = new SmallCasino({}, 2).genesis;
    expect(other.chainId).not.toEqual(genesis.chainId);
    expect(other.vrfKey).not.toEqual(genesis.vrfKey);
  });

  test('each broken bound is refused', () => {
    expect(decode({})).toBe('ok');
    const broken: object[] = [
      { networkId: '' },
      { casinoName: 'x'.repeat(65) },
      { vrfKey: new Uint8Array(32) },
      { vrfKey: new Uint8Array(31) },
      { rulesHash: new Uint8Array(0) },
      { mode: CasinoMode.UNSPECIFIED },
      { disclosure: 'The dice are fair.' },
      { supplyCap: SUPPLY_CAP + 1n },
      { treasury: SUPPLY_CAP },
      { treasury: SUPPLY_CAP + 1n },
      { blocksPerEpoch: 0 },
      { nonce: new Uint8Array(15) },
      { limits: undefined },
      limits({ accountsMax: 0 }),
      limits({ accountsMax: CASINO_LIMITS.accountsMax + 1 }),
      limits({ betsPerTableMax: CASINO_LIMITS.betsPerTableMax + 1 }),
      limits({ seatsMax: 0 }),
    ];
    for (const change of broken) expect(decode(change)).toMatch(/not a valid genesis/);
  });

  test('is signed by its operator', () => {
    expect(decode({}, identityOf('ann'))).toContain('not signed by its operator');
  });

  test('every single flipped bit is refused or gives another chain', () => {
    for (let bit = 0; bit < genesis.bytes.length * 8; bit += 1) {
      const bytes = genesis.bytes.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeGenesis(primitives, bytes).ok).toBe(false);
    }
  });

  test('founding with an option out of bounds is refused', () => {
    const options = { networkId: '', casinoName: 'x', timeMs: 1n };
    const founded = createGenesis(primitives, createSeededRng(primitives, 1, 'x'), operator, {
      ...options,
      rulesHash: rulesHash(primitives),
    });
    expect(!founded.ok && founded.error.code).toBe('CASINO_GENESIS_INVALID');
  });
});
