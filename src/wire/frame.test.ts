import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../core/errors.ts';
import { decodeFrame, encodeFrame, FrameType } from './frame.ts';
import { decodeGoodbye, encodeGoodbye } from './goodbye.ts';

describe('frame', () => {
  test('type and payload survive the encoding', () => {
    const types = fc.constantFrom(...Object.values(FrameType));
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 100 }), (type, payload) => {
        expect(unwrap(decodeFrame(encodeFrame(type, payload)))).toEqual({ type, payload });
      }),
    );
  });

  test('what is no known type is refused', () => {
    const known = new Set<number>(Object.values(FrameType));
    for (let type = 0; type < 256; type += 1) {
      expect(decodeFrame(Uint8Array.of(type, 1)).ok).toBe(known.has(type));
    }
  });
});

describe('goodbye', () => {
  test('a code survives', () => {
    const codes = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/);
    fc.assert(
      fc.property(codes, (code) => {
        const { type, payload } = unwrap(decodeFrame(encodeGoodbye(code)));
        expect(type).toBe(FrameType.goodbye);
        expect(decodeGoodbye(payload)).toBe(code);
      }),
    );
  });

  test('what a neighbour writes is shown only if it is a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (payload) => {
        expect(decodeGoodbye(payload)).toMatch(/^[A-Z][A-Z0-9_]{0,63}$/);
      }),
    );
    expect(decodeGoodbye(new Uint8Array(65).fill(0x41))).toBe('UNSPECIFIED');
    expect(decodeGoodbye(new TextEncoder().encode('\u001b[2J'))).toBe('UNSPECIFIED');
    expect(decodeGoodbye(new TextEncoder().encode('LINK_CLOSED\n'))).toBe('UNSPECIFIED');
    expect(decodeGoodbye(encodeGoodbye('no code').subarray(1))).toBe('UNSPECIFIED');
  });
});
