// How proofs of work are weighed: by the zero bits that a hash begins with.

/** Whether `bytes` begins with `bits` zero bits, the high bit of a byte first. */
export function startsWithZeros(bytes: Uint8Array, bits: number): boolean {
  for (let i = 0; i < bits; i += 1) {
    if (((bytes[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0) return false;
  }
  return true;
}
