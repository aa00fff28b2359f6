// Byte arrays as keys of maps: one character for each byte, so that two keys are equal exactly when the bytes are, and
// keys of equal length order as the bytes do.

/** Cheap to make; not for people to read. */
export type ByteKey = string;

export function byteKey(bytes: Uint8Array): ByteKey {
  let key = '';
  for (const byte of bytes) key += String.fromCharCode(byte);
  return key;
}
