// Saving energy on the production mesh in virtual time: what it saves, what it costs, and what it must not break.

import { expect, test } from 'vitest';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { heartbeatStretch, POWER_DEFAULTS } from '../../src/resilience/power/power-plan.ts';
import { presets } from '../../src/resilience/presets.ts';
import { runPowerTrial, type PowerTrial } from '../../src/sim/power-trial.ts';
import { MeshRig } from '../suites/mesh-rig.ts';

const PRESET = 'default';

function trial(energy: number | null, seed: number): PowerTrial {
  const idleMs = 600_000;
  return runPowerTrial({ seed, preset: PRESET, energy, idleMs, primitives, compressor: zstd });
}

test('an idle device sends and wakes less, in proportion, and notices a dead link within a stretched beat', () => {
  const { heartbeatMs, ackTimeoutMsMax } = presets[PRESET];
  const full = trial(1, 1);
  for (const energy of [0.5, 0.2, 0.1]) {
    const stretch = heartbeatStretch(energy, POWER_DEFAULTS);
    for (let seed = 1; seed <= 3; seed += 1) {
      const saving = trial(energy, seed);
      expect(saving.bytesPerSecond).toBeLessThan((1.1 * full.bytesPerSecond) / stretch);
      // All three links wake it together; and each ten seconds, stretched, it sweeps.
      const perMinute = 60_000 / stretch / heartbeatMs + 60_000 / stretch / 10_000;
      expect(saving.wakingsPerMinute).toBeLessThan(1.1 * perMinute + 0.2);
      expect(saving.wakingsPerMinute).toBeLessThan(full.wakingsPerMinute / (1.5 * stretch));
      // A beat of the other end is waited for by a quarter longer; then come two timeouts.
      const boundMs = 1.25 * stretch * heartbeatMs + 2 * ackTimeoutMsMax + 500;
      expect(saving.deviceNoticedMs).toBeLessThan(boundMs);
      expect(saving.neighbourNoticedMs).toBeLessThan(boundMs);
    }
  }
});

test('what does not tell its energy beats as ever', () => {
  expect(trial(null, 2)).toEqual(trial(1, 2));
});

test('a link of a low device lives as long as both ends do', async () => {
  const rig = new MeshRig(3);
  rig.line(['a', 'b']);
  const events: string[] = [];
  for (const { name, mesh } of rig.nodes.values())
    mesh.onLink(({ kind }) => events.push(`${name} ${kind}`));
  await rig.run(5_000);
  events.length = 0;
  for (const energy of [0.1, 1, 0.05, null, 0]) {
    rig.node('a').mesh.setPower({ energy, relays: true });
    await rig.run(120_000);
  }
  expect(events).toEqual([]);
});

test('a low node carries nothing of others, and plays on', async () => {
  const rig = new MeshRig(4);
  // Through b it is shorter.
  rig.line(['a', 'b', 'c']);
  rig.add('d');
  rig.add('e');
  rig.link('a', 'd');
  rig.link('d', 'e');
  rig.link('e', 'c');
  await rig.run(5_000);
  expect(rig.hops('a', 'c')).toEqual(['b', 'c']);
  rig.node('b').mesh.setPower({ energy: 0.1, relays: false });
  await rig.run(5_000);
  expect(rig.hops('a', 'c')).toEqual(['d', 'e', 'c']);
  const before = rig.node('b').mesh.counters().total.forwarded;
  rig.send('a', 'c', 'round b');
  rig.send('b', 'c', 'from b');
  rig.send('a', 'b', 'to b');
  await rig.run(5_000);
  expect(
    rig
      .node('c')
      .inbox.map(({ text }) => text)
      .toSorted(),
  ).toEqual(['from b', 'round b']);
  expect(rig.node('b').inbox.map(({ text }) => text)).toEqual(['to b']);
  expect(rig.node('b').mesh.counters().total.forwarded).toBe(before);
  rig.node('b').mesh.setPower({ energy: null, relays: true });
  await rig.run(5_000);
  expect(rig.hops('a', 'c')).toEqual(['b', 'c']);
});
