// Zstandard (RFC 8878) by Node's zlib as a `Compressor`.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Compressor } from '../../env/compressor.ts';

/** zstd's default: faster than the links it serves. */
const LEVEL = 3;

export const zstd: Compressor = {
  compress: (bytes) =>
    plain(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } })),
  decompress(bytes, bytesMax) {
    if (bytes.length === 0) return null;
    try {
      // The limit holds while inflating: a bomb costs its sender `bytesMax`, not us. Node wants at least 1.
      const content = zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, bytesMax) });
      return content.length > bytesMax ? null : plain(content);
    } catch {
      return null;
    }
  },
};

/** The bytes as a plain array on the same memory: a Buffer's `slice` and `toString` behave differently. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
