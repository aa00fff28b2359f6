// How soon a crash is found under each preset's disturbances, and how seldom a living neighbour is taken for dead: one link
// for days of virtual time, and the whole mesh for crashes.

import { describe, expect, test } from 'vitest';
import { primitives } from '../../src/platform/node/primitives.ts';
import { disturbances } from '../../src/resilience/disturbances.ts';
import { presets, type PresetName } from '../../src/resilience/presets.ts';
import { crashTimes, falseVerdicts } from '../../src/sim/detection/trials.ts';
import { MeshRig } from '../suites/mesh-rig.ts';

/** What the presets promise of an idle link, p99, in milliseconds. */
const IDLE_P99_MS = { local: 1_000, lan: 3_000, wan: 8_000, default: 15_000 } as const;
const NAMES = Object.keys(IDLE_P99_MS) as readonly PresetName[];
/** A link that carries packets, whatever the preset. */
const TRAFFIC_P99_MS = 1_000;
const PACKET_EVERY_MS = 50;

/** The share of `values` that is at most `bound`. */
function shareWithin(values: readonly number[], bound: number): number {
  return values.filter((value) => value <= bound).length / values.length;
}

describe.each(NAMES)('with the preset %s', (preset) => {
  test('a crash is found in time, whether the link is idle or not', () => {
    const idle = crashTimes({ preset, packetEveryMs: null, seed: 100, primitives }, 300);
    expect(shareWithin(idle, IDLE_P99_MS[preset])).toBeGreaterThanOrEqual(0.99);
    const trial = { preset, packetEveryMs: PACKET_EVERY_MS, seed: 100, primitives };
    for (const oneWay of [false, true]) {
      const times = crashTimes({ ...trial, oneWay }, 300);
      expect(shareWithin(times, TRAFFIC_P99_MS)).toBeGreaterThanOrEqual(0.99);
    }
    // And whatever happens, by the failure timeout.
    expect(Math.max(...idle)).toBeLessThanOrEqual(1.5 * presets[preset].failureTimeoutMs);
  });

  test('nobody who lives is given up in a day of a node with four links', () => {
    const { endDays, suspicions, confirmed } = falseVerdicts(
      { preset, packetEveryMs: null, seed: 7, primitives },
      2,
    );
    expect(endDays).toBe(4);
    expect(confirmed).toBe(0);
    expect(suspicions.silence + suspicions.acknowledgement).toBeLessThan(24);
  });

  test('a machine that loses its power is found by the mesh in time', async () => {
    const { heartbeatMs } = presets[preset];
    const { latencyMs, jitterMs, loss } = disturbances[preset];
    const profile = { latencyMs, jitterMs, loss, duplication: 0, reordering: 0 };
    const rig = new MeshRig(11);
    const pairs = Array.from({ length: 8 }, (_, i) => [`a${i}`, `b${i}`] as const);
    for (const [dead, living] of pairs) {
      for (const name of [dead, living]) rig.add(name, presets[preset]);
      rig.network.profile(dead, living, { ...profile, bytesPerSecond: Infinity });
      // Of half of them the one that dialled survives.
      if (dead.endsWith('1') || dead.endsWith('3')) rig.link(dead, living);
      else rig.link(living, dead);
    }
    await rig.run(20 * heartbeatMs);
    for (const [dead, living] of pairs) {
      await rig.run(heartbeatMs / 4 + 7);
      const diedAtMs = rig.world.clock.now();
      rig.node(dead).endpoint.powerOff();
      rig.node(dead).clock.kill();
      let foundAtMs = Infinity;
      rig.node(living).mesh.onLink(({ kind }) => {
        if (kind === 'suspect') foundAtMs = Math.min(foundAtMs, rig.world.clock.now());
      });
      await rig.run(IDLE_P99_MS[preset]);
      expect(foundAtMs - diedAtMs).toBeLessThanOrEqual(IDLE_P99_MS[preset]);
    }
  });
});
