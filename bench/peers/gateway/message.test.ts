import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { framedReceiver } from './frame-stream.ts';
import { MessagePool, Sink, STAMP_BYTES, writeU32 } from './message.ts';

const BYTES = 64;

function messages(count: number, round = 1): Uint8Array[] {
  const pool = new MessagePool(BYTES, 7);
  return Array.from({ length: count }, (_, sequence) => pool.message(round, sequence).slice());
}

describe('a sink', () => {
  test('counts what arrives, what is passed over and what comes late', () => {
    const arrived: number[] = [];
    const sink = new Sink(1, BYTES, (sequence) => arrived.push(sequence));
    const all = messages(10);
    for (const sequence of [0, 1, 4, 2, 9, 9]) sink.take(all[sequence] ?? new Uint8Array(0));
    expect(arrived).toEqual([0, 1, 4, 2, 9, 9]);
    expect(sink).toMatchObject({ received: 6, bytes: 6 * BYTES, missing: 6, late: 2, corrupt: 0 });
  });

  test('takes no message of another round, and finds every byte that changed', () => {
    fc.assert(
      fc.property(
        fc.nat(99),
        fc.nat(BYTES - 1),
        fc.integer({ min: 1, max: 255 }),
        (sequence, at, bits) => {
          const message = messages(100)[sequence] ?? new Uint8Array(BYTES);
          const sink = new Sink(1, BYTES, null);
          new Sink(2, BYTES, () => expect.fail('of another round')).take(message);
          message[at] = (message[at] ?? 0) ^ bits;
          sink.take(message);
          // A changed round makes it another round's.
          const isOther = at >= 4 && at < 8;
          expect([sink.received, sink.corrupt]).toEqual([0, isOther ? 0 : 1]);
        },
      ),
    );
  });

  test('a message cut short is damaged', () => {
    const sink = new Sink(1, BYTES, null);
    sink.take(messages(1)[0]?.subarray(0, BYTES - 1) ?? new Uint8Array(0));
    sink.take(new Uint8Array(STAMP_BYTES - 1));
    expect(sink.corrupt).toBe(1);
  });
});

test('frames come whole out of a stream that is cut anywhere', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 })), (sent, cuts) => {
      const stream = Buffer.concat(
        sent.map((frame) => {
          const framed = Buffer.alloc(4 + frame.length);
          writeU32(framed, 0, frame.length);
          framed.set(frame, 4);
          return framed;
        }),
      );
      const got: Uint8Array[] = [];
      const take = framedReceiver((frame) => got.push(new Uint8Array(frame)));
      let at = 0;
      for (const cut of [...cuts, stream.length]) {
        take(stream.subarray(at, at + cut));
        at += cut;
      }
      expect(got).toEqual(sent);
    }),
  );
});
