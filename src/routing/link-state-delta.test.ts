import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributesArbitrary } from '../../test/suites/attributes-arbitrary.ts';
import { NETWORK, rigIdentity } from '../../test/suites/link-state-rig.ts';
import { bytesEqual, compareBytes } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { decodeDelta, encodeDelta, PEER_PREFIX_BYTES } from './link-state-delta.ts';
import { RECORD_BYTES_MAX, signRecord } from './link-state-record.ts';

const PEERS = Array.from({ length: 30 }, (_, i) => rigIdentity(i).publicKey);

function known(prefix: Uint8Array): Uint8Array | null {
  const found = PEERS.filter((peer) => bytesEqual(peer.subarray(0, PEER_PREFIX_BYTES), prefix));
  return found.length === 1 ? (found[0] ?? null) : null;
}

function nobody(): null {
  return null;
}

function contentOf(indices: readonly number[], weight: number, sequence: bigint): Uint8Array {
  const neighbours = indices
    .map((index) => ({
      peer: PEERS[index] ?? new Uint8Array(32),
      port: index,
      weight,
      metrics: 0x1234_0000,
    }))
    .toSorted((a, b) => compareBytes(a.peer, b.peer));
  const attributes = { gateway: false, relays: true, energy: null, location: null };
  const record = { originator: rigIdentity(0).publicKey, sequence, attributes, neighbours };
  return signRecord(primitives, rigIdentity(0), NETWORK, record).content;
}

const link = fc.record({
  index: fc.integer({ min: 1, max: 29 }),
  port: fc.integer({ min: 1, max: 300 }),
  weight: fc.integer({ min: 1, max: 0xffff }),
  metrics: fc.nat(0xffff_ffff),
});
const content = fc
  .record({
    links: fc.uniqueArray(link, { selector: ({ index }) => index, maxLength: 12 }),
    sequence: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    attributes: attributesArbitrary,
  })
  .map(({ links, sequence, attributes }) => {
    const neighbours = links
      .map(({ index, ...rest }) => ({ peer: PEERS[index] ?? new Uint8Array(32), ...rest }))
      .toSorted((a, b) => compareBytes(a.peer, b.peer));
    const record = { originator: rigIdentity(0).publicKey, sequence, attributes, neighbours };
    return signRecord(primitives, rigIdentity(0), NETWORK, record).content;
  });

describe('changes of a record', () => {
  test('make any record of any other, whomever the receiver knows', () => {
    fc.assert(
      fc.property(content, content, fc.constantFrom(known, nobody), (base, result, peers) => {
        const delta = encodeDelta(base, result, peers);
        expect(decodeDelta(base, delta, peers, RECORD_BYTES_MAX)).toEqual(result);
      }),
    );
  });

  test('make any bytes of any others', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, bytes, (base, result) => {
        const delta = encodeDelta(base, result, nobody);
        expect(decodeDelta(base, delta, nobody, RECORD_BYTES_MAX)).toEqual(result);
      }),
    );
  });

  test('fit no other base than theirs by chance, and never make too much', () => {
    fc.assert(
      fc.property(content, fc.uint8Array({ maxLength: 60 }), (base, delta) => {
        const made = decodeDelta(base, delta, known, 400);
        expect(made?.length ?? 0).toBeLessThanOrEqual(400);
      }),
    );
  });

  test('take a dozen bytes for a link, and fewer for one that went or weighs otherwise', () => {
    const base = contentOf([1, 2, 3, 4], 100, 9n);
    const cost = (result: Uint8Array): number => encodeDelta(base, result, known).length;
    const sequence = cost(contentOf([1, 2, 3, 4], 100, 10n));
    expect(sequence).toBeLessThan(6);
    expect(cost(contentOf([1, 2, 3, 4, 5], 100, 10n))).toBeLessThan(sequence + 18);
    expect(cost(contentOf([1, 3, 4], 100, 10n))).toBeLessThan(sequence + 6);
    expect(cost(contentOf([1, 2, 3, 4], 300, 10n))).toBeLessThan(sequence + 4 * 10);
  });
});
