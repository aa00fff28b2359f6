import { describe, expect, test } from 'vitest';
import { NETWORK, rigIdentity } from '../../test/suites/link-state-rig.ts';
import { unwrap } from '../core/errors.ts';
import { primitives } from '../platform/node/primitives.ts';
import { signRecord, type SignedRecord } from './link-state-record.ts';
import { PLAIN_NODE } from './node-attributes.ts';
import { nameBySignature, RecordPool, UNHELD_MAX } from './record-pool.ts';

function signed(node: number, sequence: bigint, neighbours: readonly number[] = []): SignedRecord {
  return signRecord(primitives, rigIdentity(node), NETWORK, {
    originator: rigIdentity(node).publicKey,
    sequence,
    attributes: PLAIN_NODE,
    neighbours: neighbours.map((other, i) => ({
      peer: rigIdentity(other).publicKey,
      port: i + 1,
      weight: 100,
      metrics: 0,
    })),
  });
}

describe('a pool of records', () => {
  test('verifies a record once and finds it by its bytes, its id and its signature', () => {
    const pool = new RecordPool(primitives, NETWORK, 7);
    const original = signed(0, 1n, [1]);
    const record = unwrap(pool.add(original));
    expect(unwrap(pool.add(unwrap(pool.decode(original.payload))))).toBe(record);
    expect(pool.verified).toBe(1);
    const frame = Uint8Array.of(7, 7, ...original.payload, 7);
    expect(pool.find(frame, 2, frame.length - 1)).toBe(record);
    expect(pool.find(frame, 2, frame.length)).toBeNull();
    expect(pool.findId(record.idHigh, record.idLow)).toBe(record);
    expect(pool.findSignature(original.signature, 0)).toBe(record);
    expect(pool.findName(...nameBySignature(original.signature, 0))).toBe(record);
    expect(pool.peer(record.neighbours[0] ?? -1)).toEqual(rigIdentity(1).publicKey);
  });

  test('keeps nothing that is not genuine', () => {
    const pool = new RecordPool(primitives, NETWORK, 7);
    const { payload } = signed(0, 1n);
    const forged = payload.slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(pool.add(unwrap(pool.decode(forged)))).toMatchObject({
      error: { code: 'ROUTING_RECORD_FORGED' },
    });
    expect(pool.size).toBe(0);
  });

  test('lets go of what nobody holds, peers included, and keeps what is held', () => {
    const pool = new RecordPool(primitives, NETWORK, 7);
    const held = unwrap(pool.add(signed(0, 1n, [1])));
    pool.hold(held);
    for (let i = 0; i < UNHELD_MAX + 100; i += 1) pool.addOwn(signed(2, BigInt(i), [3]));
    expect(pool.size).toBe(UNHELD_MAX + 1);
    expect(pool.find(held.payload, 0, held.payload.length)).toBe(held);
    pool.release(held);
    for (let i = 0; i < UNHELD_MAX; i += 1) pool.addOwn(signed(4, BigInt(i)));
    expect(pool.size).toBe(UNHELD_MAX);
    expect(pool.find(held.payload, 0, held.payload.length)).toBeNull();
    for (const gone of [0, 1, 2, 3]) {
      expect(pool.peerIndex(rigIdentity(gone).publicKey)).toBe(-1);
    }
    expect(pool.peersEnd).toBeLessThanOrEqual(5);
  });

  test('rebuilds a record from its changes', () => {
    const pool = new RecordPool(primitives, NETWORK, 7);
    const base = unwrap(pool.add(signed(0, 1n, [1])));
    const next = unwrap(pool.add(signed(0, 2n, [1])));
    pool.prepareDelta(next, base);
    const delta = next.delta ?? new Uint8Array(0);
    expect(delta.length).toBeLessThan(80);
    const other = new RecordPool(primitives, NETWORK, 7);
    expect(other.rebuild(delta)).toBeNull();
    other.add(base.signed);
    expect(other.rebuild(delta)?.payload).toEqual(next.payload);
  });
});
