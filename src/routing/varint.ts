// Variable-length integers of protobuf, as far as lengths and tags need them: at most 32 bits.

const BYTES_MAX = 5;

/** The integer at `at` and where the next thing begins; `null` if it is cut short or too large. */
export function readVarint(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly next: number } | null {
  let value = 0;
  for (let i = 0; i < BYTES_MAX; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value > 0xffff_ffff ? null : { value, next: at + i + 1 };
  }
  return null;
}

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Writes at `at`; returns where the next thing goes. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest >= 0x80) {
    out[next] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 0x80);
    next += 1;
  }
  out[next] = rest;
  return next + 1;
}
