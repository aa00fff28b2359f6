import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fate } from '../../test/craps/slow-model.ts';
import type { Fate } from '../../test/craps/slow-model.ts';
import { unwrap } from '../core/errors.ts';
import { BETS, isOffered } from './bets.ts';
import type { BetDefinition } from './definition.ts';
import { exactStake } from './definition.ts';
import type { Dice } from './dice.ts';
import { ROLLS, total } from './dice.ts';
import { lcm } from './fraction.ts';
import { isOpen, placeBet, settle, takeDown } from './settle.ts';
import type { BetRequest, LiveBet, Resolution } from './settle.ts';
import { advance, newTable, POINTS } from './table.ts';
import type { TableState } from './table.ts';

/** Nothing rounds at this stake. */
const STAKE = [...BETS.values()].reduce((stake, bet) => lcm(stake, exactStake(bet)), 1n);
const CHIP = 10_000n;
const CRAP = 1_000_000n;

const fairRolls = fc.array(fc.constantFrom(...ROLLS), { minLength: 1, maxLength: 80 });
/** So that fire, all and the repeaters win too. */
const fewSevens = fc.array(
  fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...ROLLS.filter((dice) => total(dice) !== 7)) },
    { weight: 1, arbitrary: fc.constant<Dice>([3, 4]) },
  ),
  { minLength: 1, maxLength: 120 },
);
const someRolls = fc.oneof(fairRolls, fewSevens);

interface Made {
  readonly bet: LiveBet;
  readonly from: number;
}

/** Makes every bet that is open before every roll (odds on each base once) and lets the dice decide. */
function playAll(
  rolls: readonly Dice[],
  field12x3: boolean,
): { made: Made[]; ended: Map<number, { at: number; resolution: Resolution }[]> } {
  let state = newTable({ field12x3 });
  let live: readonly LiveBet[] = [];
  const made: Made[] = [];
  const ended = new Map<number, { at: number; resolution: Resolution }[]>();
  const madeAt = new Map<number, number>();
  const make = (kind: string, from: number, base?: number): void => {
    const request: BetRequest = {
      id: made.length,
      kind,
      stake: STAKE,
      ...(base === undefined ? {} : { base }),
    };
    const bet = unwrap(placeBet(state, live, request));
    live = [...live, bet];
    madeAt.set(bet.id, from);
    made.push({ bet, from });
  };
  rolls.forEach((dice, at) => {
    for (const definition of BETS.values()) {
      if (!isOffered(definition, state.options) || !isOpen(state, definition)) continue;
      if (definition.base === null) make(definition.id, at);
      else {
        const bases = live.filter((bet) => bet.kind === definition.base?.kind && bet.point !== 0);
        const bare = bases.filter((base) => !live.some((bet) => bet.base === base.id));
        for (const base of bare) make(definition.id, madeAt.get(base.id) ?? -1, base.id);
      }
    }
    const settlement = settle(state, live, dice);
    for (const resolution of settlement.resolved) {
      ended.set(resolution.id, [...(ended.get(resolution.id) ?? []), { at, resolution }]);
    }
    ({ state, remaining: live } = settlement);
  });
  return { made, ended };
}

function compare(
  definition: BetDefinition,
  expected: Fate | null,
  endings: readonly { at: number; resolution: Resolution }[],
): void {
  expect(endings).toHaveLength(expected === null ? 0 : 1);
  const [ending] = endings;
  if (expected === null || ending === undefined) return;
  const [num, den] = expected.returned;
  const { payout, stake, outcome } = ending.resolution;
  expect({ kind: definition.id, at: ending.at, payout }).toEqual({
    kind: definition.id,
    at: expected.at,
    payout: (STAKE * num) / den,
  });
  expect(payout <= stake + definition.maxWin(stake)).toBe(true);
  expect(outcome).toBe(payout === 0n ? 'lose' : payout === stake ? 'push' : 'win');
}

/** The pay-out of a bet without a point on a fresh table, if the roll decides it. */
function payoutOf(kind: string, stake: bigint, dice: Dice): bigint | undefined {
  return settle(newTable(), [{ id: 0, kind, stake, point: 0 }], dice).resolved[0]?.payout;
}

function codeOf(
  state: TableState,
  live: readonly LiveBet[],
  request: Partial<BetRequest> & { readonly kind: string },
): string {
  const result = placeBet(state, live, { id: 9, stake: CHIP, ...request });
  return result.ok ? 'ok' : result.error.code;
}

function removable(state: TableState, kind: string, point = 0): boolean {
  return takeDown(state, { id: 1, kind, stake: CHIP, point }).ok;
}

describe('settle', () => {
  test('every accepted bet ends once, when and as the slow model says', () => {
    fc.assert(
      fc.property(someRolls, fc.boolean(), (rolls, field12x3) => {
        const { made, ended } = playAll(rolls, field12x3);
        for (const { bet, from } of made) {
          const definition = BETS.get(bet.kind);
          if (definition === undefined) throw new Error(bet.kind);
          compare(definition, fate(bet.kind, rolls, from), ended.get(bet.id) ?? []);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the fire bet pays 24 and 249 to one on the seven-out, 999 at once on the sixth point', () => {
    const points: readonly Dice[] = [
      [2, 2],
      [2, 3],
      [3, 3],
      [4, 4],
      [4, 5],
      [5, 5],
    ];
    const expected = [
      [3, 0n],
      [4, 25n],
      [5, 250n],
      [6, 1000n],
    ] as const;
    for (const [count, returned] of expected) {
      let state = newTable();
      let live: readonly LiveBet[] = [
        unwrap(placeBet(state, [], { id: 1, kind: 'fire', stake: CHIP })),
      ];
      const made = points.slice(0, count).flatMap((dice) => [dice, dice]);
      const endings: { readonly roll: number; readonly payout: bigint }[] = [];
      for (const [roll, dice] of [...made, [1, 3] as const, [3, 4] as const].entries()) {
        const settlement = settle(state, live, dice);
        ({ state, remaining: live } = settlement);
        endings.push(...settlement.resolved.map(({ payout }) => ({ roll, payout })));
      }
      const roll = count === 6 ? made.length - 1 : made.length + 1;
      expect(endings).toEqual([{ roll, payout: returned * CHIP }]);
    }
  });

  test('results come by bet id whatever the order of the bets', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...Array(40).keys()], { minLength: 40 }),
        fc.constantFrom(...ROLLS),
        (ids, dice) => {
          const bets = ids.map((id): LiveBet => ({
            id,
            kind: id % 2 === 0 ? 'field' : 'place-6',
            stake: CHIP,
            point: 0,
          }));
          const { resolved, remaining } = settle(newTable(), bets, dice);
          const order = resolved.map(({ id }) => id);
          expect(order).toEqual([...order].sort((a, b) => a - b));
          const kept = remaining.map(({ id }) => id);
          expect(kept).toEqual(ids.filter((id) => !order.includes(id)));
        },
      ),
    );
  });

  test('rounds toward the house by less than 2 units, at any legal stake', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.constantFrom(...ROLLS),
        (chips, dice) => {
          const stake = chips * CHIP;
          for (const definition of BETS.values()) {
            if (definition.phase !== 'any') continue;
            const payout = payoutOf(definition.id, stake, dice);
            const exact = payoutOf(definition.id, STAKE, dice);
            if (payout === undefined || exact === undefined) continue;
            // exact · stake / STAKE is the unrounded pay-out; both sides are multiplied by STAKE.
            const lost = exact * stake - payout * STAKE;
            expect(lost >= 0n && lost < 2n * STAKE).toBe(true);
          }
        },
      ),
    );
  });

  test('a win of 1 CRAP at place 6 is floored, a commission at lay 6 is rounded up', () => {
    expect(payoutOf('place-6', CRAP, [3, 3])).toBe(2_166_666n);
    // The win is ⌊833 333.3⌋, the commission ⌈41 666.65⌉.
    expect(payoutOf('lay-6', CRAP, [3, 4])).toBe(1_000_000n + 833_333n - 41_667n);
    expect(payoutOf('buy-4', CRAP, [2, 2])).toBe(2_950_000n);
  });

  test('a bet without a row is a broken invariant', () => {
    expect(() =>
      settle(newTable(), [{ id: 0, kind: 'nonsense', stake: 1n, point: 0 }], [1, 1]),
    ).toThrow('row');
  });
});

describe('placeBet', () => {
  const comeOut = newTable();
  const onFour = advance(comeOut, [2, 2]).state;

  test('refuses unknown bets, bets of other tables and bad stakes', () => {
    expect(codeOf(comeOut, [], { kind: 'constructor' })).toBe('CRAPS_BET_UNKNOWN');
    expect(codeOf(comeOut, [], { kind: 'field-12x3' })).toBe('CRAPS_BET_NOT_OFFERED');
    expect(codeOf(newTable({ field12x3: true }), [], { kind: 'field' })).toBe(
      'CRAPS_BET_NOT_OFFERED',
    );
    expect(codeOf(newTable({ field12x3: true }), [], { kind: 'field-12x3' })).toBe('ok');
    expect(codeOf(comeOut, [], { kind: 'field', stake: 0n })).toBe('CRAPS_STAKE_NOT_POSITIVE');
    expect(codeOf(comeOut, [], { kind: 'field', stake: -CHIP })).toBe('CRAPS_STAKE_NOT_POSITIVE');
    expect(codeOf(comeOut, [], { kind: 'field', stake: CHIP + 1n })).toBe('CRAPS_STAKE_STEP');
  });

  test('keeps each bet to its phase', () => {
    const rolled = advance(comeOut, [1, 1]).state;
    const open = (state: TableState): string[] =>
      [...BETS.values()]
        .filter(({ phase, base }) => phase !== 'any' && base === null)
        .filter(({ id }) => codeOf(state, [], { kind: id }) === 'ok')
        .map(({ family }) => family);
    expect(new Set(open(comeOut))).toEqual(new Set(['line', 'fire', 'bonus', 'repeater']));
    expect(new Set(open(rolled))).toEqual(new Set(['line']));
    expect(new Set(open(onFour))).toEqual(new Set(['come']));
    expect(codeOf(onFour, [], { kind: 'pass' })).toBe('CRAPS_WRONG_PHASE');
  });

  test('takes odds behind one base bet with a point, up to 3, 4, 5 or 6 times it in all', () => {
    for (const [kind, odds] of [
      ['pass', 'pass-odds'],
      ['come', 'come-odds'],
      ['dont-pass', 'dont-pass-odds'],
      ['dont-come', 'dont-come-odds'],
    ] as const) {
      for (const point of POINTS) {
        const base: LiveBet = { id: 1, kind, stake: 2n * CHIP, point };
        const take: Record<number, bigint> = { 4: 3n, 5: 4n, 6: 5n, 8: 5n, 9: 4n, 10: 3n };
        const max = 2n * CHIP * (kind.startsWith('dont') ? 6n : (take[point] ?? 0n));
        expect(codeOf(onFour, [base], { kind: odds, stake: max })).toBe('ok');
        expect(codeOf(onFour, [base], { kind: odds, stake: max + CHIP })).toBe(
          'CRAPS_ODDS_OVER_MAXIMUM',
        );
        const first = unwrap(placeBet(onFour, [base], { id: 2, kind: odds, stake: max - CHIP }));
        expect(first).toMatchObject({ point, base: 1 });
        expect(codeOf(onFour, [base, first], { kind: odds, stake: CHIP })).toBe('ok');
        expect(codeOf(onFour, [base, first], { kind: odds, stake: 2n * CHIP })).toBe(
          'CRAPS_ODDS_OVER_MAXIMUM',
        );
      }
    }
  });

  test('refuses odds without a base bet, before its point, or where several qualify', () => {
    const travelling: LiveBet = { id: 1, kind: 'come', stake: CHIP, point: 0 };
    const onNine: LiveBet = { id: 2, kind: 'come', stake: CHIP, point: 9 };
    const onFive: LiveBet = { id: 3, kind: 'come', stake: CHIP, point: 5 };
    const bets = [travelling, onNine, onFive];
    expect(codeOf(onFour, [], { kind: 'pass-odds' })).toBe('CRAPS_BASE_MISSING');
    expect(codeOf(onFour, [travelling], { kind: 'come-odds' })).toBe('CRAPS_BASE_MISSING');
    expect(codeOf(onFour, bets, { kind: 'pass-odds' })).toBe('CRAPS_BASE_MISSING');
    expect(codeOf(onFour, bets, { kind: 'come-odds', base: 1 })).toBe('CRAPS_BASE_MISSING');
    expect(codeOf(onFour, bets, { kind: 'come-odds' })).toBe('CRAPS_BASE_AMBIGUOUS');
    expect(
      unwrap(placeBet(onFour, bets, { id: 9, kind: 'come-odds', stake: CHIP, base: 2 })).point,
    ).toBe(9);
  });
});

describe('takeDown', () => {
  test('returns the stake as a push', () => {
    const down = unwrap(takeDown(newTable(), { id: 7, kind: 'place-6', stake: CHIP, point: 0 }));
    expect(down).toEqual({ id: 7, kind: 'place-6', stake: CHIP, outcome: 'push', payout: CHIP });
  });

  test('holds line bets with a point and bets on a shooter who has rolled', () => {
    const rolled = advance(newTable(), [1, 1]).state;
    for (const kind of ['pass', 'dont-pass', 'come', 'dont-come']) {
      expect([removable(rolled, kind), removable(rolled, kind, 6)]).toEqual([true, false]);
    }
    for (const kind of ['fire', 'small', 'tall', 'all', 'repeater-2']) {
      expect([removable(newTable(), kind), removable(rolled, kind)]).toEqual([true, false]);
    }
    for (const kind of ['pass-odds', 'dont-come-odds'])
      expect(removable(rolled, kind, 6)).toBe(true);
    for (const kind of ['buy-4', 'lay-4', 'hard-8', 'yes-2', 'no-2', 'big-6'])
      expect(removable(rolled, kind)).toBe(true);
    expect(takeDown(rolled, { id: 1, kind: 'nonsense', stake: CHIP, point: 0 }).ok).toBe(false);
  });
});
