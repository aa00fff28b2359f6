import { expect, test } from 'vitest';
import { HandClock } from '../../test/suites/hand-clock.ts';
import { memberReportsOf } from '../../test/suites/member-reports-rig.ts';
import { NO_NODE } from '../resilience/partitions/cut-points.ts';
import type { MemberFate } from '../resilience/partitions/lost-groups.ts';
import { GATEWAY, type MemberReports } from '../resilience/partitions/member-links.ts';
import { FORGOTTEN_MS } from '../resilience/partitions/partition-tracker.ts';
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

/** A watch of a mesh that the test writes down, and what it said. */
class Watched {
  readonly clock = new HandClock();
  readonly said: string[] = [];
  readonly fates: Record<string, MemberFate> = {};
  readonly watch: PartitionWatch;
  #reports = memberReportsOf(['a: ']);

  constructor() {
    const mesh = { onChange: () => {}, memberReports: () => this.#reports };
    const fateOf = (peer: Uint8Array): MemberFate =>
      this.fates[new TextDecoder().decode(peer)] ?? null;
    this.watch = new PartitionWatch({ mesh, clock: this.clock, fateOf });
    this.watch.onEvent(({ kind, partition: { outcome } }) => this.said.push(outcome ?? kind));
  }

  /** The node sees this now, and a minute passes. */
  sees(lines: readonly string[], flags: Readonly<Record<string, number>> = {}): void {
    this.#reports = memberReportsOf(lines, flags);
    this.watch.changed();
    this.clock.advance(60_000);
  }
}

test('a side that seems dead is waited for, whoever joins this one or leaves it meanwhile, for a day', () => {
  const seen = new Watched();
  seen.sees(['a: b c d', 'b: a c d', 'c: a b d', 'd: a b c']);
  const lost = ['c: a b d', 'd: a b c'];
  seen.sees(['a: b', 'b: a', ...lost]);
  seen.fates['c'] = 'dead';
  seen.fates['d'] = 'dead';
  for (let come = 0; come < 5; come += 1) {
    seen.sees(['a: b e', 'b: a', 'e: a', ...lost]);
    seen.sees(['a: b', 'b: a', ...lost]);
  }
  // Their records are dropped, and nothing changes any more.
  seen.sees(['a: b', 'b: a']);
  expect(seen.said).toEqual(['began']);
  seen.clock.advance(FORGOTTEN_MS - 3_600_000);
  expect(seen.said).toEqual(['began']);
  seen.clock.advance(2 * 3_600_000);
  expect(seen.said).toEqual(['began', 'forgotten']);
  expect(seen.watch.report()).toMatchObject({ active: 0 });
  seen.clock.advance(FORGOTTEN_MS);
  expect(seen.said).toEqual(['began', 'forgotten']);
  seen.watch.stop();
});

test('the last gateway is waited for unless it left or is one no more, for a day', () => {
  const near = ['a: b g', 'b: a', 'g: a'];
  const far = ['a: b', 'b: a', 'g: a'];
  for (const [fate, lines, expected] of [
    [null, far, ['began', 'forgotten']],
    ['left', far, []],
    // It is there, and saves its battery.
    [null, near, []],
  ] as const) {
    const seen = new Watched();
    seen.sees(near, { g: GATEWAY });
    seen.fates['g'] = fate;
    seen.sees(lines, lines === far ? { g: GATEWAY } : {});
    seen.clock.advance(3 * FORGOTTEN_MS);
    expect(seen.said).toEqual(expected);
    seen.watch.stop();
  }
});
