// What every distributed table must do, over whichever network: one suite that an implementation calls in three lines.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import { sealTableRecord } from '../../src/crypto/table-record.ts';
import { DHT_SEQUENCE_MAX, DHT_VALUE_BYTES_MAX, type Dht } from '../../src/env/dht.ts';
import { primitives } from '../../src/platform/node/primitives.ts';

export interface DhtArena {
  /** Two nodes of one network, and one of another that shares the same table. */
  readonly writer: Dht;
  readonly reader: Dht;
  readonly stranger: Dht;
  /** From now on `writer` and `reader` reach nobody. */
  isolate(): Promise<void>;
  /** Resolves with what `work` gives; where time is virtual, lets it pass meanwhile. */
  settle<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function identityOf(number: number): Identity {
  return identityFromSeed(primitives, new Uint8Array(32).fill(number));
}

function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

export function describeDht(name: string, createArena: () => Promise<DhtArena>): void {
  describe(name, () => {
    let arena: DhtArena;
    const put = (dht: Dht, who: Identity, value: Uint8Array, sequence: bigint): Promise<void> =>
      arena.settle(dht.put(who, value, sequence));
    const get = (dht: Dht, who: Identity): ReturnType<Dht['get']> =>
      arena.settle(dht.get(who.publicKey));

    beforeEach(async () => {
      arena = await createArena();
    });
    afterEach(() => arena.close());

    test('what one node writes another reads; what nobody wrote is null', async () => {
      const [a, b] = [identityOf(1), identityOf(2)];
      await put(arena.writer, a, bytes(10, 1), 1n);
      expect(await get(arena.reader, a)).toEqual({ value: bytes(10, 1), sequence: 1n });
      expect(await get(arena.writer, a)).toEqual({ value: bytes(10, 1), sequence: 1n });
      expect(await get(arena.reader, b)).toBeNull();
    });

    test('each identity has one record, and a higher sequence replaces it', async () => {
      const [a, b] = [identityOf(1), identityOf(2)];
      await put(arena.writer, a, bytes(10, 1), 1n);
      await put(arena.writer, b, bytes(20, 2), 7n);
      await put(arena.writer, a, bytes(30, 3), 9n);
      expect(await get(arena.reader, a)).toEqual({ value: bytes(30, 3), sequence: 9n });
      expect(await get(arena.reader, b)).toEqual({ value: bytes(20, 2), sequence: 7n });
    });

    test('another node writes what its owner signed; what somebody else signed is refused', async () => {
      const [a, b] = [identityOf(1), identityOf(2)];
      const record = sealTableRecord(primitives, a, 'home', bytes(30, 3), 4n);
      await arena.settle(arena.reader.putSigned(record));
      expect(await get(arena.writer, a)).toEqual({ value: bytes(30, 3), sequence: 4n });
      const stolen = { ...record, publicKey: b.publicKey };
      await expect(arena.settle(arena.reader.putSigned(stolen))).rejects.toMatchObject({
        code: 'DHT_RECORD_FORGED',
      });
    });

    test('a lower sequence, or another value under the same one, is refused; the same again is not', async () => {
      const a = identityOf(1);
      await put(arena.writer, a, bytes(10, 1), 5n);
      const stale = { code: 'DHT_SEQUENCE_STALE' };
      await expect(put(arena.writer, a, bytes(10, 1), 4n)).rejects.toMatchObject(stale);
      await expect(put(arena.writer, a, bytes(10, 2), 5n)).rejects.toMatchObject(stale);
      await put(arena.writer, a, bytes(10, 1), 5n);
      expect(await get(arena.reader, a)).toEqual({ value: bytes(10, 1), sequence: 5n });
    });

    test('values and sequences of the full size pass, larger ones do not', async () => {
      const a = identityOf(1);
      for (const [value, sequence] of [
        [bytes(0, 0), 1n],
        [bytes(DHT_VALUE_BYTES_MAX, 1), DHT_SEQUENCE_MAX],
      ] as const) {
        await put(arena.writer, a, value, sequence);
        expect(await get(arena.reader, a)).toEqual({ value, sequence });
      }
      await expect(
        put(arena.writer, a, bytes(DHT_VALUE_BYTES_MAX + 1, 1), 1n),
      ).rejects.toMatchObject({ code: 'DHT_VALUE_TOO_LONG' });
      for (const sequence of [0n, -1n, DHT_SEQUENCE_MAX + 1n]) {
        await expect(put(arena.writer, a, bytes(1, 1), sequence)).rejects.toMatchObject({
          code: 'DHT_SEQUENCE_INVALID',
        });
      }
    });

    test('another network neither sees the records nor collides with them', async () => {
      const a = identityOf(1);
      await put(arena.writer, a, bytes(10, 1), 5n);
      expect(await get(arena.stranger, a)).toBeNull();
      await put(arena.stranger, a, bytes(10, 2), 2n);
      expect(await get(arena.stranger, a)).toEqual({ value: bytes(10, 2), sequence: 2n });
      expect(await get(arena.reader, a)).toEqual({ value: bytes(10, 1), sequence: 5n });
    });

    test('the table keeps copies', async () => {
      const a = identityOf(1);
      const value = bytes(10, 1);
      const writing = arena.writer.put(a, value, 1n);
      value.fill(9);
      await arena.settle(writing);
      (await get(arena.reader, a))?.value.fill(8);
      expect(await get(arena.reader, a)).toEqual({ value: bytes(10, 1), sequence: 1n });
    });

    test('a node that reaches nobody says so', async () => {
      const a = identityOf(1);
      await put(arena.writer, a, bytes(10, 1), 1n);
      await arena.isolate();
      const unreachable = { code: 'DHT_UNREACHABLE' };
      await expect(put(arena.writer, a, bytes(10, 1), 2n)).rejects.toMatchObject(unreachable);
      await expect(get(arena.reader, a)).rejects.toMatchObject(unreachable);
    });
  });
}
