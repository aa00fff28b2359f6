import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quorumView, type QuorumView } from './quorum-view.ts';

function view(validators: number, reached: number): QuorumView {
  const all = Array.from({ length: validators }, (_, i) => Uint8Array.of(i));
  return quorumView(all, ([i = 0]) => i < reached);
}

test.each([
  [1, 1],
  [4, 3],
  [7, 5],
])('of %i validators %i are a quorum', (validators, quorum) => {
  for (let reached = 0; reached <= validators; reached += 1) {
    const side = reached < quorum ? 'minority' : 'majority';
    expect(view(validators, reached)).toEqual({ validators, reached, quorum, side });
  }
});

test('however a cut goes, at most one side has a quorum, and with all faulty ones silent there is one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat({ max: 50 }), (validators, draw) => {
      const here = draw % (validators + 1);
      const sides = [view(validators, here), view(validators, validators - here)];
      expect(sides.filter(({ side }) => side === 'majority').length).toBeLessThanOrEqual(1);
      const faulty = Math.floor((validators - 1) / 3);
      expect(view(validators, validators - faulty).side).toBe('majority');
    }),
  );
});
