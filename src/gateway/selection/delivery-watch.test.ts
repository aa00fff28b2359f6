import { describe, expect, test } from 'vitest';
import { DeliveryWatch, SWALLOWED_PACKETS } from './delivery-watch.ts';

const LOST = { delivered: 0, lost: SWALLOWED_PACKETS };
const DELIVERED = { delivered: 4, lost: 0 };
const first = { key: 'g1', sinceMs: 0 };
const second = { key: 'g2', sinceMs: 10_000 };

describe('who is at fault when nothing arrives', () => {
  test('the gateway, if the destination is reached through another one', () => {
    const watch = new DeliveryWatch();
    expect(watch.heard('d', first, LOST, 10_000)).toEqual({
      counts: false,
      verdict: { kind: 'try-another' },
    });
    expect(watch.heard('d', second, DELIVERED, 12_000)).toEqual({
      counts: true,
      verdict: { kind: 'swallows', key: 'g1' },
    });
    // Once is enough.
    expect(watch.heard('d', second, DELIVERED, 13_000).verdict).toEqual({ kind: 'none' });
  });

  test('nobody, if it is reached through none', () => {
    const watch = new DeliveryWatch();
    for (let round = 0; round < 20; round += 1) {
      const at = { key: round % 2 === 0 ? 'g1' : 'g2', sinceMs: round * 10_000 };
      const { counts, verdict } = watch.heard('d', at, LOST, round * 10_000 + 6_000);
      expect(counts).toBe(false);
      expect(verdict).toEqual({ kind: 'try-another' });
    }
  });

  test('nobody, if it comes back through the same one, or long after', () => {
    const watch = new DeliveryWatch();
    watch.heard('d', first, LOST, 10_000);
    expect(watch.heard('d', first, DELIVERED, 12_000).verdict).toEqual({ kind: 'none' });
    watch.heard('d', first, LOST, 20_000);
    expect(watch.heard('d', second, DELIVERED, 60_000).verdict).toEqual({ kind: 'none' });
  });

  test('losses just after a change say nothing of the new gateway', () => {
    const watch = new DeliveryWatch();
    const { counts, verdict } = watch.heard('d', second, LOST, second.sinceMs + 4_000);
    expect({ counts, verdict }).toEqual({ counts: false, verdict: { kind: 'none' } });
  });

  test('a few losses are no reason to try another one, and some of many count', () => {
    const watch = new DeliveryWatch();
    const few = { delivered: 0, lost: SWALLOWED_PACKETS - 1 };
    expect(watch.heard('d', first, few, 10_000).verdict).toEqual({ kind: 'none' });
    expect(watch.heard('d', first, { delivered: 5, lost: 5 }, 10_100)).toEqual({
      counts: true,
      verdict: { kind: 'none' },
    });
    expect(watch.heard('d', first, few, 10_200).verdict).toEqual({ kind: 'none' });
  });
});
