// A record as the difference to an earlier one of the same originator: runs of bytes to copy, to skip and to insert, in
// the manner of VCDIFF (RFC 3284), cut where protobuf fields begin. It is transport only: the signature covers the whole
// content, and who cannot rebuild it asks for the record.

import { byteKey } from './byte-key.ts';
import { readVarint, varintBytes, writeVarint } from './varint.ts';

/** Bytes of a PeerId that stand for it in a delta, where the receiver is likely to know just one that begins so. */
export const PEER_PREFIX_BYTES = 4;
const PEER_BYTES = 32;
/** Each operation is a varint, length · 8 + kind, and what follows it. Bytes of the base after the last are copied. */
const COPY = 0;
const SKIP = 1;
const INSERT = 2;
/** Inserts, and skips as many. */
const REPLACE = 3;
/** A new link: the first bytes of the PeerId, then so many bytes after it. */
const LINK = 4;
const KIND_BITS = 3;
const NEIGHBOUR_TAG = 0x22;
/** A field `neighbours`: tag, length below 128, tag of the PeerId, 32. */
const LINK_HEAD_BYTES = 4;
const LINK_HEAD_REST = [0x0a, PEER_BYTES] as const;

/** The one known PeerId that begins like this, `null` if there is none or more than one. */
export type PeerByPrefix = (prefix: Uint8Array) => Uint8Array | null;

/** The operations that make `result` of `base`. Both are records' contents. */
export function encodeDelta(
  base: Uint8Array,
  result: Uint8Array,
  peerByPrefix: PeerByPrefix,
): Uint8Array {
  const out = new DeltaWriter(base, peerByPrefix);
  const baseFields = fieldsOf(base);
  const keys = baseFields.map((field) => fieldKey(base, field));
  const byKey = new Map(keys.map((key, index) => [key, index]));
  let next = 0;
  for (const field of fieldsOf(result)) {
    const index = byKey.get(fieldKey(result, field)) ?? -1;
    const match = index >= next ? baseFields[index] : undefined;
    if (match === undefined) {
      out.insert(result.subarray(field.start, field.end));
      continue;
    }
    next = index + 1;
    out.skipTo(match.start);
    out.patchField(match, result.subarray(field.start, field.end));
  }
  out.skipTo(base.length);
  return out.finish();
}

/** What the operations make of `base`; `null` if they do not fit it, or make more than `bytesMax`. */
export function decodeDelta(
  base: Uint8Array,
  message: Uint8Array,
  peerByPrefix: PeerByPrefix,
  bytesMax: number,
): Uint8Array | null {
  const out = new Uint8Array(bytesMax);
  let length = 0;
  let from = 0;
  let at = 0;
  const append = (bytes: Uint8Array): boolean => {
    if (length + bytes.length > bytesMax) return false;
    out.set(bytes, length);
    length += bytes.length;
    return true;
  };
  while (at < message.length) {
    const read = readVarint(message, at);
    if (read === null) return null;
    at = read.next;
    const kind = read.value & ((1 << KIND_BITS) - 1);
    const count = read.value >>> KIND_BITS;
    if (kind === COPY) {
      if (from + count > base.length || !append(base.subarray(from, from + count))) return null;
      from += count;
    } else if (kind === SKIP) {
      from += count;
    } else if (kind === INSERT || kind === REPLACE) {
      if (at + count > message.length || !append(message.subarray(at, at + count))) return null;
      at += count;
      if (kind === REPLACE) from += count;
    } else if (kind === LINK) {
      const rest = at + PEER_PREFIX_BYTES;
      if (rest + count > message.length) return null;
      const peer = peerByPrefix(message.subarray(at, rest));
      const bytes = 2 + PEER_BYTES + count;
      if (peer === null || bytes > 127) return null;
      if (!append(Uint8Array.of(NEIGHBOUR_TAG, bytes, ...LINK_HEAD_REST))) return null;
      if (!append(peer) || !append(message.subarray(rest, rest + count))) return null;
      at = rest + count;
    } else return null;
    if (from > base.length) return null;
  }
  return append(base.subarray(from)) ? out.slice(0, length) : null;
}

interface Field {
  readonly start: number;
  readonly end: number;
}

/** The top-level fields; the rest as one where it is not protobuf. */
function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = fieldEnd(bytes, start) ?? bytes.length;
    fields.push({ start, end });
    start = end;
  }
  return fields;
}

function fieldEnd(bytes: Uint8Array, start: number): number | null {
  const tag = readVarint(bytes, start);
  if (tag === null) return null;
  const wireType = tag.value & 7;
  let end: number;
  if (wireType === 1) end = tag.next + 8;
  else if (wireType === 5) end = tag.next + 4;
  else {
    const value = readVarint(bytes, tag.next);
    if (value === null || (wireType !== 0 && wireType !== 2)) return null;
    end = wireType === 0 ? value.next : value.next + value.value;
  }
  return end <= bytes.length ? end : null;
}

/** Whether a field is a link whose PeerId stands where a link of ours has it. */
function isLink(field: Uint8Array): boolean {
  return (
    field.length >= LINK_HEAD_BYTES + PEER_BYTES &&
    field[0] === NEIGHBOUR_TAG &&
    field[1] === field.length - 2 &&
    LINK_HEAD_REST.every((byte, i) => field[i + 2] === byte)
  );
}

/** Fields of one key are versions of each other: a neighbour by its PeerId, anything else by its tag. */
function fieldKey(bytes: Uint8Array, { start, end }: Field): string {
  const field = bytes.subarray(start, end);
  const from = LINK_HEAD_BYTES - LINK_HEAD_REST.length;
  if (isLink(field)) return byteKey(field.subarray(from, LINK_HEAD_BYTES + PEER_BYTES));
  return byteKey(field.subarray(0, 1));
}

class DeltaWriter {
  readonly #base: Uint8Array;
  readonly #peerByPrefix: PeerByPrefix;
  #out = new Uint8Array(256);
  #length = 0;
  /** Up to here the base is dealt with, save for `#copied` bytes before it that are still to be written as a copy. */
  #from = 0;
  #copied = 0;

  constructor(base: Uint8Array, peerByPrefix: PeerByPrefix) {
    this.#base = base;
    this.#peerByPrefix = peerByPrefix;
  }

  /** Bytes of the base up to `to` are not in the result. */
  skipTo(to: number): void {
    if (to <= this.#from) return;
    this.#flush();
    this.#operation(SKIP, to - this.#from);
    this.#from = to;
  }

  copy(count: number): void {
    this.#from += count;
    this.#copied += count;
  }

  /** The next field of the base as it is in the result. A link's length may change as well as what follows its peer. */
  patchField({ start, end }: Field, bytes: Uint8Array): void {
    const old = this.#base.subarray(start, end);
    if (!isLink(old) || !isLink(bytes)) {
      this.#patch(old, bytes);
      return;
    }
    const head = LINK_HEAD_BYTES - LINK_HEAD_REST.length;
    this.#patch(old.subarray(0, head), bytes.subarray(0, head));
    this.#patch(old.subarray(head), bytes.subarray(head));
  }

  /** The next bytes of the base with what is different in their middle. */
  #patch(old: Uint8Array, bytes: Uint8Array): void {
    const shorter = Math.min(old.length, bytes.length);
    let head = 0;
    while (head < shorter && old[head] === bytes[head]) head += 1;
    let tail = 0;
    while (tail < shorter - head && old[old.length - 1 - tail] === bytes[bytes.length - 1 - tail]) {
      tail += 1;
    }
    this.copy(head);
    const middle = bytes.subarray(head, bytes.length - tail);
    const gone = old.length - tail - head;
    if (middle.length > 0 && middle.length === gone) {
      this.#flush();
      this.#operation(REPLACE, gone);
      this.#append(middle);
      this.#from += gone;
    } else {
      if (middle.length > 0) this.#literal(middle);
      if (gone > 0) this.skipTo(this.#from + gone);
    }
    this.copy(tail);
  }

  insert(bytes: Uint8Array): void {
    const peerEnd = LINK_HEAD_BYTES + PEER_BYTES;
    const prefix = bytes.subarray(LINK_HEAD_BYTES, LINK_HEAD_BYTES + PEER_PREFIX_BYTES);
    const peer = isLink(bytes) ? this.#peerByPrefix(prefix) : null;
    const isKnown = peer?.every((byte, i) => byte === bytes[LINK_HEAD_BYTES + i]) === true;
    if (!isKnown) {
      this.#literal(bytes);
      return;
    }
    this.#flush();
    this.#operation(LINK, bytes.length - peerEnd);
    this.#append(prefix);
    this.#append(bytes.subarray(peerEnd));
  }

  finish(): Uint8Array {
    return this.#out.slice(0, this.#length);
  }

  #literal(bytes: Uint8Array): void {
    this.#flush();
    this.#operation(INSERT, bytes.length);
    this.#append(bytes);
  }

  #flush(): void {
    if (this.#copied > 0) this.#operation(COPY, this.#copied);
    this.#copied = 0;
  }

  #operation(kind: number, count: number): void {
    const value = count * (1 << KIND_BITS) + kind;
    this.#room(varintBytes(value));
    this.#length = writeVarint(this.#out, this.#length, value);
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#out.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(this.#out.length * 2, this.#length + bytes));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}
