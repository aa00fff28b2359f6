import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memberReportsOf, peerOfLetter } from '../../../test/suites/member-reports-rig.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { lostGroups } from './lost-groups.ts';
import { mutualLinks, reachedFrom } from './member-links.ts';
import {
  FORGOTTEN_MS,
  HISTORY_MAX,
  MEMBERS_NAMED_MAX,
  PartitionTracker,
  type PartitionEvent,
} from './partition-tracker.ts';

const WHOLE = ['a: b', 'b: a c', 'c: b d', 'd: c'];
const CUT = ['a: b', 'b: a', 'c: b d', 'd: c'];

/** What those named report who are linked in a row, and to nobody else. */
function row(...named: readonly string[]): readonly string[] {
  return named.map((letter, i) => `${letter}: ${named[i - 1] ?? ''} ${named[i + 1] ?? ''}`);
}

class Scene {
  readonly world: World = createWorld({ seed: 1, primitives });
  readonly tracker = new PartitionTracker(this.world.clock);
  readonly events: PartitionEvent['kind'][] = [];

  constructor() {
    this.tracker.onEvent(({ kind }) => this.events.push(kind));
  }

  /** The node sees this now, and then lets `ms` pass. */
  sees(lines: readonly string[], ms = 0, lostGateways: readonly string[] = []): void {
    const members = memberReportsOf(lines);
    const links = mutualLinks(members, false);
    const reached = reachedFrom(members, links);
    const groups = lostGroups(members, links, reached, () => null, members.nodes);
    this.tracker.update(members, reached, groups, lostGateways.map(peerOfLetter));
    this.world.runSync(this.world.clock.now() + ms);
  }
}

describe('partitions', () => {
  test('begin, last and heal', () => {
    const scene = new Scene();
    scene.sees(WHOLE, 1_000);
    scene.sees(CUT, 5_000);
    expect(scene.tracker.partitions()).toMatchObject([
      { id: 1, cause: 'link-failure', lost: 2, stillLost: 2, endedAtMs: null, lastedMs: 5_000 },
    ]);
    scene.sees(WHOLE);
    const [partition] = scene.tracker.partitions();
    expect(partition).toMatchObject({ outcome: 'healed', stillLost: 0, lastedMs: 5_000 });
    expect((partition?.endedAtMs ?? 0) - (partition?.beganAtMs ?? 0)).toBe(5_000);
    expect(scene.events).toEqual(['began', 'ended']);
    expect(scene.tracker).toMatchObject({ active: 0, began: 1, healed: 1 });
  });

  test('last while some are still away, and grow by those who follow', () => {
    const scene = new Scene();
    const five = ['a: b', 'b: a', 'c: b d', 'd: c e', 'e: d'];
    scene.sees(five);
    // c comes back without the others.
    scene.sees(['a: b c', 'b: a', 'c: a', 'd: c e', 'e: d']);
    expect(scene.tracker.partitions()).toMatchObject([{ lost: 3, stillLost: 2, endedAtMs: null }]);
    scene.sees(five);
    expect(scene.tracker.partitions()).toMatchObject([{ lost: 3, stillLost: 3 }]);
    expect(scene.tracker.began).toBe(1);
  });

  test('end when who was away turns out to have crashed', () => {
    const scene = new Scene();
    scene.sees(CUT);
    scene.sees(['a: b', 'b: a', 'c: b', 'd: c']);
    expect(scene.tracker.partitions()).toMatchObject([{ outcome: 'gone' }]);
    expect(scene.tracker.healed).toBe(0);
  });

  test('outlast the records of those who are away, and end when most of them return', () => {
    const scene = new Scene();
    const five = ['a: b', 'b: a', 'c: b d', 'd: c e', 'e: d f', 'f: e g', 'g: f'];
    scene.sees(five, 600_000);
    scene.sees(['a: b', 'b: a']);
    expect(scene.tracker.active).toBe(1);
    // Two of them walk over: of the others nobody knows more than before.
    scene.sees(['a: b d c', 'b: a', 'c: a d', 'd: a c'], 600_000);
    expect(scene.tracker.partitions()).toMatchObject([{ stillLost: 3, endedAtMs: null }]);
    scene.sees(['a: b', 'b: a d', 'c: d', 'd: b c e', 'e: d']);
    expect(scene.tracker.partitions()).toMatchObject([{ outcome: 'healed', stillLost: 0 }]);
    expect(scene.tracker.healed).toBe(1);
  });

  test('outlast one who walked over before the records of the others were gone', () => {
    const scene = new Scene();
    scene.sees(['a: b', 'b: a', 'c: b d e', 'd: c e', 'e: c d'], 10_000);
    for (const [walks, rest] of [
      ['a: b e', ['c: b d', 'd: c', 'e: a']],
      ['a: b e', ['e: a']],
    ] as const) {
      scene.sees([walks, 'b: a', ...rest], 600_000);
      expect(scene.tracker.partitions()).toMatchObject([{ stillLost: 2, endedAtMs: null }]);
    }
    expect(scene.events).toEqual(['began']);
    scene.sees(['a: b e', 'b: a c', 'c: b d', 'd: c', 'e: a']);
    expect(scene.tracker.partitions()).toMatchObject([{ outcome: 'healed' }]);
  });

  test('outlast those who come and go: each of them returns once', () => {
    const scene = new Scene();
    scene.sees(['a: b', 'b: a', ...row('c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')], 600_000);
    scene.sees(['a: b', 'b: a']);
    for (let walk = 0; walk < 6; walk += 1) {
      scene.sees(['a: b c', 'b: a', 'c: a d', 'd: c'], 60_000);
      scene.sees(['a: b', 'b: a', 'c: d', 'd: c'], 60_000);
      expect(scene.tracker.partitions()).toMatchObject([{ stillLost: 8, endedAtMs: null }]);
    }
    expect(scene.events).toEqual(['began']);
  });

  test('of two end with the first who returns: one that is lost alone is none', () => {
    const scene = new Scene();
    scene.sees(CUT, 600_000);
    scene.sees(['a: b', 'b: a']);
    expect(scene.tracker.active).toBe(1);
    scene.sees(['a: b d', 'b: a', 'd: a']);
    expect(scene.tracker.partitions()).toMatchObject([{ outcome: 'healed', stillLost: 0 }]);
  });

  test('name those who are away first, and remember only so many who came back', () => {
    const scene = new Scene();
    const letters = Array.from({ length: 4 * MEMBERS_NAMED_MAX }, (_, i) =>
      String.fromCodePoint(0x4e00 + i),
    );
    scene.sees(['a: ', ...row(...letters)]);
    const away = letters.splice(-MEMBERS_NAMED_MAX / 2);
    scene.sees([...row('a', ...letters), ...row(...away)]);
    const members = scene.tracker.partitions().flatMap((partition) => partition.members);
    expect(members).toHaveLength(MEMBERS_NAMED_MAX);
    expect(members.slice(0, away.length)).toEqual(away.map(peerOfLetter));
    const again = letters.splice(-2);
    scene.sees([...row('a', ...letters), ...row(...away), ...row(...again)]);
    expect(scene.tracker.began).toBe(2);
    const once = letters.splice(0, 2);
    scene.sees([...row('a', ...letters), ...row(...away), ...row(...again), ...row(...once)]);
    expect(scene.tracker.began).toBe(2);
  });

  test('are forgotten in the end', () => {
    const scene = new Scene();
    scene.sees(CUT, FORGOTTEN_MS);
    scene.sees(['a: b', 'b: a']);
    expect(scene.tracker.partitions()).toMatchObject([{ outcome: 'forgotten' }]);
  });

  test('from other meshes last until a gateway is reached', () => {
    const scene = new Scene();
    scene.sees(WHOLE, 0, ['g', 'h']);
    scene.sees(CUT, 1_000, ['g', 'h']);
    const scopes = scene.tracker.partitions().map(({ scope, cause }) => [scope, cause]);
    expect(scopes).toEqual([
      ['members', 'link-failure'],
      ['gateways', 'gateway-gone'],
    ]);
    scene.sees(CUT);
    expect(scene.tracker.active).toBe(1);
  });

  test('that come and go count once, and less and less often', () => {
    const scene = new Scene();
    for (let i = 0; i < 200; i += 1) {
      scene.sees(CUT, 2_000);
      scene.sees(WHOLE, 2_000);
    }
    const { began } = scene.tracker;
    expect(began).toBeGreaterThan(1);
    expect(began).toBeLessThan(10);
    expect(scene.events.filter((kind) => kind === 'ended')).toHaveLength(200);
    expect(scene.events.filter((kind) => kind === 'recurred')).toHaveLength(200 - began);
    // After a quiet hour it is news again.
    scene.sees(WHOLE, 3_600_000);
    scene.sees(CUT);
    expect(scene.tracker.began).toBe(began + 1);
  });

  test('of all kinds of changes are as many as the counters say, and bounded', () => {
    const lines = fc.tuple(
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((letter) =>
        fc.subarray(['a', 'b', 'c', 'd', 'e', 'f']).map((links) => `${letter}: ${links.join(' ')}`),
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(lines, fc.nat({ max: 5_000 })), { size: '+1' }), (steps) => {
        const scene = new Scene();
        for (const [seen, ms] of steps) scene.sees(seen, ms);
        const { tracker, events } = scene;
        const open =
          events.filter((kind) => kind !== 'ended').length -
          events.filter((kind) => kind === 'ended').length;
        expect(tracker.active).toBe(open);
        expect(tracker.partitions().length).toBeLessThanOrEqual(HISTORY_MAX);
        expect(events.filter((kind) => kind === 'began')).toHaveLength(tracker.began);
        for (const { endedAtMs, stillLost, lost } of tracker.partitions()) {
          expect(stillLost > 0).toBe(endedAtMs === null);
          expect(stillLost).toBeLessThanOrEqual(lost);
        }
      }),
    );
  });
});
