// Zstandard (RFC 8878) as an argument: Node's zlib in production and under simulation.

export interface Compressor {
  compress(bytes: Uint8Array): Uint8Array;
  /** The content, or `null` if it is malformed or would exceed `bytesMax` (checked while inflating, not after). */
  decompress(bytes: Uint8Array, bytesMax: number): Uint8Array | null;
}
