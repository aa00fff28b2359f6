import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Held } from '../../env/admission.ts';
import { createMemoryBudget } from './memory-budget.ts';

const KIB = 1024;

interface Link extends Held {
  bufferedBytes: number;
  writtenBytes: number;
}

function link(bufferedBytes: number): Link {
  return { bufferedBytes, writtenBytes: 0, shed: () => undefined };
}

test('sheds the slowest first, and no more than it must', () => {
  const budget = createMemoryBudget();
  const [fast, slow, dead, idle] = [4, 4, 4, 0].map((mib) => link(mib * KIB * KIB));
  if (fast === undefined || slow === undefined || dead === undefined || idle === undefined) return;
  for (const one of [fast, slow, dead, idle]) budget.add(one);
  expect(budget.look(100 * KIB * KIB, 0)).toEqual([]);
  for (let ms = 250; ms <= 1_000; ms += 250) {
    fast.writtenBytes += 10 * KIB * KIB;
    slow.writtenBytes += 10 * KIB;
    expect(budget.look(100 * KIB * KIB, ms)).toEqual([]);
  }
  expect(budget.look(10 * KIB * KIB, 1_250)).toEqual([dead]);
  expect(budget.look(7 * KIB * KIB, 1_500)).toEqual([slow]);
  expect(budget.look(7 * KIB * KIB, 1_750)).toEqual([]);
  expect(budget.bufferedBytes).toBe(4 * KIB * KIB);
});

test('afterwards the bytes that wait are within the bound, or wait on links that hardly have any', () => {
  const sizes = fc.array(fc.nat(2 * KIB * KIB), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.nat(8 * KIB * KIB), (sizes, bytesMax) => {
      const budget = createMemoryBudget();
      const links = sizes.map(link);
      for (const one of links) budget.add(one);
      const shed = new Set(budget.look(bytesMax, 0));
      const left = links.filter((one) => !shed.has(one));
      const bytes = left.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0);
      expect(budget.bufferedBytes).toBe(bytes);
      const small = left.every(({ bufferedBytes }) => bufferedBytes < 16 * KIB);
      expect(bytes <= bytesMax || small).toBe(true);
    }),
  );
});

test('forgets who left', () => {
  const budget = createMemoryBudget();
  const gone = link(KIB * KIB);
  budget.add(gone);
  budget.remove(gone);
  expect(budget.look(1, 0)).toEqual([]);
  expect(budget.bufferedBytes).toBe(0);
});
