import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameQueue } from './frame-queue.ts';
import { createNoticeBound, decodeUnreachable, encodeUnreachable } from './unreachable.ts';

describe('unreachable notices', () => {
  test('what is written is read', () => {
    const code = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), code, (destination, code) => {
        const notice = decodeUnreachable(encodeUnreachable({ destination, code }));
        expect(notice).toMatchObject({ destination, code });
      }),
    );
  });

  test.each([
    ['a short PeerId', new Uint8Array(31), 'MESH_NO_ROUTE'],
    ['no code', new Uint8Array(32), ''],
    ['a code that might harm a terminal', new Uint8Array(32), '\u001b[31m'],
    ['a long code', new Uint8Array(32), 'A'.repeat(65)],
  ])('%s is refused', (_, destination, code) => {
    expect(decodeUnreachable(encodeUnreachable({ destination, code }))).toBeNull();
  });

  test('each source gets a few at once and then one a second', () => {
    const bound = createNoticeBound();
    const [one, two] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    const allowed = (source: Uint8Array, nowMs: number): number =>
      Array.from({ length: 10 }, () => bound.allows(source, nowMs)).filter(Boolean).length;
    expect(allowed(one, 0)).toBe(4);
    expect(allowed(two, 0)).toBe(4);
    expect(allowed(one, 1_000)).toBe(1);
  });
});

describe('frame queue', () => {
  test('gives back in order what it took, and never holds more than its bound', () => {
    const operations = fc.array(fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(operations, (list) => {
        const queue = new FrameQueue(100);
        const expected: Uint8Array[] = [];
        for (const frame of list) {
          if (frame === null) expect(queue.shift()).toEqual(expected.shift() ?? null);
          else if (queue.push(frame, 0)) expected.push(frame);
          else expect(queue.bytes + frame.length).toBeGreaterThan(100);
          const bytes = expected.reduce((sum, { length }) => sum + length, 0);
          expect(queue.bytes).toBe(bytes);
          expect(queue.bytes).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});
