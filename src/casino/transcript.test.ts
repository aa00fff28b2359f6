import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityOf } from '../../test/casino/small-casino.ts';
import { BitcrapsError } from '../core/errors.ts';
import type { Primitives } from '../env/primitives.ts';
import { primitives } from '../platform/node/primitives.ts';
import {
  decodeTranscript,
  encodeTranscript,
  transcriptBytes,
  TRANSCRIPT_BYTES_MAX,
} from './transcript.ts';

const signer = identityOf('ann');
const MEBIBYTE = new Uint8Array(1024 * 1024);

/** Fails the test that computes anything with it. */
const untouched = new Proxy(primitives, {
  get: () => {
    throw new Error('nothing is hashed or signed');
  },
});

function written(
  genesis: Uint8Array,
  blocks: readonly Uint8Array[],
  height: bigint,
  world: Primitives = primitives,
): Uint8Array {
  const hash = new Uint8Array(32).fill(1);
  const head = { height, hash, timeMs: 1n, stateRoot: hash };
  return encodeTranscript(world, signer, { genesis, blocks, head });
}

function thrown(blocks: readonly Uint8Array[]): unknown {
  try {
    return written(MEBIBYTE, blocks, 1n, untouched);
  } catch (error) {
    return error;
  }
}

function reasonOf(bytes: Uint8Array): string {
  const decoded = decodeTranscript(bytes);
  if (decoded.ok) throw new Error('it was read');
  expect(decoded.error.code).toBe('TRANSCRIPT_MALFORMED');
  return decoded.error.message;
}

describe('the length of a transcript', () => {
  test('is counted beforehand, at most 11 bytes too many', () => {
    const lengths = fc.array(fc.constantFrom(0, 1, 127, 128, 129, 16_383, 16_384), {
      maxLength: 9,
    });
    const heights = fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), lengths, heights, (genesis, sizes, height) => {
        const blocks = sizes.map((size) => new Uint8Array(size));
        const { length } = written(new Uint8Array(genesis), blocks, height);
        const counted = transcriptBytes(genesis, sizes);
        expect(counted).toBeGreaterThanOrEqual(length);
        expect(counted).toBeLessThanOrEqual(length + 11);
      }),
      { numRuns: 50 },
    );
    expect(written(new Uint8Array(5), [], 2n ** 64n - 1n).length).toBe(transcriptBytes(5, []));
  });

  test('a file that no checker would read is not written, and costs no work', () => {
    const error = thrown(Array.from({ length: 255 }, () => MEBIBYTE));
    if (!(error instanceof BitcrapsError)) throw error;
    expect(error.code).toBe('TRANSCRIPT_TOO_LONG');
    expect(error.data['bytesMax']).toBe(TRANSCRIPT_BYTES_MAX);
    expect(error.data['bytes']).toBeGreaterThan(TRANSCRIPT_BYTES_MAX);
    expect(thrown(Array.from({ length: 254 }, () => MEBIBYTE))).toMatchObject({
      message: 'nothing is hashed or signed',
    });
  });
});

describe('a file of nothing but small parts', () => {
  test('is refused at the first block that is too small or too large to be one', () => {
    const sizes = { empty: 0, small: 199, large: 1024 * 1024 + 1 };
    for (const size of Object.values(sizes)) {
      const bytes = written(new Uint8Array(5), [new Uint8Array(size)], 1n);
      expect(reasonOf(bytes)).toContain(`a block of ${size} bytes`);
    }
    expect(decodeTranscript(written(new Uint8Array(5), [new Uint8Array(200)], 1n)).ok).toBe(true);
    expect(decodeTranscript(written(new Uint8Array(5), [MEBIBYTE], 1n)).ok).toBe(true);
  });

  test('is refused at the first field that no transcript has', () => {
    const bytes = written(new Uint8Array(5), [], 1n);
    expect(reasonOf(new Uint8Array([...bytes, 0x2a, 0]))).toContain('no transcript has');
    expect(reasonOf(new Uint8Array([...bytes, 0x92, 0, 0]))).toContain('no transcript has');
    expect(reasonOf(new Uint8Array([...bytes, 0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0]))).toContain(
      'longer',
    );
  });
});
