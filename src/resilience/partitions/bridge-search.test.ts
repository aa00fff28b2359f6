import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld } from '../../sim/world.ts';
import { ADDRESSES_PER_PEER_MAX, AddressBook, PEERS_MAX } from './address-book.ts';
import { BridgeSearch, RETRY_MS, type BridgeKnowledge } from './bridge-search.ts';

function peer(i: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, i);
  return bytes;
}

interface Scene {
  readonly book: AddressBook;
  readonly search: BridgeSearch;
  /** What is dialled within one round, in order, as `number@address`. */
  readonly round: (wide: boolean, nowMs: number) => readonly string[];
}

function scene(knowledge: Partial<BridgeKnowledge> = {}, seed = 1): Scene {
  const book = new AddressBook();
  const search = new BridgeSearch(
    book,
    {
      isReached: () => false,
      lost: () => [],
      nearby: () => [],
      byKey: () => null,
      unnamed: () => [],
      ...knowledge,
    },
    createWorld({ seed, primitives }).rng('search'),
  );
  const round = (wide: boolean, nowMs: number): readonly string[] => {
    const found: string[] = [];
    for (;;) {
      const next = search.next(wide, nowMs);
      if (next === null) return found;
      const number = next.peer === null ? '?' : new DataView(next.peer.buffer).getUint32(0);
      found.push(`${number}@${next.address}`);
    }
  };
  return { book, search, round };
}

describe('a bridge', () => {
  test('is looked for nearby first, then where the lost were, on all their transports, then by key', () => {
    const { book, round } = scene({
      isReached: (one) => one[3] === 4,
      lost: () => [peer(1), peer(2), peer(3)],
      nearby: () => [
        { publicKey: peer(2), addresses: ['near'] },
        { publicKey: peer(9), addresses: ['stranger'] },
      ],
      byKey: (one) => `dht:${one[3]}`,
      unnamed: () => ['told'],
    });
    book.remember(peer(1), 'tls');
    book.remember(peer(1), 'ws');
    book.remember(peer(4), 'reached');
    const narrow = round(false, 0);
    expect(narrow[0]).toBe('2@near');
    expect(narrow.slice(1, 3).toSorted()).toEqual(['1@tls', '1@ws']);
    expect(narrow.slice(3).toSorted()).toEqual(['1@dht:1', '2@dht:2', '3@dht:3']);
    // Later also strangers, whoever answers where a lost member was, and addresses that nobody ever answered at.
    const wide = round(true, RETRY_MS);
    expect(wide.filter((one) => !narrow.includes(one)).toSorted()).toEqual([
      '9@stranger',
      '?@tls',
      '?@told',
      '?@ws',
    ]);
    expect(wide.toSorted()).toEqual([...new Set(wide)].toSorted());
  });

  test('is not looked for among those who are reached', () => {
    const { book, round } = scene({
      isReached: () => true,
      lost: () => [peer(1)],
      nearby: () => [{ publicKey: peer(1), addresses: ['near'] }],
      byKey: () => 'dht:1',
    });
    book.remember(peer(1), 'tls');
    expect(round(true, 0)).toEqual([]);
  });

  test('is looked for everywhere before anywhere twice, and nowhere twice within the pause', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 60 }),
        fc.nat({ max: 1_000 }),
        (count, steps, seed) => {
          const { book, search } = scene({}, seed);
          for (let i = 0; i < count; i += 1) book.remember(peer(i), `a${i}`);
          const tried = new Map<string, number>();
          let nowMs = 0;
          for (const step of steps) {
            nowMs += step;
            const next = search.next(false, nowMs);
            const ready = Array.from({ length: count }, (_, i) => `a${i}`).filter(
              (address) => nowMs - (tried.get(address) ?? -Infinity) >= RETRY_MS,
            );
            expect(next === null).toBe(ready.length === 0);
            if (next === null) continue;
            const lastMs = (address: string): number => tried.get(address) ?? -Infinity;
            expect(lastMs(next.address)).toBe(Math.min(...ready.map(lastMs)));
            tried.set(next.address, nowMs);
          }
        },
      ),
    );
  });

  test('is looked for in another order by each node', () => {
    const orders = [1, 2, 3, 4].map((seed) => {
      const { book, round } = scene({}, seed);
      for (let i = 0; i < 8; i += 1) book.remember(peer(i), `a${i}`);
      return round(false, 0).join();
    });
    expect(new Set(orders).size).toBeGreaterThan(1);
  });
});

test('an address book keeps the latest addresses of the peers heard of last', () => {
  const book = new AddressBook();
  for (let i = 0; i < PEERS_MAX + 10; i += 1) book.remember(peer(i), 'first');
  expect([...book.peers()]).toHaveLength(PEERS_MAX);
  expect(book.addressesOf(peer(0))).toEqual([]);
  for (let i = 0; i < ADDRESSES_PER_PEER_MAX + 3; i += 1) book.remember(peer(500), `a${i}`);
  book.remember(peer(500), 'a5');
  const addresses = book.addressesOf(peer(500));
  expect(addresses).toHaveLength(ADDRESSES_PER_PEER_MAX);
  expect(addresses[0]).toBe('a5');
  expect(new Set(addresses).size).toBe(addresses.length);
});
