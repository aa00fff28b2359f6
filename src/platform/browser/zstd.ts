// Zstandard (RFC 8878) in a page: what others compressed is opened by the reference decoder in WebAssembly; what this
// node sends stays as it is, which a `Compressor` may answer and the encoding byte of a session tells. Browsers have no
// Zstandard for scripts, and an encoder would weigh more than all else that the page loads.

import { ZSTDDecoder } from 'zstddec';
import { concat } from '../../core/bytes.ts';
import type { Compressor } from '../../env/compressor.ts';

/**
 * A frame whose content is one zero byte: magic, a single segment of one byte, one last raw block. Behind the input it
 * tells an empty content from a refusal, which the decoder answers alike.
 */
const ZERO_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x01, 0x09, 0x00, 0x00, 0x00);

/** Once the decoder is compiled. */
export async function loadZstd(): Promise<Compressor> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return {
    compress: (bytes) => bytes,
    decompress(bytes, bytesMax) {
      if (bytes.length === 0) return null;
      // The room is the bound: the decoder stops where the content would exceed it. A room of 0 would be none.
      const content = decoder.decode(bytes, Math.max(1, bytesMax));
      if (content.length > 0) return content.length > bytesMax ? null : content;
      const more = decoder.decode(concat(bytes, ZERO_FRAME), 1);
      return more.length === 1 && more[0] === 0 ? content : null;
    },
  };
}
