// CoDel against the pseudo-code and the control law of RFC 8289.

import { describe, expect, test } from 'vitest';
import { BULK, GAME } from './class-caps.ts';
import { Codel } from './codel.ts';

const LONG = 100_000;
const PACKET = 200;

/** When a queue is acted on that is asked every 0.1 ms from `fromMs` on, its packets having waited for `waitedMs`. */
function actions(codel: Codel, fromMs: number, untilMs: number, waitedMs: number): number[] {
  const acted: number[] = [];
  for (let tick = fromMs * 10; tick < untilMs * 10; tick += 1) {
    const verdict = codel.judge(waitedMs, LONG, PACKET, true, tick / 10);
    if (verdict !== 'pass') acted.push(tick / 10);
  }
  return acted;
}

/** Between the first two actions on a queue that stood, drained, and stands again after `pauseMs`. */
function gapAfter(pauseMs: number): number {
  const codel = new Codel(GAME);
  actions(codel, 0, 1_000, 50);
  codel.judge(0, LONG, PACKET, true, 1_000);
  const [first = 0, second = 0] = actions(codel, 1_000 + pauseMs, 2_000 + pauseMs, 50);
  return second - first;
}

/** The first action on a queue whose packets have waited so long. */
function firstAction(waitedMs: number, isMarkable: boolean): string {
  const codel = new Codel(GAME);
  codel.judge(waitedMs, LONG, PACKET, isMarkable, 0);
  return codel.judge(waitedMs, LONG, PACKET, isMarkable, 101);
}

describe('a queue that stands', () => {
  test('is acted on after an interval, then each interval over the square root of the count later', () => {
    const acted = actions(new Codel(GAME), 0, 500, 50);
    // 100 ms, and 100/√1, 100/√2, 100/√3, 100/√4 later (RFC 8289, section 3.3).
    const expected = [100, 200, 270.7, 328.4, 378.4, 423.2, 464];
    expect(acted).toHaveLength(expected.length);
    acted.forEach((at, i) => expect(Math.abs(at - (expected[i] ?? 0))).toBeLessThan(0.3));
  });

  test('is left alone as soon as one packet waited less than the target', () => {
    const codel = new Codel(GAME);
    actions(codel, 0, 250, 50);
    expect(codel.judge(5, LONG, PACKET, true, 250)).toBe('pass');
    expect(actions(codel, 251, 350, 50)).toEqual([]);
  });

  test('that stands again soon is taken where it was left, and a long time after from the beginning', () => {
    expect(gapAfter(10)).toBeLessThan(40);
    expect(gapAfter(5_000)).toBeCloseTo(100, 0);
  });

  test('is marked while somebody may heed it, then dropped; what cannot be marked is dropped at once', () => {
    expect(firstAction(50, true)).toBe('mark');
    expect(firstAction(250, true)).toBe('drop');
    expect(firstAction(50, false)).toBe('drop');
  });

  test('of a packet or two does not stand, however long they wait', () => {
    const codel = new Codel(BULK);
    for (let ms = 0; ms < 10_000; ms += 10) {
      expect(codel.judge(3_000, 100_000, 62_000, true, ms)).toBe('pass');
    }
  });
});
