import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../core/bytes.ts';
import { unwrap } from '../core/errors.ts';
import { createFrameSplitter, frameLengthPrefix } from './stream-framing.ts';

function join(frames: readonly Uint8Array[]): Uint8Array {
  return concat(...frames.flatMap((frame) => [frameLengthPrefix(frame.length), frame]));
}

/** Cuts `stream` after each of `cuts` (taken modulo what is left). */
function cutUp(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const cut of cuts) {
    const end = at + (cut % (stream.length - at + 1));
    chunks.push(stream.slice(at, end));
    at = end;
  }
  chunks.push(stream.slice(at));
  return chunks;
}

describe('stream framing', () => {
  test('frames come out whole and in order however the stream is cut', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 12_000 }), { maxLength: 6 });
    fc.assert(
      fc.property(frames, fc.array(fc.nat({ max: 9000 }), { maxLength: 30 }), (sent, cuts) => {
        const splitter = createFrameSplitter(12_000);
        const got: Uint8Array[] = [];
        for (const chunk of cutUp(join(sent), cuts)) got.push(...unwrap(splitter.push(chunk)));
        expect(got).toEqual(sent);
      }),
    );
  });

  test('byte by byte, a frame of every length up to the limit', () => {
    const sent = Array.from({ length: 20 }, (_, i) => new Uint8Array(i + 1).fill(i));
    const splitter = createFrameSplitter(20);
    const got: Uint8Array[] = [];
    for (const byte of join(sent)) got.push(...unwrap(splitter.push(Uint8Array.of(byte))));
    expect(got).toEqual(sent);
  });

  test('a frame inside one chunk is a view, not a copy', () => {
    const stream = join([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    for (const frame of unwrap(createFrameSplitter(10).push(stream))) {
      expect(frame.buffer).toBe(stream.buffer);
    }
  });

  test('frames that span chunks do not share memory with those that follow', () => {
    const splitter = createFrameSplitter(10);
    splitter.push(Uint8Array.of(0, 0, 0, 2, 7));
    const [first] = unwrap(splitter.push(Uint8Array.of(7, 0, 0, 0, 2, 8)));
    splitter.push(Uint8Array.of(8));
    expect(first).toEqual(Uint8Array.of(7, 7));
  });

  test('memory follows the bytes that came, not the length that was claimed', () => {
    const splitter = createFrameSplitter(0xffff_ffff);
    const before = process.memoryUsage().arrayBuffers;
    expect(unwrap(splitter.push(frameLengthPrefix(0xffff_ffff)))).toEqual([]);
    expect(unwrap(splitter.push(new Uint8Array(100)))).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  test('a bad length loses the stream for good', () => {
    const splitter = createFrameSplitter(4);
    const first = splitter.push(Uint8Array.of(0, 0, 0, 5));
    expect(first.ok ? null : first.error.code).toBe('WIRE_FRAME_TOO_LONG');
    const second = splitter.push(join([Uint8Array.of(1)]));
    expect(second.ok ? null : second.error.code).toBe('WIRE_FRAME_TOO_LONG');
    const empty = createFrameSplitter(4).push(new Uint8Array(4));
    expect(empty.ok ? null : empty.error.code).toBe('WIRE_FRAME_EMPTY');
  });

  test('an empty frame cannot be announced', () => {
    expect(() => frameLengthPrefix(0)).toThrow('invariant broken');
  });
});
