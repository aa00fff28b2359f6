import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes } from '../../test/wire/arbitraries.ts';
import { concat } from '../core/bytes.ts';
import { unwrap } from '../core/errors.ts';
import { decodeBody, decodeCanonical, encodeBody } from './body.ts';
import { HelloSchema, type Hello } from './gen/bitcraps/v1/hello_pb.ts';

const messages: fc.Arbitrary<Hello> = fc
  .record({
    wireMin: fc.nat(),
    networkId: fc.string({ maxLength: 20 }),
    proof: bytes(8),
    gateway: fc.boolean(),
  })
  .map((fields) => create(HelloSchema, fields));

function code(result: {
  readonly ok: boolean;
  readonly error?: { readonly code: string };
}): string {
  return result.error?.code ?? 'ok';
}

/** An unknown group inside itself, `depth` deep. */
function nested(depth: number): Uint8Array {
  const out = new Uint8Array(4 * depth);
  for (let at = 0; at < out.length; at += 2)
    out.set(at < 2 * depth ? [0xa3, 0x06] : [0xa4, 0x06], at);
  return out;
}

describe('body', () => {
  test('a message survives, canonically', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const encoded = encodeBody(HelloSchema, message);
        expect(unwrap(decodeBody(HelloSchema, encoded))).toEqual(message);
        expect(unwrap(decodeCanonical(HelloSchema, encoded))).toEqual(message);
      }),
    );
  });

  test('what is canonical has one encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (encoded) => {
        const decoded = decodeCanonical(HelloSchema, encoded);
        if (decoded.ok) expect(encodeBody(HelloSchema, decoded.value)).toEqual(encoded);
      }),
    );
  });

  const other: readonly [string, Uint8Array][] = [
    ['a default spelt out', Uint8Array.of(0x08, 0)],
    ['fields out of order', Uint8Array.of(0x10, 1, 0x08, 1)],
    ['a field twice', Uint8Array.of(0x08, 1, 0x08, 2)],
    ['a number in more bytes than it needs', Uint8Array.of(0x08, 0x81, 0)],
    ['an unknown field', Uint8Array.of(0xa0, 0x06, 7)],
    ['an unknown field in a nested message', Uint8Array.of(0x1a, 3, 0xa0, 0x06, 7)],
    ['text that is not UTF-8', Uint8Array.of(0x2a, 1, 0xff)],
  ];
  test.each(other)('%s is refused where bytes are signed', (_, encoded) => {
    expect(code(decodeCanonical(HelloSchema, encoded))).toMatch(
      /^WIRE_BODY_(NOT_CANONICAL|MALFORMED)$/,
    );
  });

  test('unknown fields survive an ordinary decode', () => {
    const encoded = concat(Uint8Array.of(0x08, 1), Uint8Array.of(0xa0, 0x06, 7));
    expect(encodeBody(HelloSchema, unwrap(decodeBody(HelloSchema, encoded)))).toEqual(encoded);
  });

  test.each([
    ['a cut varint', Uint8Array.of(0x08)],
    ['a length past the end', Uint8Array.of(0x2a, 200, 1)],
    ['field 0', Uint8Array.of(0x00, 0)],
    ['an end without a beginning', Uint8Array.of(0x0c)],
  ])('%s is malformed', (_, encoded) => {
    expect(code(decodeBody(HelloSchema, encoded))).toBe('WIRE_BODY_MALFORMED');
  });

  test('deep nesting is refused, not followed', () => {
    expect(code(decodeBody(HelloSchema, nested(10)))).toBe('ok');
    expect(code(decodeBody(HelloSchema, nested(20)))).toBe('WIRE_BODY_MALFORMED');
    expect(code(decodeBody(HelloSchema, nested(100_000)))).toBe('WIRE_BODY_MALFORMED');
  });
});
