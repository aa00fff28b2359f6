// An established end-to-end session: seals messages for one peer and opens its, however the packets between were lost,
// repeated or reordered. Noise transport messages (revision 34, section 11.4) with explicit counters and RFC 6479's
// window; Zstandard before sealing where both ends have CompressionV2.
//
//   body:      receiver's session number u32 ‖ counter u64 ‖ sealed
//   plaintext: protocol u16 ‖ encoding u8 (0 as is, 1 zstd) ‖ payload

import { concat } from '../core/bytes.ts';
import type { NoiseKeys } from '../crypto/noise.ts';
import { createReplayWindow, type ReplayWindow } from '../crypto/replay-window.ts';
import { openTransport, sealTransport } from '../crypto/transport-cipher.ts';
import type { Compressor } from '../env/compressor.ts';
import type { Primitives } from '../env/primitives.ts';
import { isActive, type Negotiation } from '../versioning/negotiate.ts';
import { readU32, readU64, writeU32, writeU64 } from '../wire/big-endian.ts';

/** The longest message. */
export const PAYLOAD_BYTES_MAX: number = 60 * 1024;
/** Protocol numbers of messages; 0 confirms a session and carries nothing, the highest reports on flows. */
export const PROTOCOL_MAX = 0xfffe;
export const CONFIRMING_PROTOCOL = 0;
export const REPORT_PROTOCOL = 0xffff;
/** Shorter payloads are not worth a compressor's call. */
export const COMPRESSED_BYTES_MIN = 129;
/** Noise allows 2^64; a fresh key well before bounds what one key protects. */
export const SESSION_MESSAGES_MAX: bigint = 2n ** 32n;
/** A session is replaced after two hours at most. */
export const SESSION_MS_MAX: number = 2 * 3_600_000;
/** The replacement begins so long before, while the old keys still serve. */
const REKEY_LEAD_MS: number = 10 * 60_000;
const REKEY_LEAD_MESSAGES: bigint = 2n ** 20n;
const BODY_HEADER_BYTES = 12;
const INNER_HEADER_BYTES = 3;
const ENCODING_PLAIN = 0;
const ENCODING_ZSTD = 1;

export type OpenOutcome =
  | { readonly kind: 'message'; readonly protocol: number; readonly payload: Uint8Array }
  | { readonly kind: 'broken' }
  | { readonly kind: 'replayed' }
  | { readonly kind: 'malformed' };

export interface SessionParts {
  readonly primitives: Primitives;
  readonly compressor: Compressor;
  /** PeerId. */
  readonly peer: Uint8Array;
  /** Who sent the first message of its handshake. */
  readonly begunBy: 'local' | 'remote';
  readonly keys: NoiseKeys;
  /** Unsigned 32 bits each. */
  readonly localId: number;
  readonly remoteId: number;
  readonly negotiation: Negotiation;
  readonly establishedAtMs: number;
}

/** The receiver's session number of a data packet's body, `null` if it is too short. */
export function sessionIdOf(body: Uint8Array): number | null {
  return body.length < BODY_HEADER_BYTES ? null : readU32(body, 0);
}

export class Session {
  readonly peer: Uint8Array;
  readonly begunBy: 'local' | 'remote';
  readonly localId: number;
  readonly remoteId: number;
  readonly negotiation: Negotiation;
  readonly establishedAtMs: number;
  sent = 0n;
  received = 0n;
  readonly #parts: SessionParts;
  readonly #window: ReplayWindow = createReplayWindow();
  readonly #compresses: boolean;

  constructor(parts: SessionParts) {
    this.peer = parts.peer;
    this.begunBy = parts.begunBy;
    this.localId = parts.localId;
    this.remoteId = parts.remoteId;
    this.negotiation = parts.negotiation;
    this.establishedAtMs = parts.establishedAtMs;
    this.#parts = parts;
    this.#compresses = isActive(parts.negotiation, 'CompressionV2');
  }

  /** Whether it may still seal. */
  isUsable(nowMs: number): boolean {
    return this.sent < SESSION_MESSAGES_MAX && nowMs - this.establishedAtMs < SESSION_MS_MAX;
  }

  /** Whether its replacement should begin. */
  isAging(nowMs: number): boolean {
    return (
      this.sent >= SESSION_MESSAGES_MAX - REKEY_LEAD_MESSAGES ||
      nowMs - this.establishedAtMs >= SESSION_MS_MAX - REKEY_LEAD_MS
    );
  }

  /** The body of a data packet. `payload` is at most `PAYLOAD_BYTES_MAX`. */
  seal(protocol: number, payload: Uint8Array): Uint8Array {
    const { primitives, keys, compressor } = this.#parts;
    const packed =
      this.#compresses && payload.length >= COMPRESSED_BYTES_MIN
        ? compressor.compress(payload)
        : payload;
    const smaller = packed.length < payload.length;
    const inner = new Uint8Array(INNER_HEADER_BYTES);
    inner[0] = protocol >> 8;
    inner[1] = protocol;
    inner[2] = smaller ? ENCODING_ZSTD : ENCODING_PLAIN;
    const header = new Uint8Array(BODY_HEADER_BYTES);
    writeU32(header, 0, this.remoteId);
    writeU64(header, 4, this.sent);
    const plaintext = concat(inner, smaller ? packed : payload);
    const sealed = sealTransport(primitives, keys.send, this.sent, header, plaintext);
    this.sent += 1n;
    return concat(header, sealed);
  }

  /** Opens the body of a data packet of this session. A counter is accepted once, and only if the seal holds. */
  open(body: Uint8Array): OpenOutcome {
    const { primitives, keys } = this.#parts;
    const header = body.subarray(0, BODY_HEADER_BYTES);
    const counter = readU64(body, 4);
    const sealed = body.subarray(BODY_HEADER_BYTES);
    const plaintext = openTransport(primitives, keys.receive, counter, header, sealed);
    if (plaintext === null) return { kind: 'broken' };
    if (!this.#window.accept(counter)) return { kind: 'replayed' };
    this.received += 1n;
    if (plaintext.length < INNER_HEADER_BYTES) return { kind: 'malformed' };
    const protocol = ((plaintext[0] ?? 0) << 8) | (plaintext[1] ?? 0);
    const payload = this.#unpack(plaintext[2] ?? 0, plaintext.subarray(INNER_HEADER_BYTES));
    return payload === null ? { kind: 'malformed' } : { kind: 'message', protocol, payload };
  }

  /** Overwrites the keys; the session must not be used afterwards. */
  wipe(): void {
    const { primitives, keys } = this.#parts;
    primitives.wipe(keys.send);
    primitives.wipe(keys.receive);
  }

  #unpack(encoding: number, bytes: Uint8Array): Uint8Array | null {
    if (encoding === ENCODING_PLAIN) return bytes.length <= PAYLOAD_BYTES_MAX ? bytes : null;
    if (encoding !== ENCODING_ZSTD || !this.#compresses) return null;
    return this.#parts.compressor.decompress(bytes, PAYLOAD_BYTES_MAX);
  }
}
