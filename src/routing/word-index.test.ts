import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WordIndex } from './word-index.ts';

test('holds what a map of lists holds, whatever comes and goes', () => {
  const step = fc.record({
    insert: fc.boolean(),
    word: fc.oneof(fc.nat(5), fc.nat(0xffff_ffff)),
    value: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new WordIndex();
      const model = new Map<number, Set<number>>();
      for (const { insert, word, value } of steps) {
        const values = model.get(word) ?? new Set();
        model.set(word, values);
        if (insert && !values.has(value)) {
          index.insert(word, value);
          values.add(value);
        } else if (!insert) {
          index.remove(word, value);
          values.delete(value);
        }
      }
      for (const [word, values] of model) {
        const found: number[] = [];
        for (let place = index.first(word); place >= 0; place = index.next(place)) {
          found.push(index.value(place));
        }
        expect(found.toSorted((a, b) => a - b)).toEqual([...values].toSorted((a, b) => a - b));
      }
    }),
  );
});
