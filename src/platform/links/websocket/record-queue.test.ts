import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../../core/bytes.ts';
import { unwrap } from '../../../core/errors.ts';
import { createFrameSplitter } from '../../../wire/stream-framing.ts';
import { createRecordQueue } from './record-queue.ts';

const CONTENT_BYTES_MAX = 2000;

const frames = fc.array(
  fc
    .tuple(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9000 })), fc.nat())
    .map(([bytes, seed]) => Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + seed) & 0xff)),
  { maxLength: 40 },
);

test('what goes in as frames comes out as a stream of the same frames, in records that are full', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 4 }), (turns) => {
      const queue = createRecordQueue(CONTENT_BYTES_MAX);
      const splitter = createFrameSplitter(9000);
      for (const turn of turns) {
        for (const frame of turn) queue.push(frame);
        const wanted = turn.reduce((sum, frame) => sum + 4 + frame.length, 0);
        expect(queue.bytes).toBe(wanted);
        const contents: Uint8Array[] = [];
        for (let content = queue.shift(); content !== null; content = queue.shift()) {
          contents.push(content.slice());
          // As whoever sealed it does; it may be overwritten from now on.
          queue.recycle(content.fill(0xee));
        }
        expect(queue.bytes).toBe(0);
        const full = Math.floor(wanted / CONTENT_BYTES_MAX);
        const sizes = contents.map(({ length }) => length);
        expect(sizes.filter((size) => size === CONTENT_BYTES_MAX).length).toBe(full);
        expect(sizes.every((size) => size > 0)).toBe(true);
        expect(sizes.length).toBe(Math.ceil(wanted / CONTENT_BYTES_MAX));
        expect(unwrap(splitter.push(concat(...contents)))).toEqual(turn);
      }
    }),
  );
});

test('memory is filled again while the queue is busy, and only of full records', () => {
  const queue = createRecordQueue(CONTENT_BYTES_MAX);
  const frame = new Uint8Array(CONTENT_BYTES_MAX - 4).fill(1);
  for (let i = 0; i < 3; i += 1) queue.push(frame);
  const first = queue.shift();
  if (first === null) throw new Error('three wait');
  queue.recycle(first);
  queue.push(frame);
  const rest = [queue.shift(), queue.shift(), queue.shift()];
  expect(rest.map((content) => content?.buffer === first.buffer)).toEqual([false, false, true]);
  expect(rest.every((content) => content?.subarray(4).every((byte) => byte === 1))).toBe(true);
  // An idle queue keeps nothing, and what is shorter is never taken for a full record.
  queue.recycle(rest[2] ?? first);
  queue.push(frame.subarray(0, 10));
  queue.push(frame.subarray(0, 10));
  const short = queue.shift();
  expect(short?.buffer === first.buffer).toBe(false);
  queue.push(frame.subarray(0, 10));
  queue.recycle(short ?? first);
  queue.push(frame);
  expect(queue.shift()?.length).toBe(CONTENT_BYTES_MAX);
});

test('a frame is copied, and a record keeps what it was', () => {
  const queue = createRecordQueue(CONTENT_BYTES_MAX);
  const frame = new Uint8Array(10).fill(1);
  queue.push(frame);
  const content = queue.shift();
  frame.fill(2);
  queue.push(frame);
  expect(content?.subarray(4)).toEqual(new Uint8Array(10).fill(1));
  queue.clear();
  expect([queue.bytes, queue.shift()]).toEqual([0, null]);
});
