import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cutFragment,
  decodeFragment,
  encodeClose,
  encodeCredit,
  valueBytesAt,
} from './fragment.ts';
import { createReassembly } from './reassembly.ts';

const message = fc.uint8Array({ minLength: 1, maxLength: 3000 });

function cut(bytes: Uint8Array, from: number, valueBytes: () => number): Uint8Array[] {
  const values: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const room = valueBytes();
    const { value, next } = cutFragment(bytes, at, from + values.length, room);
    expect(value.length).toBeLessThanOrEqual(room);
    expect(next).toBeGreaterThan(at);
    values.push(value);
    at = next;
  }
  return values;
}

test('messages come out as they went in, whatever the MTU was at each value', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 600 })),
      (messages, mtus) => {
        const reassembly = createReassembly();
        const got: Uint8Array[] = [];
        let sequence = 0;
        for (const bytes of messages) {
          const values = cut(bytes, sequence, () => valueBytesAt(mtus.next().value ?? 23));
          sequence += values.length;
          for (const value of values) {
            const fragment = decodeFragment(value);
            if (fragment?.kind !== 'first' && fragment?.kind !== 'middle') expect.unreachable();
            else {
              const taken = reassembly.push(fragment);
              expect(taken.kind).not.toBe('broken');
              if (taken.kind === 'message') got.push(taken.bytes);
            }
          }
        }
        expect(got).toEqual(messages);
      },
    ),
  );
});

test('a value that was lost, repeated or swapped is found', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 100, maxLength: 2000 }),
      fc.nat(),
      fc.constantFrom('lost', 'repeated', 'swapped'),
      (bytes, where, harm) => {
        const values = cut(bytes, 0, () => 20);
        const at = 1 + (where % (values.length - 2));
        const [one, two] = [values[at] ?? bytes, values[at + 1] ?? bytes];
        if (harm === 'lost') values.splice(at, 1);
        else if (harm === 'repeated') values.splice(at, 0, one);
        else values.splice(at, 2, two, one);
        const reassembly = createReassembly();
        const kinds = values.map((value) => {
          const fragment = decodeFragment(value);
          return fragment?.kind === 'first' || fragment?.kind === 'middle'
            ? reassembly.push(fragment).kind
            : 'none';
        });
        expect(kinds).toContain('broken');
      },
    ),
  );
});

test('credit and the end are read back', () => {
  expect(decodeFragment(encodeCredit(32))).toEqual({ kind: 'credit', credit: 32 });
  expect(decodeFragment(encodeCredit(65_535))).toEqual({ kind: 'credit', credit: 65_535 });
  expect(decodeFragment(encodeClose())).toEqual({ kind: 'close' });
});

test.each([
  ['nothing', []],
  ['half a head', [0]],
  ['no content', [0, 0]],
  ['a reserved bit', [1, 0, 1]],
  ['a first value without content', [0x40, 0, 0, 5]],
  ['more content than the message has', [0x40, 0, 0, 1, 7, 7]],
  ['a message of no length', [0x40, 0, 0, 0, 7]],
  ['credit of nothing', [0x80, 0, 0, 0]],
  ['credit that goes on', [0x80, 0, 0, 1, 0]],
  ['an end that goes on', [0xc0, 0, 0]],
])('%s is no value of ours', (_, bytes) => {
  expect(decodeFragment(Uint8Array.from(bytes))).toBeNull();
});
