import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SourceTable } from './source-table.ts';

function id(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(28, number);
  return bytes;
}

describe('sources', () => {
  test('are the same for the same PeerId, and others for others, wherever it stands in a packet', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 1 }), fc.nat(50), (numbers, at) => {
        const table = new SourceTable(7, 100);
        const known = new Map<number, unknown>();
        for (const number of numbers) {
          const packet = new Uint8Array(100);
          packet.set(id(number), at);
          const source = table.at(packet, at);
          expect(source).toBe(known.get(number) ?? source);
          expect(table.idOf(source)).toEqual(id(number));
          known.set(number, source);
        }
        expect(new Set(known.values()).size).toBe(known.size);
      }),
    );
  });

  test('that have nothing waiting give way, and others never do; past the bound they share a place', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.boolean()), { maxLength: 300 }), (steps) => {
        const table = new SourceTable(7, 20);
        const busy = new Map<number, unknown>();
        for (const [number, becomesBusy] of steps) {
          const source = table.at(id(number), 0);
          expect(table.size).toBeLessThanOrEqual(21);
          if (busy.has(number)) {
            expect(source).toBe(busy.get(number));
            if (!becomesBusy) {
              source.queuedBytes = 0;
              busy.delete(number);
            }
          } else if (source.slot === 0) {
            expect(busy.size).toBe(20);
          } else if (becomesBusy) {
            source.queuedBytes = 1;
            busy.set(number, source);
          }
        }
        for (const [number, source] of busy) expect(table.at(id(number), 0)).toBe(source);
      }),
    );
  });
});
