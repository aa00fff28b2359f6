import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../../core/bytes.ts';
import { createSendPieces } from './send-pieces.ts';

const step = fc.oneof(
  fc.record({ add: fc.uint8Array({ minLength: 1, maxLength: 3000 }), following: fc.nat(5000) }),
  fc.record({ hand: fc.array(fc.nat(2000), { maxLength: 5 }) }),
);

test('what goes in comes out, in order, however it is taken', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pieces = createSendPieces();
      const added: Uint8Array[] = [];
      const taken: Uint8Array[] = [];
      for (const one of steps) {
        if ('add' in one) {
          pieces.add(one.add, one.following);
          added.push(one.add.slice());
          one.add.fill(0);
        } else {
          const rooms = one.hand.values();
          pieces.hand((piece) => {
            const bytes = Math.min(rooms.next().value ?? 0, piece.length);
            taken.push(piece.slice(0, bytes));
            return bytes;
          });
        }
        expect(pieces.bytes).toBe(concat(...added).length - concat(...taken).length);
      }
      pieces.hand((piece) => {
        taken.push(piece.slice());
        return piece.length;
      });
      expect(concat(...taken)).toEqual(concat(...added));
      expect(pieces.bytes).toBe(0);
    }),
  );
});

test('after clear nothing is left', () => {
  const pieces = createSendPieces();
  pieces.add(new Uint8Array(100), 0);
  pieces.clear();
  expect(pieces.hand(() => expect.unreachable())).toEqual({ taken: 0, pieces: 0 });
});
