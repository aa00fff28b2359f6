import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHandshakeGate } from './handshake-gate.ts';

test('never lets in more than its bounds, and forgets who left', () => {
  const step = fc.record({ enter: fc.boolean(), address: fc.constantFrom('a', 'b', 'c', 'd') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const gate = createHandshakeGate(5, 2);
      const inside = new Map<string, number>();
      for (const { enter, address } of steps) {
        const here = inside.get(address) ?? 0;
        const total = [...inside.values()].reduce((sum, count) => sum + count, 0);
        if (enter) {
          const room = total < 5 && here < 2;
          expect(gate.enter(address)).toBe(room);
          if (room) inside.set(address, here + 1);
        } else {
          gate.leave(address);
          inside.set(address, Math.max(0, here - 1));
        }
      }
    }),
  );
});
