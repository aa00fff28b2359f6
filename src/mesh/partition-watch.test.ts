import { expect, test } from 'vitest';
import { HandClock } from '../../test/suites/hand-clock.ts';
import { NO_NODE } from '../resilience/partitions/cut-points.ts';
import type { MemberReports } from '../resilience/partitions/member-links.ts';
import type { Mesh } from './mesh-contract.ts';
import { PartitionWatch } from './partition-watch.ts';
import { RecordsView } from './records-view.ts';

/** Members of which each reports so many links to one that is no neighbour of it: as many as there are to be read. */
function reporting(nodes: number, each: number): MemberReports {
  return {
    nodes,
    self: 0,
    starts: Uint32Array.from({ length: nodes + 1 }, (_, node) => node * each),
    targets: new Uint32Array(nodes * each),
    flags: new Uint8Array(nodes),
    peerOf: (node) => Uint8Array.of(node),
    nodeOf: () => NO_NODE,
  };
}

/** How often a mesh that changes every 10 ms is looked at in a minute. */
function looks(members: MemberReports, of: 'partitions' | 'membership'): number {
  const clock = new HandClock();
  let count = 0;
  const listeners: (() => void)[] = [];
  const mesh = {
    version: 0,
    onChange: (listener: () => void) => void listeners.push(listener),
    memberReports() {
      count += 1;
      return members;
    },
  };
  const view = new RecordsView(mesh as unknown as Mesh, clock);
  const watch = of === 'partitions' ? new PartitionWatch({ mesh, clock }) : null;
  for (let ms = 0; ms < 60_000; ms += 10) {
    mesh.version += 1;
    for (const changed of listeners) changed();
    if (of === 'membership') view.reaches(Uint8Array.of(1));
    clock.advance(10);
  }
  watch?.stop();
  return count;
}

test.each([
  ['few members', reporting(10, 3), 60 / 0.25, 60 / 0.05],
  ['many members', reporting(10_000, 6), 60, 60],
  ['many links', reporting(1_000, 1_000), 60 / 3, 60 / 3],
] as const)('%s are looked at as often as it is worth', (_, members, partitions, pictures) => {
  expect(looks(members, 'partitions')).toBeGreaterThan(0.6 * partitions);
  expect(looks(members, 'partitions')).toBeLessThanOrEqual(partitions + 1);
  expect(looks(members, 'membership')).toBeGreaterThan(0.6 * pictures);
  expect(looks(members, 'membership')).toBeLessThanOrEqual(pictures + 1);
});
