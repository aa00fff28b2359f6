// What every `Store` must do, on whichever disk: one suite that an implementation calls in three lines.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, toHex, utf8 } from '../../src/core/bytes.ts';
import type { Store, StoreWrite } from '../../src/env/store.ts';

export interface StoreArena {
  readonly store: Store;
  /** Resolves with what `work` gives; where time is virtual, lets it pass meanwhile. */
  readonly settle: <T>(work: Promise<T>) => Promise<T>;
  /** A new handle on the same disk, after the old one was closed. */
  reopen(): Store;
  /** From now until `release`, there is no space left. */
  fill(): { release(): void };
  end(): void;
}

const put = (key: string, value: string): StoreWrite => ({
  kind: 'put',
  key: utf8(key),
  value: utf8(value),
});
const remove = (key: string): StoreWrite => ({ kind: 'delete', key: utf8(key) });
const LAST = new Uint8Array(40).fill(0xff);

function everything(store: Store): Record<string, string> {
  const entries = store.range(new Uint8Array(0), LAST, 10_000);
  return Object.fromEntries(entries.map(({ key, value }) => [toHex(key), toHex(value)]));
}

const batches = fc.array(
  fc.array(
    fc.record({
      key: fc.uint8Array({ maxLength: 3 }),
      value: fc.option(fc.uint8Array({ maxLength: 40 })),
    }),
    { maxLength: 6 },
  ),
  { maxLength: 8 },
);

/** Registers the suite for one implementation. */
export function describeStore(name: string, createArena: () => StoreArena): void {
  const within = async (act: (arena: StoreArena) => Promise<void>): Promise<void> => {
    const arena = createArena();
    try {
      await act(arena);
    } finally {
      await arena.settle(arena.store.close());
      arena.end();
    }
  };

  describe(name, () => {
    test('agrees with an ordered map, also after it was closed and opened again', () =>
      fc.assert(
        fc.asyncProperty(batches, async (history) =>
          within(async (arena) => {
            const model = new Map<string, Uint8Array>();
            for (const changes of history) {
              const batch = changes.map(({ key, value }): StoreWrite =>
                value === null ? { kind: 'delete', key } : { kind: 'put', key, value },
              );
              for (const { key, value } of changes) {
                if (value === null) model.delete(toHex(key));
                else model.set(toHex(key), value);
              }
              await arena.settle(arena.store.write(batch));
            }
            const expected = Object.fromEntries(
              [...model].map(([key, value]) => [key, toHex(value)]),
            );
            expect(everything(arena.store)).toEqual(expected);
            await arena.settle(arena.store.close());
            const again = arena.reopen();
            expect(everything(again)).toEqual(expected);
            await arena.settle(again.close());
          }),
        ),
        { numRuns: 25 },
      ));

    test('ranges are in bytewise order, from inclusive, to exclusive, and bounded', () =>
      within(async ({ store, settle }) => {
        const keys = [[], [0], [0, 0], [1], [1, 255], [2], [127], [128], [255], [255, 0]].map(
          (key) => Uint8Array.from(key),
        );
        await settle(
          store.write(keys.toReversed().map((key) => ({ kind: 'put', key, value: key }))),
        );
        const all = store.range(new Uint8Array(0), LAST, 100).map(({ key }) => key);
        expect(all).toEqual(keys);
        expect(all.toSorted(compareBytes)).toEqual(all);
        const some = store.range(Uint8Array.of(1), Uint8Array.of(128), 100).map(({ key }) => key);
        expect(some).toEqual(keys.slice(3, 7));
        expect(store.range(new Uint8Array(0), LAST, 2).map(({ key }) => key)).toEqual(
          keys.slice(0, 2),
        );
        expect(store.range(LAST, new Uint8Array(0), 10)).toEqual([]);
        expect(store.range(new Uint8Array(0), LAST, 0)).toEqual([]);
      }));

    test('what is not there is undefined; an empty key and an empty value are something', () =>
      within(async ({ store, settle }) => {
        expect(store.get(utf8('a'))).toBeUndefined();
        const nothing = new Uint8Array(0);
        await settle(store.write([{ kind: 'put', key: nothing, value: nothing }]));
        expect(store.get(nothing)).toEqual(nothing);
        await settle(store.write([]));
        await settle(store.write([remove('never there')]));
      }));

    test('within a batch the last change of a key counts', () =>
      within(async ({ store, settle }) => {
        await settle(
          store.write([put('a', '1'), remove('a'), put('b', '1'), put('b', '2'), remove('c')]),
        );
        expect(store.get(utf8('a'))).toBeUndefined();
        expect(store.get(utf8('b'))).toEqual(utf8('2'));
      }));

    test('concurrent writes all land, in the order of the calls', () =>
      within(async ({ store, settle }) => {
        const writes = Array.from({ length: 100 }, (_, i) =>
          store.write([put('shared', `${i}`), put(`own ${i}`, 'x')]),
        );
        await settle(Promise.all(writes));
        expect(store.get(utf8('shared'))).toEqual(utf8('99'));
        expect(Object.keys(everything(store)).length).toBe(101);
      }));

    test('what the caller does to its bytes afterwards changes nothing, either way', () =>
      within(async ({ store, settle }) => {
        const [key, value] = [utf8('key'), utf8('value')];
        const write = store.write([{ kind: 'put', key, value }]);
        key.fill(0);
        value.fill(0);
        await settle(write);
        store.get(utf8('key'))?.fill(1);
        expect(store.get(utf8('key'))).toEqual(utf8('value'));
        store.range(utf8('k'), utf8('l'), 1)[0]?.value.fill(1);
        expect(store.get(utf8('key'))).toEqual(utf8('value'));
        expect(Object.getPrototypeOf(store.get(utf8('key')))).toBe(Uint8Array.prototype);
      }));

    test('a full disk refuses the batch whole, says so, and works again when there is space', () =>
      within(async (arena) => {
        const { store, settle } = arena;
        await settle(store.write([put('before', '1')]));
        const full = arena.fill();
        const large = Array.from({ length: 64 }, (_, i): StoreWrite => ({
          kind: 'put',
          key: utf8(`large ${i}`),
          value: new Uint8Array(16_384),
        }));
        await expect(settle(store.write([put('before', '2'), ...large]))).rejects.toMatchObject({
          code: 'STORE_FULL',
        });
        expect(everything(store)).toEqual({ [toHex(utf8('before'))]: toHex(utf8('1')) });
        full.release();
        await settle(store.write([put('after', '3')]));
        expect(store.get(utf8('after'))).toEqual(utf8('3'));
      }));

    test('a closed store says so; what was written before the close is kept', () =>
      within(async (arena) => {
        const { store, settle } = arena;
        const last = store.write([put('last', '1')]);
        await settle(store.close());
        await settle(last);
        await settle(store.close());
        const closed = { code: 'STORE_CLOSED' };
        expect(() => store.get(utf8('a'))).toThrow(expect.objectContaining(closed));
        expect(() => store.range(utf8('a'), utf8('b'), 1)).toThrow(expect.objectContaining(closed));
        await expect(settle(store.write([put('a', '1')]))).rejects.toMatchObject(closed);
        const again = arena.reopen();
        expect(again.get(utf8('last'))).toEqual(utf8('1'));
        await settle(again.close());
      }));
  });
}
