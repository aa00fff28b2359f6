import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCensus } from './census.ts';

test('counts as a list of all does, and knows the most without a search', () => {
  const step = fc.tuple(fc.constantFrom('add', 'remove'), fc.constantFrom('a', 'b', 'c'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const census = createCensus();
      const all: string[] = [];
      const countOf = (key: string): number => all.filter((one) => one === key).length;
      for (const [what, key] of steps) {
        if (what === 'add') {
          census.add(key);
          all.push(key);
        } else {
          census.remove(key);
          if (all.includes(key)) all.splice(all.indexOf(key), 1);
        }
        expect(census.of(key)).toBe(countOf(key));
        expect(census.size).toBe(new Set(all).size);
        expect(census.most).toBe(Math.max(0, ...['a', 'b', 'c'].map(countOf)));
      }
    }),
  );
});
