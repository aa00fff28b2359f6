import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dice } from './dice.ts';
import { isHard, rollIndex, ROLLS, total } from './dice.ts';
import { advance, ALL_POINTS, HITS_MAX, newTable, NO_HITS, POINTS } from './table.ts';
import type { TableState } from './table.ts';

function play(...rolls: readonly Dice[]): { state: TableState; kinds: readonly string[] } {
  let state = newTable();
  const kinds: string[] = [];
  for (const dice of rolls) {
    const step = advance(state, dice);
    state = step.state;
    kinds.push(step.events.map((event) => event.kind).join('+'));
  }
  return { state, kinds };
}

const someRolls = fc.array(fc.constantFrom(...ROLLS), { maxLength: 120 });

describe('dice', () => {
  test('the 36 rolls have the known distribution and stand at their index', () => {
    const ways = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(
      (sum) => ROLLS.filter((dice) => total(dice) === sum).length,
    );
    expect(ways).toEqual([1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]);
    expect(ROLLS.map(rollIndex)).toEqual([...ROLLS.keys()]);
    expect(ROLLS.filter(isHard)).toHaveLength(6);
  });
});

describe('advance', () => {
  test('a seven-out leaves a new table; nothing else ends a shooter', () => {
    fc.assert(
      fc.property(someRolls, fc.constantFrom(...ROLLS), (rolls, dice) => {
        const before = play(...rolls).state;
        const { state, events } = advance(before, dice);
        const sevenOut = before.point !== 0 && total(dice) === 7;
        expect(events.some((event) => event.kind === 'seven-out')).toBe(sevenOut);
        if (sevenOut) expect(state).toEqual(newTable());
        else expect(state.shooterRolls).toBe(before.shooterRolls + 1);
      }),
    );
  });

  test('the state stays within its bounds and its trackers follow the rolls', () => {
    fc.assert(
      fc.property(someRolls, (rolls) => {
        const { state } = play(...rolls);
        expect([0, ...POINTS]).toContain(state.point);
        expect(state.pointsMade & ~ALL_POINTS).toBe(0);
        const sums = rolls.map(total);
        const sinceSeven = sums.slice(sums.lastIndexOf(7) + 1);
        const counted = NO_HITS.map((_, n) =>
          Math.min(HITS_MAX, sinceSeven.filter((sum) => sum === n).length),
        );
        expect(state.hits).toEqual(counted);
      }),
    );
  });

  test('one shooter, event by event', () => {
    const { state, kinds } = play(
      [3, 4],
      [5, 6],
      [1, 1],
      [1, 2],
      [6, 6],
      [2, 2],
      [5, 1],
      [1, 3],
      [4, 4],
      [6, 2],
    );
    expect(kinds).toEqual([
      'natural',
      'natural',
      'craps',
      'craps',
      'craps',
      'point-set',
      '',
      'point-made',
      'point-set',
      'point-made',
    ]);
    expect(state).toMatchObject({ point: 0, pointsMade: (1 << 4) | (1 << 8), shooterRolls: 10 });
    expect(advance(play([2, 2]).state, [4, 3]).events).toEqual([{ kind: 'seven-out', point: 4 }]);
  });

  test('hits stop counting at their bound', () => {
    const sixes = Array.from({ length: HITS_MAX + 2 }, (): Dice => [3, 3]);
    expect(play(...sixes).state.hits[6]).toBe(HITS_MAX);
  });

  test('a come-out 7 keeps the points made and the shooter', () => {
    const { state } = play([2, 2], [3, 1], [6, 1]);
    expect(state).toMatchObject({ point: 0, pointsMade: 1 << 4, hits: NO_HITS, shooterRolls: 3 });
  });
});
