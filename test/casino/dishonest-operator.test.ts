import { beforeAll, describe, expect, test } from 'vitest';
import { crap } from '../../src/core/amount.ts';
import type { BitcrapsError } from '../../src/core/errors.ts';
import { unwrap } from '../../src/core/errors.ts';
import { BetOutcome } from '../../src/wire/gen/bitcraps/v1/casino_pb.ts';
import type { Effect } from '../../src/casino/effects.ts';
import { signOperation } from '../../src/casino/operation.ts';
import { verifyTranscript } from '../../src/casino/verify-transcript.ts';
import { vrfKeypair } from '../../src/crypto/ecvrf.ts';
import { vrfDice } from '../../src/dice/vrf-dice.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { forgeTranscript, type ForgedBlock } from './dishonest-operator.ts';
import { finishedCasino, identityOf, playRound, SmallCasino } from './small-casino.ts';

let casino: SmallCasino;
let twoTables: SmallCasino;

beforeAll(async () => {
  casino = await finishedCasino(4);
  twoTables = new SmallCasino();
  twoTables.openTable();
  twoTables.openTable();
  for (const name of ['ann', 'bob']) twoTables.must(name, { case: 'openAccount', value: {} });
  for (const table of [1, 2, 1, 2]) await playRound(twoTables, table);
});

function refusal(bytes: Uint8Array): BitcrapsError {
  const result = verifyTranscript(primitives, bytes);
  if (result.ok) throw new Error('the forged transcript was accepted');
  return result.error;
}

/** The first effect of a kind, with the index of its block; from block `from` on. */
function find<C extends Effect['case']>(
  blocks: readonly ForgedBlock[],
  name: C,
  from = 0,
): { readonly at: number; readonly effect: Effect & { case: C } } {
  for (let at = from; at < blocks.length; at += 1) {
    const effect = blocks[at]?.effects.find(
      (one): one is Effect & { case: C } => one.case === name,
    );
    if (effect !== undefined) return { at, effect };
  }
  throw new Error(`no ${name}`);
}

function reveals(blocks: readonly ForgedBlock[], table = 1): ForgedBlock[] {
  return blocks.filter((block) =>
    block.operations.some(
      (one) => 'own' in one && one.own.case === 'revealDice' && one.own.value.table === table,
    ),
  );
}

function proofOf(block: ForgedBlock | undefined): { proof: Uint8Array; roll: bigint } {
  for (const one of block?.operations ?? []) {
    if ('own' in one && one.own.case === 'revealDice') return one.own.value;
  }
  throw new Error('no reveal');
}

test('signing everything afresh without a lie is accepted: what fails below fails for the lie', () => {
  expect(
    verifyTranscript(
      primitives,
      forgeTranscript(casino, () => undefined),
    ).ok,
  ).toBe(true);
  expect(
    verifyTranscript(
      primitives,
      forgeTranscript(twoTables, () => undefined),
    ).ok,
  ).toBe(true);
});

describe('an operator who signs everything afresh is caught', () => {
  test('paying too much or too little', () => {
    for (const change of [1n, -1n]) {
      const error = refusal(
        forgeTranscript(casino, (blocks) => {
          const { effect } = find(blocks, 'betResolved');
          effect.value.returned += effect.value.returned === 0n ? 1n : change;
        }),
      );
      expect(error.code).toBe('TRANSCRIPT_PAYOUT_WRONG');
      expect(error.data).toMatchObject({ table: 1 });
      expect(typeof error.data['height']).toBe('bigint');
      expect(typeof error.data['roll']).toBe('bigint');
      expect(typeof error.data['bet']).toBe('number');
    }
  });

  test('calling a win a loss, or not resolving a bet', () => {
    const called = forgeTranscript(casino, (blocks) => {
      const { effect } = find(blocks, 'betResolved');
      const { outcome } = effect.value;
      effect.value.outcome = outcome === BetOutcome.WIN ? BetOutcome.LOSE : BetOutcome.WIN;
    });
    expect(refusal(called).code).toBe('TRANSCRIPT_PAYOUT_WRONG');
    const silent = forgeTranscript(casino, (blocks) => {
      const { at, effect } = find(blocks, 'betResolved');
      const block = blocks[at];
      if (block !== undefined) block.effects = block.effects.filter((other) => other !== effect);
    });
    expect(refusal(silent).code).toBe('TRANSCRIPT_PAYOUT_WRONG');
  });

  test('changing a die', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const { effect } = find(blocks, 'diceRolled');
        effect.value.die1 = (effect.value.die1 % 6) + 1;
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_DICE_CHANGED');
    expect(error.data).toMatchObject({ table: 1, roll: 1n });
  });

  test('swapping the proofs of two rolls', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const [first, second] = reveals(blocks);
        const [a, b] = [proofOf(first), proofOf(second)];
        [a.proof, b.proof] = [b.proof, a.proof];
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_PROOF_SWAPPED');
    expect(error.data).toMatchObject({ roll: 1n, other: 2n });
  });

  test('using the roll of another table', () => {
    const error = refusal(
      forgeTranscript(twoTables, (blocks) => {
        const [own] = reveals(blocks, 1);
        const [other] = reveals(blocks, 2);
        proofOf(own).proof = proofOf(other).proof;
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_ROLL_OTHER_TABLE');
    expect(error.data).toMatchObject({ table: 1, roll: 1n, otherTable: 2, other: 1n });
  });

  test('proving dice with another key', async () => {
    const keypair = vrfKeypair(primitives, new Uint8Array(32).fill(7));
    const dice = vrfDice(primitives, casino.genesis.chainId, keypair);
    const proof = await dice.release({ table: 1, roll: 1n });
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const [first] = reveals(blocks);
        proofOf(first).proof = proof;
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_PROOF_INVALID');
  });

  test('inventing a bet in a player’s name', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const { at, effect } = find(blocks, 'tableLocked');
        const { table, roll } = effect.value;
        const bytes = signOperation(primitives, casino.operator, {
          chainId: casino.genesis.chainId,
          nonce: 2n,
          anchor: { height: 0n, hash: casino.genesis.chainId },
          action: {
            case: 'placeBet',
            value: { table, roll, kind: 'any-seven', stake: crap(9), base: 0 },
          },
        });
        // The operator cannot sign for ann; it can put her name where its own stood.
        const forged = replaceBytes(bytes, casino.operator.publicKey, identityOf('ann').publicKey);
        blocks[at]?.operations.unshift({ bytes: forged });
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_BET_INVENTED');
    expect(error.data).toMatchObject({ table: 1, roll: 1n });
  });

  test('using a player’s bet twice', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const { at } = find(blocks, 'betPlaced');
        const again = blocks[at]?.operations[0];
        if (again !== undefined) blocks[at]?.operations.push(again);
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_BET_INVENTED');
  });

  test('announcing a bet that nobody asked for, or another stake', () => {
    const announced = forgeTranscript(casino, (blocks) => {
      const { at, effect } = find(blocks, 'betPlaced');
      const value = { ...effect.value, bet: effect.value.bet + 1, stake: crap(100) };
      blocks[at]?.effects.push({ case: 'betPlaced', value });
    });
    expect(refusal(announced).code).toBe('TRANSCRIPT_BET_INVENTED');
    const larger = forgeTranscript(casino, (blocks) => {
      find(blocks, 'betPlaced').effect.value.stake += crap(1);
    });
    expect(refusal(larger).code).toBe('TRANSCRIPT_BET_INVENTED');
  });

  test('dropping a round, and renumbering what follows', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const first = blocks.findIndex((block) => reveals([block]).length > 0);
        const second = blocks.findIndex((block, at) => at > first && reveals([block]).length > 0);
        return blocks.toSpliced(first + 1, second - first);
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_ROUND_DROPPED');
    expect(error.data).toMatchObject({ table: 1 });
  });

  test('replacing a block that players have built on', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const [first] = blocks;
        if (first !== undefined) first.timeMs += 1n;
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_HISTORY_REWRITTEN');
  });

  test('claiming other balances', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const last = blocks.at(-1);
        if (last !== undefined) last.stateRoot = new Uint8Array(32);
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_STATE_WRONG');
  });

  test('announcing events that did not happen', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const { effect } = find(blocks, 'accountOpened');
        effect.value.grant += 1n;
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_EFFECTS_WRONG');
  });

  test('doing what the rules forbid even to the operator', () => {
    const error = refusal(
      forgeTranscript(casino, (blocks) => {
        const { at } = find(blocks, 'tableLocked');
        const [reveal] = reveals(blocks)[0]?.operations ?? [];
        if (reveal !== undefined) blocks[at]?.operations.push(reveal);
      }),
    );
    expect(error.code).toBe('TRANSCRIPT_OPERATION_REFUSED');
    expect(error.message).toContain('CASINO_ROLL_NOT_FINAL');
  });
});

describe('a transcript without the last round', () => {
  test('says that its end is not proved, and by whom', () => {
    const rounds = casino.blocks.length;
    const bytes = forgeTranscript(casino, (blocks) => {
      const last = blocks.findLastIndex((block) => reveals([block]).length > 0);
      expect(last).toBeLessThan(rounds - 1);
      return blocks.slice(0, last);
    });
    const report = unwrap(verifyTranscript(primitives, bytes));
    expect(report.endProved).toBe(false);
    expect(report.openTables).toMatchObject([{ table: 1, locked: true }]);
    expect(report.accounts.some(({ countersigned }) => !countersigned)).toBe(true);
    expect(report.limits.join(' ')).toContain('its dice are not in this file');
    expect(report.limits.join(' ')).toContain('did not countersign');
  });

  test('even where it stops between two rounds', () => {
    const bytes = forgeTranscript(casino, (blocks) => {
      const first = blocks.findIndex((block) => reveals([block]).length > 0);
      return blocks.slice(0, first + 1);
    });
    const report = unwrap(verifyTranscript(primitives, bytes));
    expect(report.endProved).toBe(false);
    expect(report.limits.join(' ')).toContain('did not countersign');
  });
});

function replaceBytes(bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; at + from.length <= bytes.length; at += 1) {
    if (from.every((byte, i) => bytes[at + i] === byte)) out.set(to, at);
  }
  return out;
}
