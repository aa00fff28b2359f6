import { beforeAll, describe, expect, test } from 'vitest';
import { identityOf, SmallCasino } from '../../test/casino/small-casino.ts';
import { crap } from '../core/amount.ts';
import { BitcrapsError, fail, ok } from '../core/errors.ts';
import { VRF_PROOF_BYTES } from '../crypto/ecvrf.ts';
import type { DiceVerifier, RollInput } from '../dice/dice-source.ts';
import { primitives } from '../platform/node/primitives.ts';
import { diagnoseOperation, PROOF_TRIALS_MAX } from './diagnosis.ts';
import { CASINO_LIMITS } from './limits.ts';
import { signOperation } from './operation.ts';
import type { CasinoState } from './state.ts';

const ROLL = 1000n;
const NUMBERS_USED = 100_000;

let state: CasinoState;

beforeAll(() => {
  const casino = new SmallCasino();
  for (let id = 1; id <= CASINO_LIMITS.tablesMax; id += 1) casino.openTable(crap(10));
  // As many numbers were used before these tables were opened as a short file can use up.
  const tables = casino.state.tables.map((table) => ({
    ...table,
    id: table.id + NUMBERS_USED,
    roll: ROLL,
  }));
  state = { ...casino.state, tables, nextTable: casino.state.nextTable + NUMBERS_USED };
});

interface Trials {
  readonly code: string;
  readonly tried: readonly RollInput[];
}

/** A reveal at the first table whose proof holds for `proved` alone. */
function diagnose(before: CasinoState, proved: RollInput | null): Trials {
  const table = NUMBERS_USED + 1;
  const tried: RollInput[] = [];
  const dice: DiceVerifier = {
    verify: (input) => {
      tried.push(input);
      const holds = input.table === proved?.table && input.roll === proved.roll;
      return holds ? ok([1, 2]) : fail('DICE_PROOF_INVALID', { ...input });
    },
  };
  const bytes = signOperation(primitives, identityOf('operator'), {
    chainId: new Uint8Array(32),
    nonce: 0n,
    anchor: { height: 0n, hash: new Uint8Array(32) },
    action: {
      case: 'revealDice',
      value: { table, roll: ROLL, proof: new Uint8Array(VRF_PROOF_BYTES) },
    },
  });
  const error = new BitcrapsError('DICE_PROOF_INVALID', { table, roll: ROLL });
  const result = diagnoseOperation(7n, bytes, error, before, dice);
  return { code: result.ok ? 'ok' : result.error.code, tried };
}

describe('a proof that does not hold', () => {
  test('costs a bounded number of trials, at the tables that exist, none of them twice', () => {
    const { code, tried } = diagnose(state, null);
    expect(code).toBe('TRANSCRIPT_PROOF_INVALID');
    expect(tried.length).toBe(PROOF_TRIALS_MAX);
    expect(PROOF_TRIALS_MAX).toBeLessThanOrEqual(512);
    const ids = new Set(state.tables.map(({ id }) => id));
    expect(tried.every(({ table }) => ids.has(table))).toBe(true);
    expect(new Set(tried.map(({ table, roll }) => `${table}/${roll}`)).size).toBe(tried.length);
    expect(tried.some(({ table, roll }) => table === NUMBERS_USED + 1 && roll === ROLL)).toBe(
      false,
    );
  });

  test('is not tried at rolls below 1, nor at tables where there are none', () => {
    const early = state.tables.slice(0, 1).map((table) => ({ ...table, roll: 1n }));
    const { tried } = diagnose({ ...state, tables: early }, null);
    expect(tried.length).toBeLessThanOrEqual(PROOF_TRIALS_MAX);
    expect(tried.every(({ table, roll }) => table === NUMBERS_USED + 1 && roll > 0n)).toBe(true);
    const young = state.tables.map((table) => ({ ...table, roll: 1n }));
    expect(diagnose({ ...state, tables: young }, null).tried.every(({ roll }) => roll > 0n)).toBe(
      true,
    );
  });

  test('is named by the roll that it belongs to, near its own or at any other table', () => {
    const first = NUMBERS_USED + 1;
    for (const roll of [ROLL - 100n, ROLL - 1n, ROLL + 1n, ROLL + 100n]) {
      expect(diagnose(state, { table: first, roll }).code).toBe('TRANSCRIPT_PROOF_SWAPPED');
    }
    for (const { id } of state.tables.slice(1)) {
      for (const roll of [ROLL - 1n, ROLL, ROLL + 1n]) {
        expect(diagnose(state, { table: id, roll }).code).toBe('TRANSCRIPT_ROLL_OTHER_TABLE');
      }
    }
  });
});
