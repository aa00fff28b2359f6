import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../core/bytes.ts';
import { unwrap } from '../../core/errors.ts';
import { createFrameSplitter, frameLengthPrefix } from '../../wire/stream-framing.ts';
import { OutgoingPieces, PIECE_BYTES_MAX } from './outgoing-pieces.ts';

const FRAME_BYTES_MAX = 3 * PIECE_BYTES_MAX;
const PREFIX_BYTES = 4;

test('frames come out as they went in, in pieces, and stay where they were kept', () => {
  const length = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 7_000, max: 20_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: FRAME_BYTES_MAX }) },
  );
  const turns = fc.array(
    fc.record({
      lengths: fc.array(length, { maxLength: 40 }),
      taken: fc.nat(6),
      isGiven: fc.boolean(),
      hasPrefix: fc.boolean(),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(turns, (list) => {
      const outgoing = new OutgoingPieces();
      const written: Uint8Array[] = [];
      const kept: { readonly frame: Uint8Array; readonly view: Uint8Array }[] = [];
      let bytes = 0;
      const write = (most: number): void => {
        const pieces = outgoing.take();
        written.push(...pieces.slice(0, most).map((piece) => piece.slice()));
        outgoing.putBack(pieces.slice(most));
      };
      for (const { lengths, taken, isGiven, hasPrefix } of list) {
        for (const each of lengths) {
          const memory = new Uint8Array(PREFIX_BYTES + each).fill(kept.length + 1);
          const frame = memory.subarray(PREFIX_BYTES);
          if (hasPrefix) memory.set(frameLengthPrefix(each));
          bytes += isGiven ? outgoing.addGiven(frame) : outgoing.add(frame);
          const { bytes: piece, offset } = outgoing.sent;
          kept.push({ frame, view: piece.subarray(offset, offset + each) });
        }
        write(taken);
      }
      write(Infinity);
      expect(outgoing.take()).toEqual([]);
      const stream = concat(...written);
      expect(stream.length).toBe(bytes);
      for (const piece of written) expect(piece.length).toBeLessThanOrEqual(PIECE_BYTES_MAX);
      const got = unwrap(createFrameSplitter(FRAME_BYTES_MAX).push(stream));
      expect(got).toEqual(kept.map(({ frame }) => frame));
      for (const { frame, view } of kept) expect(view).toEqual(frame);
    }),
    { numRuns: 60 },
  );
});
