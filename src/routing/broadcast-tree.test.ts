import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NETWORK, rigIdentity } from '../../test/suites/link-state-rig.ts';
import { compareBytes } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { BroadcastTree, SEARCHED_BURST, SEARCHED_MAX } from './broadcast-tree.ts';
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

test('searches end, however long the records are that others sign, and say that they do not know', () => {
  // Each of a clique names all others.
  const members = 60;
  const clique = Array.from({ length: members }, (_, a) =>
    Array.from({ length: a }, (__, b): Pair => [b, a]),
  ).flat();
  const database = databaseOf(members + 1, clique);
  const tree = new BroadcastTree(database);
  const [near, far] = [numberOf(database, 0), numberOf(database, members)];
  expect(tree.needs(far, near, Infinity, 0)).toBe(true);
  // Each entry is looked at, and each record once more to find out whether its links are mutual.
  const entries = 2 * members * (members - 1);
  expect(entries).toBeLessThan(SEARCHED_MAX);
  let answered = 0;
  while (tree.needs(near, far, Infinity, 0) === true) answered += 1;
  expect(answered * entries).toBeGreaterThan(SEARCHED_BURST - SEARCHED_MAX - 2 * entries);
  expect(answered * entries).toBeLessThanOrEqual(SEARCHED_BURST + answered * members);
  expect(tree.needs(near, far, Infinity, 1)).toBeNull();
  expect(tree.needs(near, far, Infinity, 1_000)).toBe(true);
  const large = Array.from({ length: SEARCHED_MAX / 1_000 }, (_, hub) =>
    Array.from({ length: 500 }, (__, i): Pair => [hub === 0 ? 0 : 500 * hub, 500 * hub + i + 1]),
  ).flat();
  const wide = databaseOf(500 * (SEARCHED_MAX / 1_000) + 2, large);
  const nowhere = numberOf(wide, 500 * Math.floor(SEARCHED_MAX / 1_000) + 1);
  expect(new BroadcastTree(wide).needs(numberOf(wide, 0), nowhere, Infinity, 0)).toBeNull();
});
