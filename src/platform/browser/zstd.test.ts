import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat } from '../../core/bytes.ts';
import type { Compressor } from '../../env/compressor.ts';
import { zstd as native } from '../node/zstd.ts';
import { loadZstd } from './zstd.ts';

let zstd: Compressor;
beforeAll(async () => {
  zstd = await loadZstd();
});

const content = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 300 }))
    .map(([piece, times]) => concat(...Array.from({ length: times }, () => piece))),
);

describe('Zstandard in WebAssembly', () => {
  test('opens what Node compressed, at any level, within the bound and not beyond it', () => {
    fc.assert(
      fc.property(
        content,
        fc.integer({ min: 1, max: 19 }),
        fc.boolean(),
        (bytes, level, checked) => {
          const params = {
            [constants.ZSTD_c_compressionLevel]: level,
            [constants.ZSTD_c_checksumFlag]: Number(checked),
          };
          const compressed = new Uint8Array(zstdCompressSync(bytes, { params }));
          expect(zstd.decompress(compressed, bytes.length)).toEqual(bytes);
          expect(zstd.decompress(compressed, bytes.length + 1000)).toEqual(bytes);
          if (bytes.length > 0) expect(zstd.decompress(compressed, bytes.length - 1)).toBeNull();
        },
      ),
    );
  });

  test('sends as it is', () => {
    const bytes = new Uint8Array(1000);
    expect(zstd.compress(bytes)).toEqual(bytes);
  });

  test('malformed bytes are null, never an exception, and harm nothing', () => {
    const compressed = native.compress(new Uint8Array(1000).fill(7));
    for (let end = 0; end < compressed.length; end += 1) {
      expect(zstd.decompress(compressed.subarray(0, end), 10_000)).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (garbage, at) => {
        const opened = zstd.decompress(garbage, 100);
        expect(opened === null || opened.length <= 100).toBe(true);
        const changed = compressed.with(at % compressed.length, garbage[0] ?? 0);
        const other = zstd.decompress(changed, 1000);
        expect(other === null || other.length <= 1000).toBe(true);
      }),
    );
    expect(zstd.decompress(compressed, 1000)).toEqual(new Uint8Array(1000).fill(7));
  });

  test('a bomb costs its bound', () => {
    const bomb = native.compress(new Uint8Array(50_000_000));
    expect(bomb.length).toBeLessThan(10_000);
    expect(zstd.decompress(bomb, 60 * 1024)).toBeNull();
  });
});
