// What holds packets on their way over a link: the queue, what is under way, the window between them, the mark.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../core/bytes.ts';
import { createCongestionMark } from './congestion-mark.ts';
import { FrameQueue } from './frame-queue.ts';
import { PacketsUnderWay } from './packets-under-way.ts';
import { createSendWindow, WINDOW_BYTES_MAX } from './send-window.ts';

const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 30 });

describe('packets under way', () => {
  test('an acknowledgement of so many ends just these, whatever was taken back', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(30)), fc.nat(3), (list, counts, taken) => {
        const underWay = new PacketsUnderWay();
        const piece = concat(...list);
        let offset = 0;
        for (const { length } of list) {
          underWay.push(piece, offset, length);
          offset += length;
        }
        underWay.handOver((frame) => frame.length % 4 === taken);
        const left = new Set(list.filter(({ length }) => length % 4 !== taken));
        const bytes = (): number => [...left].reduce((sum, { length }) => sum + length, 0);
        expect(underWay.bytes).toBe(bytes());
        for (const count of counts.map((one) => Math.min(one, list.length))) {
          const before = bytes();
          for (const frame of list.slice(0, count)) left.delete(frame);
          expect(underWay.acknowledge(count)).toBe(before - bytes());
          expect(underWay.bytes).toBe(bytes());
        }
        const rest: Uint8Array[] = [];
        underWay.handOver((frame) => rest.push(frame) > 0);
        expect(rest).toEqual([...left]);
        expect(underWay.bytes).toBe(0);
      }),
    );
  });
});

test('a queue hands over what is taken and keeps the rest in order', () => {
  fc.assert(
    fc.property(frames, fc.nat(3), (list, taken) => {
      const queue = new FrameQueue(10_000);
      list.forEach((frame, i) => expect(queue.push(frame, i)).toBe(true));
      queue.shift();
      queue.handOver((frame) => frame.length % 4 === taken);
      const left = list.slice(1).filter(({ length }) => length % 4 !== taken);
      expect(queue.bytes).toBe(left.reduce((sum, { length }) => sum + length, 0));
      for (const frame of left) {
        expect(queue.firstAtMs).toBe(list.indexOf(frame));
        expect(queue.shift()).toEqual(frame);
      }
      expect(queue.shift()).toBeNull();
    }),
  );
});

/** A link of this rate and round trip that always has something to send: the window after a minute. */
function settled(bytesPerMs: number, leastMs: number): number {
  const window = createSendWindow();
  let nowMs = 0;
  while (nowMs < 60_000) {
    const { bytes } = window;
    const roundTripMs = Math.max(leastMs, bytes / bytesPerMs);
    nowMs += roundTripMs;
    window.acknowledged(roundTripMs, bytes, true, bytesPerMs * 1000, nowMs);
    expect(window.bytes).toBeLessThanOrEqual(WINDOW_BYTES_MAX);
  }
  return window.bytes;
}

describe('the send window', () => {
  test('keeps a link busy and lets little stand in the transport', () => {
    for (const [bytesPerMs, leastMs] of [
      [200, 10],
      [1_000, 50],
      [5_000, 100],
    ] as const) {
      const bytes = settled(bytesPerMs, leastMs);
      expect(bytes / bytesPerMs).toBeGreaterThanOrEqual(leastMs);
      expect(bytes / bytesPerMs).toBeLessThan(2 * leastMs + 30);
    }
  });

  test('opens on a fast link, and leaves a slow one room for a packet or two', () => {
    expect(settled(100_000, 1)).toBe(WINDOW_BYTES_MAX);
    expect(settled(20, 2)).toBeLessThan(8 * 1024);
  });
});

test('the congestion mark needs a wait that lasts and bytes that stay', () => {
  const mark = createCongestionMark();
  const at = (nowMs: number, waitedMs: number, waitingBytes: number): boolean =>
    mark.leaves(waitedMs, waitingBytes, nowMs);
  expect(at(0, 30, 8_000)).toBe(false);
  expect(at(40, 30, 8_000)).toBe(false);
  expect(at(60, 30, 8_000)).toBe(true);
  expect(at(70, 5, 8_000)).toBe(false);
  expect(at(80, 30, 8_000)).toBe(false);
  expect(at(140, 30, 8_000)).toBe(true);
  expect(at(150, 30, 1_000)).toBe(false);
});
