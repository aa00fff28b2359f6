// The one injective way in which this room joins byte strings: each with its length before it, so that no two
// different lists give the same bytes.

const LENGTH_BYTES = 4;

/** The parts one after the other, each behind its length in bytes, four bytes big-endian. One allocation. */
export function lengthPrefixed(...parts: readonly Uint8Array[]): Uint8Array {
  let bytes = 0;
  for (const part of parts) bytes += LENGTH_BYTES + part.length;
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    out.set(part, at + LENGTH_BYTES);
    at += LENGTH_BYTES + part.length;
  }
  return out;
}
