import { expect, test } from 'vitest';
import { POWER_DEFAULTS, type PowerState } from '../resilience/power/power-plan.ts';
import type { EnergyReading } from '../env/energy.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createWorld } from '../sim/world.ts';
import { silentLogger } from '../../test/suites/mesh-rig.ts';
import { PowerWatch } from './power.ts';

test('a battery that empties and is charged is told in few words; a leaf never relays, and says so', async () => {
  for (const relays of [true, false]) {
    const world = createWorld({ seed: 1, primitives });
    const told: PowerState[] = [];
    const mesh = { setPower: (state: PowerState): void => void told.push(state) };
    let energy: EnergyReading = null;
    const watch = new PowerWatch(POWER_DEFAULTS, {
      clock: world.clock,
      logger: silentLogger,
      mesh,
      source: { read: () => Promise.resolve(energy) },
      relays,
    });
    await world.run(600_000);
    expect(told).toEqual([]);
    for (let percent = 100; percent >= 10; percent -= 1) {
      energy = percent / 100;
      await world.run(world.clock.now() + 60_000);
    }
    expect(told.length).toBeLessThan(25);
    expect(told.at(-1)?.energy).toBeCloseTo(0.1, 12);
    expect(told.map((one) => one.relays)).toEqual(
      told.map(({ energy: left }) => (left ?? 1) > 0.2),
    );
    expect(watch.report()).toMatchObject({ stretch: expect.closeTo(3.5), relays: false });
    // It is not charged by being hard to read.
    energy = 'unknown';
    const low = told.length;
    await world.run(world.clock.now() + 300_000);
    expect(told.length).toBe(low);
    expect(watch.report()).toMatchObject({ energy: 0.1, relays: false });
    energy = null;
    await world.run(world.clock.now() + 120_000);
    expect(told.at(-1)).toEqual({ energy: null, relays: true });
    expect(watch.report()).toEqual({ energy: null, stretch: 1, relays });
    watch.stop();
    energy = 0.5;
    const before = told.length;
    await world.run(world.clock.now() + 600_000);
    expect(told.length).toBe(before);
  }
});

test('the report has what was read, not the step that was told', async () => {
  const world = createWorld({ seed: 1, primitives });
  let energy = 0.12;
  const watch = new PowerWatch(POWER_DEFAULTS, {
    clock: world.clock,
    logger: silentLogger,
    mesh: { setPower: () => {} },
    source: { read: () => Promise.resolve(energy) },
    relays: true,
  });
  for (const next of [0.12, 0.11, 0.1, 0.09]) {
    energy = next;
    await world.run(world.clock.now() + 60_000);
    expect(watch.report().energy).toBe(next);
  }
  watch.stop();
});
