import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NETWORK, rigIdentity } from '../../test/suites/link-state-rig.ts';
import { compareBytes } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { BroadcastTree, SEARCHED_MAX, SEARCHES_BURST } from './broadcast-tree.ts';
import { LinkStateDatabase } from './link-state-database.ts';
import { signRecord } from './link-state-record.ts';
import { PLAIN_NODE } from './node-attributes.ts';
import { RecordPool } from './record-pool.ts';

type Pair = readonly [number, number];

/** What a node holds where each member reports the links of `links`; those of `denied` only its first end does. */
function databaseOf(
  members: number,
  links: readonly Pair[],
  denied: readonly Pair[] = [],
): LinkStateDatabase {
  const database = new LinkStateDatabase(new RecordPool(primitives, NETWORK, 7));
  for (let member = 0; member < members; member += 1) {
    const others = links.flatMap(([a, b]) => (a === member ? [b] : b === member ? [a] : []));
    others.push(...denied.flatMap(([a, b]) => (a === member ? [b] : [])));
    const neighbours = [...new Set(others)]
      .map((other) => rigIdentity(other).publicKey)
      .toSorted(compareBytes)
      .map((peer, k) => ({ peer, port: k + 1, weight: 10, metrics: 0 }));
    const identity = rigIdentity(member);
    const { publicKey: originator } = identity;
    const record = { originator, sequence: 1n, attributes: PLAIN_NODE, neighbours };
    const pooled = database.pool.addOwn(signRecord(primitives, identity, NETWORK, record));
    if (member === 0) database.storeOwn(pooled, 0);
    else database.store(pooled, -1, 0, 0);
  }
  return database;
}

function numberOf(database: LinkStateDatabase, member: number): number {
  return database.pool.peerIndex(rigIdentity(member).publicKey);
}

/** Kruskal 1956: by ascending label, whatever joins two parts. Labels that are equal make more than one such tree. */
function minimumTree(database: LinkStateDatabase, members: number, links: readonly Pair[]): Pair[] {
  const tree = new BroadcastTree(database);
  const parts = Array.from({ length: members }, (_, member) => member);
  const labelled = links.map((link) => {
    const [a, b] = link;
    return { link, label: tree.label(numberOf(database, a), numberOf(database, b)) };
  });
  fc.pre(new Set(labelled.map(({ label }) => label)).size === links.length);
  const needed: Pair[] = [];
  for (const { link } of labelled.toSorted((x, y) => x.label - y.label)) {
    const [a, b] = link.map((member) => parts[member] ?? -1);
    if (a === b) continue;
    needed.push(link);
    parts.forEach((part, member) => {
      if (part === a) parts[member] = b ?? -1;
    });
  }
  return needed;
}

test('the tree needs what the minimum spanning tree has, and nothing else', () => {
  const members = 12;
  const pair = fc
    .tuple(fc.nat(members - 1), fc.nat(members - 1))
    .filter(([a, b]) => a < b)
    .map(([a, b]): Pair => [a, b]);
  const pairs = fc.uniqueArray(pair, { maxLength: 30, selector: ([a, b]) => members * a + b });
  fc.assert(
    fc.property(pairs, fc.nat(30), (all, cut) => {
      // What only one end reports is no link.
      const [links, denied] = [all.slice(cut), all.slice(0, cut)];
      const database = databaseOf(members, links, denied);
      const needed = minimumTree(database, members, links);
      const tree = new BroadcastTree(database);
      for (const link of links) {
        const [a = -1, b = -1] = link.map((member) => numberOf(database, member));
        const label = tree.label(a, b);
        expect(label).toBe(tree.label(b, a));
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          expect(tree.needs(from, to, label, 0)).toBe(needed.includes(link));
        }
      }
    }),
    { numRuns: 100, seed: 5 },
  );
});

test('a search ends, and says that it does not know', () => {
  const star = Array.from({ length: SEARCHED_MAX + 1 }, (_, i): Pair => [0, i + 1]);
  const database = databaseOf(star.length + 2, star);
  const tree = new BroadcastTree(database);
  const [hub, far] = [numberOf(database, 0), numberOf(database, star.length + 1)];
  expect(tree.needs(hub, far, Infinity, 0)).toBeNull();
  expect(tree.needs(hub, numberOf(database, 1), Infinity, 0)).toBe(false);
  expect(tree.needs(far, hub, Infinity, 0)).toBe(true);
  for (let asked = 3; asked < SEARCHES_BURST; asked += 1) tree.needs(far, hub, 0, 0);
  expect(tree.needs(far, hub, Infinity, 0)).toBeNull();
  expect(tree.needs(far, hub, Infinity, 1_000)).toBe(true);
});
