// Byte arrays: joining, comparing, and the texts they are shown as.

import { fail, ok, type Result } from './errors.ts';

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** RFC 4648 section 6, lower case, without padding. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text, or `null` if the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Whether two public byte arrays are equal. Secrets are compared with `Primitives.equal`. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** Bytewise order: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
}

/** The bytes, or `null` if `text` is not an even run of hexadecimal digits. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i += 1)
    out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(buffer >> bits) & 31] ?? '';
    }
  }
  if (bits > 0) text += BASE32[(buffer << (5 - bits)) & 31] ?? '';
  return text;
}

/** Decodes what `toBase32` wrote, `length` bytes; stray bits in the last character are refused. */
export function fromBase32(
  text: string,
  length: number,
): Result<Uint8Array, 'BYTES_INVALID_BASE32'> {
  if (text.length !== Math.ceil((length * 8) / 5)) return fail('BYTES_INVALID_BASE32', { text });
  const out = new Uint8Array(length);
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = BASE32.indexOf(character);
    if (value < 0) return fail('BYTES_INVALID_BASE32', { text });
    buffer = ((buffer << 5) | value) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out[at] = buffer >> bits;
    at += 1;
  }
  if ((buffer & ((1 << bits) - 1)) !== 0) return fail('BYTES_INVALID_BASE32', { text });
  return ok(out);
}
