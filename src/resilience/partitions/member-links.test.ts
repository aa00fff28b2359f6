import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ascendingRows,
  mutualLinks,
  NO_RELAY,
  reports,
  type MemberReports,
} from './member-links.ts';

const NODES = 12;

function membersOf(
  rows: readonly (readonly number[])[],
  flags: readonly number[] = rows.map(() => 0),
): MemberReports {
  const starts = new Uint32Array(rows.length + 1);
  for (const [node, row] of rows.entries()) starts[node + 1] = (starts[node] ?? 0) + row.length;
  return {
    nodes: rows.length,
    self: 0,
    starts,
    targets: ascendingRows(starts, Uint32Array.from(rows.flat())),
    flags: Uint8Array.from(flags),
    peerOf: (node) => Uint8Array.of(node),
    nodeOf: ([node = 0]) => node,
  };
}

const anyRows = fc.array(fc.uniqueArray(fc.nat({ max: NODES - 1 }), { maxLength: NODES }), {
  minLength: NODES,
  maxLength: NODES,
});
const anyFlags = fc.array(fc.constantFrom(0, NO_RELAY), { minLength: NODES, maxLength: NODES });

test('rows are put in order, and hold what they held', () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const { starts, targets } = membersOf(rows);
      for (const [node, row] of rows.entries()) {
        const sorted = [...targets.subarray(starts[node], starts[node + 1])];
        expect(sorted).toEqual(row.toSorted((a, b) => a - b));
      }
    }),
  );
});

test('a link is one that both ends report, and among relays where that is asked for', () => {
  fc.assert(
    fc.property(anyRows, anyFlags, fc.boolean(), (rows, flags, relaysOnly) => {
      const members = membersOf(rows, flags);
      const links = mutualLinks(members, relaysOnly);
      const counts = (node: number): boolean =>
        !relaysOnly || node === 0 || flags[node] !== NO_RELAY;
      for (const [node, row] of rows.entries()) {
        for (let other = 0; other < NODES; other += 1) {
          expect(reports(members, node, other)).toBe(row.includes(other));
        }
        const wanted = row.filter(
          (other) => rows[other]?.includes(node) && counts(node) && counts(other),
        );
        const found = links.targets.subarray(links.starts[node], links.ends[node]);
        expect([...found]).toEqual(wanted.toSorted((a, b) => a - b));
      }
    }),
  );
});

test('all links are found in a few readings of each, however many a member has', () => {
  const nodes = 300;
  const everybody = Array.from({ length: nodes }, (_, node) => node);
  const members = membersOf(everybody.map((node) => everybody.filter((other) => other !== node)));
  let readings = 0;
  const targets = new Proxy(members.targets, {
    get(target, property) {
      if (typeof property === 'string' && /^\d/.test(property)) readings += 1;
      return Reflect.get(target, property, target) as unknown;
    },
  });
  const links = mutualLinks({ ...members, targets }, false);
  expect(links.ends.at(-1)).toBe(nodes * (nodes - 1));
  expect(readings).toBeLessThan(5 * members.targets.length);
});
