import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ENERGY_STEP,
  heartbeatStretch,
  linkStretch,
  nextPower,
  ON_MAINS,
  POWER_DEFAULTS,
  RELAY_HYSTERESIS,
  STRETCH_MAX,
  type PowerConfig,
} from './power-plan.ts';

const energy = fc.double({ min: 0, max: 1, noNaN: true });
const told = fc.option(energy, { nil: null });
const config: fc.Arbitrary<PowerConfig> = fc.record({
  saveBelow: fc.double({ min: 0.05, max: 1, noNaN: true }),
  stretchMax: fc.double({ min: 1, max: 100, noNaN: true }),
  relayAbove: energy,
});

describe('heartbeats', () => {
  test('stretch within bounds, never less as energy falls', () => {
    fc.assert(
      fc.property(energy, energy, config, (a, b, power) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const more = heartbeatStretch(low, power);
        const less = heartbeatStretch(high, power);
        expect(less).toBeGreaterThanOrEqual(1);
        expect(more).toBeGreaterThanOrEqual(less);
        expect(more).toBeLessThanOrEqual(STRETCH_MAX);
      }),
    );
  });

  test('both ends of a link come to the same figure', () => {
    fc.assert(
      fc.property(told, told, config, (a, b, power) => {
        const [here, there] = [linkStretch(a, b, power), linkStretch(b, a, power)];
        expect(here.times).toBe(there.times);
        expect([here.leads, here.follows]).toEqual([there.follows, there.leads]);
        expect(here.leads && here.follows).toBe(false);
      }),
    );
  });

  test('the defaults, at some energies', () => {
    const at = [null, 1, 0.6, 0.5, 0.2, 0.1, 0].map((one) => heartbeatStretch(one, POWER_DEFAULTS));
    const expected = [1, 1, 1, 1.5, 3, 3.5, 4];
    at.forEach((stretch, index) => expect(stretch).toBeCloseTo(expected[index] ?? 0, 12));
  });
});

describe('what a node tells', () => {
  test('as a battery empties is little, and as it hovers round a threshold is one change', () => {
    let state = ON_MAINS;
    let changes = 0;
    for (let percent = 100; percent >= 0; percent -= 1) {
      const next = nextPower(state, percent / 100, POWER_DEFAULTS);
      if (next !== state) changes += 1;
      state = next;
    }
    expect(changes).toBeLessThanOrEqual(1 / ENERGY_STEP + 2);
    expect(state).toEqual({ energy: 0, relays: false });

    let low = nextPower(ON_MAINS, POWER_DEFAULTS.relayAbove - 0.01, POWER_DEFAULTS);
    expect(low.relays).toBe(false);
    for (const byShare of [0.02, -0.01, 0.04, 0]) {
      low = nextPower(low, POWER_DEFAULTS.relayAbove + byShare, POWER_DEFAULTS);
      expect(low.relays).toBe(false);
    }
    const charged = POWER_DEFAULTS.relayAbove + RELAY_HYSTERESIS + 0.01;
    expect(nextPower(low, charged, POWER_DEFAULTS).relays).toBe(true);
    expect(nextPower(low, null, POWER_DEFAULTS)).toEqual(ON_MAINS);
    expect(nextPower(ON_MAINS, null, POWER_DEFAULTS)).toBe(ON_MAINS);
  });

  test('is near what is so', () => {
    fc.assert(
      fc.property(fc.array(energy, { minLength: 1 }), config, (levels, power) => {
        let state = ON_MAINS;
        for (const level of levels) {
          state = nextPower(state, level, power);
          expect(Math.abs((state.energy ?? 2) - level)).toBeLessThanOrEqual(1.5 * ENERGY_STEP);
          if (level <= power.relayAbove) expect(state.relays).toBe(false);
          if (level > power.relayAbove + RELAY_HYSTERESIS) expect(state.relays).toBe(true);
        }
      }),
    );
  });
});
