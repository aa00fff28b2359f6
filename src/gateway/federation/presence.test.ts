import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { identityFromSeed } from '../../crypto/signing.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { decodePresence, encodePresence, PRESENCE_VALID_MS_MAX } from './presence.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const gateway = identityFromSeed(primitives, seed(1));
const other = identityFromSeed(primitives, seed(2));
const peer = (byte: number): Uint8Array => identityFromSeed(primitives, seed(byte)).publicKey;

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return Buffer.from(bytes).indexOf(part);
}

const record = { meshName: 'a', sequence: 7n, peers: [peer(5), peer(3), peer(4)], validMs: 15_000 };

describe('presence', () => {
  test('what a gateway says is read as it was meant, peers in order', () => {
    const bytes = encodePresence(primitives, gateway, 'test', record);
    const read = unwrap(decodePresence(primitives, 'test', bytes));
    expect(read).toMatchObject({
      gateway: gateway.publicKey,
      meshName: 'a',
      sequence: 7n,
      validMs: 15_000,
    });
    expect(read.peers).toHaveLength(3);
    expect(new Set(read.peers.map(String))).toEqual(new Set(record.peers.map(String)));
  });

  test('no record is believed longer than the bound', () => {
    const bytes = encodePresence(primitives, gateway, 'test', {
      ...record,
      validMs: 4_000_000_000,
    });
    expect(unwrap(decodePresence(primitives, 'test', bytes)).validMs).toBe(PRESENCE_VALID_MS_MAX);
  });

  test('another gateway cannot speak for this one', () => {
    const bytes = encodePresence(primitives, other, 'test', record);
    const named = bytes.slice();
    // The record begins with the PeerId of its gateway; the signature is the other one's.
    named.set(gateway.publicKey, indexOf(bytes, other.publicKey));
    expect(decodePresence(primitives, 'test', named)).toMatchObject({
      ok: false,
      error: { code: 'GATEWAY_PRESENCE_FORGED' },
    });
  });

  test('a record of another network counts as forged', () => {
    const bytes = encodePresence(primitives, gateway, 'other', record);
    expect(decodePresence(primitives, 'test', bytes)).toMatchObject({
      ok: false,
      error: { code: 'GATEWAY_PRESENCE_FORGED' },
    });
  });

  test('a repeated peer is malformed', () => {
    const bytes = encodePresence(primitives, gateway, 'test', {
      ...record,
      peers: [peer(3), peer(3)],
    });
    expect(decodePresence(primitives, 'test', bytes)).toMatchObject({
      ok: false,
      error: { code: 'GATEWAY_PRESENCE_MALFORMED' },
    });
  });

  test('any flipped bit is refused', () => {
    const bytes = encodePresence(primitives, gateway, 'test', record);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(decodePresence(primitives, 'test', changed).ok).toBe(false);
      }),
    );
  });
});
