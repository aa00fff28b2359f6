import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Visit } from '../../env/admission.ts';
import { createHandshakeGate } from './handshake-gate.ts';

const BOUNDS = { halfOpenMax: 5, halfOpenPerAddressMax: 2, acceptedLinksMax: 8 };

test('never lets in more than its bounds, and forgets who left', () => {
  const step = fc.record({
    act: fc.constantFrom('arrive', 'prove', 'leave'),
    address: fc.constantFrom('a', 'b', 'c', 'd'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const gate = createHandshakeGate(BOUNDS);
      const opening: { readonly address: string; readonly visit: Visit }[] = [];
      const links: Visit[] = [];
      for (const { act, address } of steps) {
        const at = opening.findIndex((one) => one.address === address);
        if (act === 'arrive') {
          const here = opening.filter((one) => one.address === address).length;
          const room = opening.length + links.length < 8 && opening.length < 5 && here < 2;
          const visit = gate.arrive({
            address,
            transport: 'test',
            receivedBytes: () => 0,
            end: () => undefined,
          });
          expect(typeof visit === 'object').toBe(room);
          if (typeof visit === 'object') opening.push({ address, visit });
        } else if (act === 'prove') {
          const [one] = at < 0 ? [] : opening.splice(at, 1);
          if (one === undefined) continue;
          expect(one.visit.prove(new Uint8Array(32))).toBeNull();
          links.push(one.visit);
        } else {
          const visit = at < 0 ? links.pop() : opening.splice(at, 1)[0]?.visit;
          visit?.leave();
          visit?.leave();
        }
      }
    }),
  );
});
