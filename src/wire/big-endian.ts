// Network byte order (RFC 1700) on plain byte arrays, without a `DataView` for each array: the header's hot path
// (`bitcraps bench packet-header`) reads and writes through these. Callers have checked the bounds.

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

export function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

export function readU64(bytes: Uint8Array, at: number): bigint {
  for (let i = 0; i < 8; i += 1) scratchBytes[i] = bytes[at + i] ?? 0;
  return scratch.getBigUint64(0);
}

export function writeU64(out: Uint8Array, at: number, value: bigint): void {
  scratch.setBigUint64(0, value);
  for (let i = 0; i < 8; i += 1) out[at + i] = scratchBytes[i] ?? 0;
}
