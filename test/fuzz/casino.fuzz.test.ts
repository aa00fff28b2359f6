// Every decoder of the casino, and the casino itself, against random bytes and mutated valid input: an answer with a
// code, never an exception, and no effect. BITCRAPS_FUZZ_MS is the time for each (300 ms unless told); a failure prints
// its seed and the smallest input found.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeBlock } from '../../src/consensus/block.ts';
import { decodeEffects, encodeEffects } from '../../src/casino/effects.ts';
import { decodeGenesis } from '../../src/casino/genesis.ts';
import { decodeOperation, signOperation } from '../../src/casino/operation.ts';
import { createReplica } from '../../src/casino/replica.ts';
import { decodeTranscript } from '../../src/casino/transcript.ts';
import { verifyTranscript } from '../../src/casino/verify-transcript.ts';
import { concat } from '../../src/core/bytes.ts';
import { unwrap } from '../../src/core/errors.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import {
  finishedCasino,
  identityOf,
  playedCasino,
  type SmallCasino,
} from '../casino/small-casino.ts';

const budgetMs = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');

let casino: SmallCasino;
let open: SmallCasino;

beforeAll(async () => {
  casino = await finishedCasino(2);
  open = await playedCasino(2);
});

/** Runs the property until the time is up. */
function fuzz<T>(input: fc.Arbitrary<T>, check: (value: T) => void): void {
  const property = fc.property(input, (value) => check(value));
  const runs = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: budgetMs };
  fc.assert(property, { ...runs, markInterruptAsFailure: false });
}

/** Random bytes, or a valid input with a few bytes set, cut out or inserted. */
function inputs(valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const mutated = fc
    .record({
      base: fc.constantFrom(...valid),
      edits: fc.array(
        fc.record({ at: fc.nat(), drop: fc.nat({ max: 3 }), put: fc.uint8Array({ maxLength: 3 }) }),
        {
          maxLength: 4,
        },
      ),
    })
    .map(({ base, edits }) => {
      let bytes = base;
      for (const { at, drop, put } of edits) {
        const index = at % (bytes.length + 1);
        bytes = concat(bytes.subarray(0, index), put, bytes.subarray(index + drop));
      }
      return bytes;
    });
  return fc.oneof(
    { weight: 4, arbitrary: mutated },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
  );
}

describe('decoders', () => {
  test('operation', () => {
    const valid = casino.blocks.flatMap(({ operations }) => operations);
    fuzz(inputs(valid), (bytes) => {
      const decoded = decodeOperation(bytes);
      if (!decoded.ok) expect(decoded.error.code).toBe('CASINO_OPERATION_MALFORMED');
    });
  });

  test('effects', () => {
    fuzz(inputs(casino.blocks.map(({ effects }) => effects)), (bytes) => {
      const decoded = decodeEffects(bytes);
      if (decoded.ok) expect(encodeEffects(decoded.value)).toEqual(bytes);
    });
  });

  test('block', () => {
    fuzz(inputs(casino.blocks.map(({ bytes }) => bytes)), (bytes) => {
      const decoded = decodeBlock(primitives, bytes);
      if (decoded.ok) expect(decoded.value.bytes).toBe(bytes);
    });
  });

  test('genesis', () => {
    const { bytes: valid } = casino.genesis;
    fuzz(inputs([valid]), (bytes) => {
      const decoded = decodeGenesis(primitives, bytes);
      if (decoded.ok) expect(bytes).toEqual(valid);
    });
  });

  test('transcript', () => {
    const valid = casino.transcript();
    fuzz(inputs([valid]), (bytes) => {
      decodeTranscript(bytes);
      const verified = verifyTranscript(primitives, bytes);
      if (verified.ok) expect(bytes).toEqual(valid);
      else expect(verified.error.code).toMatch(/^TRANSCRIPT_/);
    });
  });
});

describe('the casino', () => {
  test('check and apply: foreign bytes change nothing', () => {
    const { height, hash, timeMs } = open.head;
    const before = open.casino.stateHash();
    const valid = open.blocks.flatMap(({ operations }) => operations);
    fuzz(inputs(valid), (bytes) => {
      open.casino.check(bytes);
      const block = { height: height + 1n, timeMs: timeMs + 1n, parent: hash, operations: [bytes] };
      const { outcomes, effects } = open.casino.apply(block);
      expect(outcomes.map(({ ok }) => ok)).toEqual([false]);
      expect(effects.length).toBe(0);
      expect(open.casino.stateHash()).toBe(before);
    });
  });

  test('any signed action gets an answer, whatever its values', () => {
    const u64 = fc.oneof(
      fc.constantFrom(0n, 1n, 2n, 2n ** 63n, 2n ** 64n - 1n),
      fc.bigInt({ min: 0n, max: 10n ** 10n }),
    );
    const u32 = fc.oneof(fc.constantFrom(0, 1, 2, 0xffff_ffff), fc.nat({ max: 9 }));
    const kind = fc.oneof(
      fc.constantFrom('pass', 'field', 'pass-odds', 'come', '__proto__'),
      fc.string({ maxLength: 8 }),
    );
    const action = fc.oneof(
      fc
        .record({ table: u32, roll: u64, kind, stake: u64, base: u32 })
        .map((value) => ({ case: 'placeBet' as const, value })),
      fc
        .record({ table: u32, roll: u64, bet: u32 })
        .map((value) => ({ case: 'takeDown' as const, value })),
      fc.record({ table: u32, roll: u64 }).map((value) => ({ case: 'shoot' as const, value })),
      fc.record({ table: u32, roll: u64 }).map((value) => ({ case: 'passDice' as const, value })),
      fc.record({ table: u32, roll: u64 }).map((value) => ({ case: 'leaveTable' as const, value })),
      fc.record({ table: u32 }).map((value) => ({ case: 'closeTable' as const, value })),
      fc
        .record({ bankroll: u64, stakeMin: u64, shooterTimeoutMs: u64 })
        .map((value) => ({ case: 'openTable' as const, value: { ...value, rules: {} } })),
      fc
        .record({
          to: fc.constantFrom(identityOf('bob').publicKey, new Uint8Array(32)),
          amount: u64,
        })
        .map((value) => ({ case: 'transfer' as const, value })),
      fc
        .record({ table: u32, roll: u64, proof: fc.uint8Array({ minLength: 80, maxLength: 80 }) })
        .map((value) => ({ case: 'revealDice' as const, value })),
    );
    const { height, hash, timeMs } = open.head;
    const { chainId } = open.genesis;
    const state = open.state;
    fuzz(fc.tuple(fc.constantFrom('ann', 'bob', 'operator'), action), ([name, init]) => {
      const identity = identityOf(name);
      const nonce =
        state.accounts.shards
          .flat()
          .find(({ key }) => key.every((b, i) => b === identity.publicKey[i]))?.nonce ?? 0n;
      const anchor = { height, hash };
      const bytes = signOperation(primitives, identity, { chainId, nonce, anchor, action: init });
      const block = { height: height + 1n, timeMs: timeMs + 1n, parent: hash, operations: [bytes] };
      const { outcomes, stateHash } = open.casino.apply(block);
      expect(outcomes.length).toBe(1);
      expect(stateHash.length).toBe(32);
    });
  });

  test('a replica answers any block and keeps its head', () => {
    const replica = unwrap(createReplica(primitives, casino.genesis.bytes));
    const [first, ...rest] = casino.blocks;
    if (first === undefined) throw new Error('a block');
    unwrap(replica.add(first.bytes));
    const next = rest[0]?.bytes ?? first.bytes;
    fuzz(
      inputs([first.bytes, next]).filter((bytes) => !Buffer.from(bytes).equals(next)),
      (bytes) => {
        expect(replica.add(bytes).ok).toBe(false);
        expect(replica.head().height).toBe(1n);
      },
    );
  });
});
