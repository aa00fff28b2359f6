import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FaultEvent } from '../../sim/faults/fault.ts';
import type { PlannedLink } from './chaos-plan.ts';
import { TableWatch, type WatchedNode } from './table-watch.ts';

const NODES: readonly WatchedNode[] = [
  { name: 'table', role: 'validator' },
  { name: 'relay', role: 'relay' },
  { name: 'ann', role: 'player' },
  { name: 'bob', role: 'player' },
];
const LINKS: readonly PlannedLink[] = [
  { name: 'relay/table', from: 'relay', to: 'table' },
  { name: 'ann/relay', from: 'ann', to: 'relay' },
  { name: 'bob/table', from: 'bob', to: 'table' },
];

function watch(links: readonly PlannedLink[] | null = LINKS): TableWatch {
  return new TableWatch(NODES, links);
}

function restartOf(node: string): FaultEvent {
  return { atMs: 0, kind: 'restart', node };
}

/** A bet each half second in these stretches. */
function bets(at: TableWatch, ...stretches: readonly (readonly [number, number])[]): void {
  for (const [fromMs, toMs] of stretches) {
    for (let ms = fromMs; ms <= toMs; ms += 500) at.acknowledged(ms);
  }
}

describe('a table', () => {
  test('where bets never stop is never down', () => {
    const table = watch();
    bets(table, [0, 60_000]);
    expect(table.result(60_000)).toEqual({
      availability: 1,
      longestSilenceMs: 500,
      longestDownMs: 500,
      reachable: 1,
    });
  });

  test('is down after a second without a bet, and down for a reason while its validator is killed', () => {
    const table = watch();
    bets(table, [0, 10_000]);
    table.happened({ atMs: 10_000, kind: 'kill', node: 'table' }, 10_000);
    const restart = restartOf('table');
    table.happened(restart, 12_000);
    expect(table.listens(restart, 13_000)).toBe(true);
    bets(table, [15_000, 20_000]);
    // 5 s of silence, of which the first second is none; the validator was gone for three.
    expect(table.result(20_000)).toEqual({
      availability: 1 - 4_000 / 20_000,
      longestSilenceMs: 5_000,
      longestDownMs: 2_000,
      reachable: 17_000 / 20_000,
    });
  });

  test('that is killed while it starts, or paused, is not back when that start ends', () => {
    const table = watch();
    table.happened({ atMs: 0, kind: 'kill', node: 'table' }, 1_000);
    const [first, second] = [restartOf('table'), restartOf('table')];
    table.happened(first, 2_000);
    table.happened({ atMs: 0, kind: 'kill', node: 'table' }, 3_000);
    expect(table.listens(first, 3_001)).toBe(false);
    table.happened(second, 5_000);
    // Whoever waited for the first one may notice late.
    expect(table.listens(first, 5_001)).toBe(false);
    table.happened({ atMs: 0, kind: 'pause', node: 'table' }, 6_000);
    expect(table.listens(second, 6_500)).toBe(true);
    expect(table.result(8_000).reachable).toBe(1 / 8);
    table.happened({ atMs: 0, kind: 'resume', node: 'table' }, 8_000);
    expect(table.result(10_000).reachable).toBe(3 / 10);
  });

  test('is in reach while one player has a way to it', () => {
    const table = watch();
    table.happened({ atMs: 0, kind: 'pause', node: 'bob' }, 1_000);
    expect(table.result(2_000).reachable).toBe(1);
    table.happened({ atMs: 0, kind: 'cut', link: 'ann/relay' }, 2_000);
    expect(table.result(4_000).reachable).toBe(0.5);
    table.happened({ atMs: 0, kind: 'mend', link: 'ann/relay' }, 4_000);
    table.happened({ atMs: 0, kind: 'kill', node: 'relay' }, 5_000);
    table.happened({ atMs: 0, kind: 'resume', node: 'bob' }, 6_000);
    expect(table.result(10_000).reachable).toBe(0.7);
  });

  test('whose links are not known is in reach while it and a player run', () => {
    const table = watch(null);
    table.happened({ atMs: 0, kind: 'kill', node: 'relay' }, 0);
    table.happened({ atMs: 0, kind: 'kill', node: 'ann' }, 0);
    expect(table.result(1_000).reachable).toBe(1);
    table.happened({ atMs: 0, kind: 'kill', node: 'bob' }, 500);
    expect(table.result(1_000).reachable).toBe(0.5);
  });

  test('nobody ever bets: down from the first second on', () => {
    const { availability, longestDownMs } = watch().result(10_000);
    expect(availability).toBeCloseTo(0.1);
    expect(longestDownMs).toBe(10_000);
  });
});

test('down is never longer than silence, and more bets never make it longer', () => {
  const time = fc.integer({ min: 0, max: 30_000 });
  const ascending = fc
    .array(time, { maxLength: 40 })
    .map((times) => times.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(ascending, time, time, (times, x, y) => {
      const [downMs, upMs] = [Math.min(x, y), Math.max(x, y)];
      const of = (bets: readonly number[]): ReturnType<TableWatch['result']> => {
        const table = watch();
        for (const ms of bets) table.acknowledged(ms);
        table.happened({ atMs: 0, kind: 'kill', node: 'table' }, downMs);
        const restart = restartOf('table');
        table.happened(restart, upMs);
        table.listens(restart, upMs);
        return table.result(30_000);
      };
      const [all, some] = [of(times), of(times.filter((_, at) => at % 2 === 0))];
      expect(all.longestDownMs).toBeLessThanOrEqual(all.longestSilenceMs);
      expect(all.longestDownMs).toBeLessThanOrEqual(some.longestDownMs);
      expect(all.availability).toBeGreaterThanOrEqual(some.availability - 1e-9);
    }),
  );
});
