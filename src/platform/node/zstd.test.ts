import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../core/bytes.ts';
import { zstd } from './zstd.ts';

describe('zstd', () => {
  test('gives back what it took, within the bound and not beyond it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (content) => {
        const compressed = zstd.compress(content);
        expect(zstd.decompress(compressed, content.length)).toEqual(content);
        if (content.length > 0) expect(zstd.decompress(compressed, content.length - 1)).toBeNull();
      }),
    );
  });

  test('malformed bytes are null, never an exception', () => {
    const compressed = zstd.compress(new Uint8Array(1000).fill(7));
    for (let end = 0; end < compressed.length; end += 1) {
      expect(zstd.decompress(compressed.subarray(0, end), 10_000)).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        const content = zstd.decompress(garbage, 100);
        expect(content === null || content.length <= 100).toBe(true);
      }),
    );
  });

  test('reads a frame of the zstd command line tool (RFC 8878 layout, raw block "hi\\n")', () => {
    // magic 28b52ffd, descriptor 24 (single segment, checksum), size 03, last raw block of 3 bytes, xxh64 low 4 bytes.
    const frame = fromHex('28b52ffd2003190000') ?? new Uint8Array(0);
    const content = zstd.decompress(new Uint8Array([...frame, 0x68, 0x69, 0x0a]), 3);
    expect(content).toEqual(new Uint8Array([0x68, 0x69, 0x0a]));
  });
});
