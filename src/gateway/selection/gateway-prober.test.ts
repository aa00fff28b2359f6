import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { byteKey } from '../../routing/byte-key.ts';
import { createWorld, type World } from '../../sim/world.ts';
import {
  GatewayProber,
  PROBE_INTERVAL_MS,
  PROBED_GATEWAYS_MAX,
  PROBES_BURST,
  PROBES_PER_SECOND,
} from './gateway-prober.ts';

interface Asked {
  readonly key: string;
  readonly id: number;
  readonly atMs: number;
}

class Rig {
  readonly world: World = createWorld({ seed: 5, primitives });
  readonly asked: Asked[] = [];
  readonly silences: string[] = [];
  /** How long a gateway takes to answer; `null`: it does not. */
  answerMs: (key: string) => number | null = () => 20;
  readonly roundTrips: (number | null)[] = [];
  readonly prober: GatewayProber;
  stretch = 1;

  constructor() {
    const { clock } = this.world;
    this.prober = new GatewayProber({
      clock,
      rng: this.world.rng('prober'),
      send: (gateway, id) => {
        const key = byteKey(gateway);
        this.asked.push({ key, id, atMs: clock.now() });
        const afterMs = this.answerMs(key);
        if (afterMs !== null) {
          clock.after(afterMs, () => {
            const answer = this.prober.answer(key, id);
            if (answer !== null) this.roundTrips.push(answer.roundTripMs);
          });
        }
        return true;
      },
      timeoutMs: (_, minMs) => minMs,
      stretch: () => this.stretch,
      unanswered: (key) => this.silences.push(key),
    });
  }

  run(ms: number): void {
    this.world.runSync(this.world.clock.now() + ms);
  }
}

const gateways = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(i));

describe('a prober', () => {
  test('asks each gateway at its interval, spread by chance, and measures but the first answer', () => {
    const rig = new Rig();
    rig.prober.active = true;
    rig.prober.aim(gateways(3));
    rig.run(60_000);
    for (const gateway of gateways(3)) {
      const times = rig.asked.filter(({ key }) => key === byteKey(gateway)).map(({ atMs }) => atMs);
      expect(times.length).toBeGreaterThan(60_000 / PROBE_INTERVAL_MS / 1.4);
      expect(times.length).toBeLessThan((60_000 / PROBE_INTERVAL_MS) * 1.4);
      const pauses = new Set(
        times.slice(2).map((atMs, i) => Math.round(atMs - (times[i + 1] ?? 0))),
      );
      expect(pauses.size).toBeGreaterThan(5);
    }
    expect(rig.roundTrips.slice(0, 3)).toEqual([null, null, null]);
    for (const ms of rig.roundTrips.slice(3)) expect(ms).toBeCloseTo(20, 6);
    expect(rig.silences).toEqual([]);
  });

  test('asks nothing while nobody wants to know, and at once when somebody does', () => {
    const rig = new Rig();
    rig.prober.aim(gateways(1));
    rig.run(100_000);
    expect(rig.asked).toEqual([]);
    rig.prober.active = true;
    rig.run(1_000);
    expect(rig.asked.length).toBeGreaterThan(0);
    rig.run(10_000);
    rig.prober.active = false;
    const before = rig.asked.length;
    rig.run(100_000);
    expect(rig.asked.length).toBe(before);
    expect(rig.silences).toEqual([]);
    // Meanwhile its session may have ended: the first answer is not timed.
    const timed = rig.roundTrips.length;
    rig.prober.active = true;
    rig.run(1_000);
    expect(rig.roundTrips[timed]).toBeNull();
  });

  test('asks more quickly after a silence, and then as before', () => {
    const rig = new Rig();
    rig.prober.active = true;
    rig.prober.aim(gateways(1));
    rig.run(5_000);
    rig.answerMs = () => null;
    rig.run(PROBE_INTERVAL_MS * 1.5 + 3 * 900);
    expect(rig.silences.length).toBeGreaterThanOrEqual(3);
    const before = rig.asked.length;
    rig.run(30_000);
    expect(rig.asked.length - before).toBeLessThan(18);
  });

  test('does not take for a round trip what an answer after a silence took: it may have waited for a handshake', () => {
    const rig = new Rig();
    rig.prober.active = true;
    rig.prober.aim(gateways(1));
    rig.run(5_000);
    rig.answerMs = () => null;
    rig.run(3_500);
    rig.answerMs = () => 20;
    const before = rig.roundTrips.length;
    rig.run(5_000);
    expect(rig.silences.length).toBeGreaterThan(0);
    expect(rig.roundTrips[before]).toBeNull();
    expect(rig.roundTrips[before + 1]).toBeCloseTo(20, 6);
  });

  test('never asks more than its bucket holds, whatever it aims at', () => {
    const rig = new Rig();
    rig.answerMs = () => null;
    rig.prober.active = true;
    rig.prober.aim(gateways(PROBED_GATEWAYS_MAX + 30));
    rig.run(30_000);
    expect(new Set(rig.asked.map(({ key }) => key)).size).toBe(PROBED_GATEWAYS_MAX);
    for (const { atMs } of rig.asked) {
      const within = rig.asked.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1_000).length;
      expect(within).toBeLessThanOrEqual(PROBES_BURST + PROBES_PER_SECOND);
    }
    expect(rig.asked.length).toBeLessThanOrEqual(PROBES_BURST + 30 * PROBES_PER_SECOND);
  });

  test('asks less often where energy is short, and follows up a silence as quickly as ever', () => {
    const rig = new Rig();
    rig.stretch = 4;
    rig.prober.active = true;
    rig.prober.aim(gateways(1));
    rig.run(80_000);
    expect(rig.asked.length).toBeGreaterThan(80_000 / (4 * PROBE_INTERVAL_MS) / 1.4);
    expect(rig.asked.length).toBeLessThan((80_000 / (4 * PROBE_INTERVAL_MS)) * 1.4 + 2);
    rig.answerMs = () => null;
    const before = rig.asked.length;
    rig.run(20_000);
    const [first = { atMs: 0 }, second = { atMs: Infinity }] = rig.asked.slice(before);
    expect(second.atMs - first.atMs).toBeLessThan(1_000);
  });

  test('takes no answer that it did not ask for, nor one twice, nor one too late', () => {
    const rig = new Rig();
    rig.answerMs = () => null;
    const [gateway = new Uint8Array(32)] = gateways(1);
    rig.prober.active = true;
    rig.prober.aim([gateway]);
    rig.run(400);
    const [{ id, key } = { id: 0, key: '' }] = rig.asked.slice(-1);
    expect(rig.prober.answer(key, id ^ 1)).toBeNull();
    expect(rig.prober.answer('another', id)).toBeNull();
    expect(rig.prober.answer(key, id)).not.toBeNull();
    expect(rig.prober.answer(key, id)).toBeNull();
    rig.run(400);
    const [late = { id: 0 }] = rig.asked.slice(-1);
    expect(late.id).not.toBe(id);
    rig.run(600);
    expect(rig.prober.answer(key, late.id)).toBeNull();
    rig.prober.stop();
    const before = rig.asked.length;
    rig.run(100_000);
    expect(rig.asked.length).toBe(before);
  });
});
