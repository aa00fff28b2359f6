// Queues of a shaper in virtual time, emptied by links that take frames at once or at a rate: nothing is lost from the
// counts, limits hold over every window, classes stay within their caps, sources get equal shares.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PacketQueue } from '../../mesh/packet-queue.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { FLAG_CONGESTION, PacketType } from '../../wire/packet.ts';
import { TrafficClass, withTrafficClass } from '../../wire/traffic-class.ts';
import type { InterfaceName, InterfaceUsage } from './bandwidth-usage.ts';
import { BURST_BYTES_MIN } from './byte-bucket.ts';
import { CONTROL_SHARE_MAX, CREDIT_BYTES_MAX, GAME_SHARE_MAX } from './class-caps.ts';
import type { ShapingLimits } from './limits.ts';
import { QUEUE_BYTES_MAX, QUEUE_PACKETS_MAX, QUEUE_SOURCE_BYTES_MAX } from './shaped-interface.ts';
import { QUANTUM_BYTES } from './shaped-queue.ts';
import { createShaper, type Shaper } from './shaper.ts';

interface Sent {
  readonly atMs: number;
  readonly source: number;
  readonly wish: number;
  readonly bytes: number;
  readonly isMarked: boolean;
}

const HEADER_BYTES = 87;

function frame(source: number, bytes: number, wish: number, type: number = PacketType.data) {
  const out = new Uint8Array(Math.max(HEADER_BYTES, bytes));
  out[0] = 8;
  out[1] = 1;
  out[2] = type;
  out[3] = withTrafficClass(0, wish as TrafficClass);
  new DataView(out.buffer).setUint32(21, source);
  return out;
}

/** A link that takes a frame whenever its queue gives one, at `bytesPerMs` if that is told. */
class Wire {
  readonly sent: Sent[] = [];
  readonly queue: PacketQueue;
  refused = 0;
  dropped = 0;
  isHeld = false;
  readonly #world: World;
  readonly #bytesPerMs: number;
  #isBusy = false;

  constructor(world: World, queue: PacketQueue, bytesPerMs = Infinity) {
    this.#world = world;
    this.queue = queue;
    this.#bytesPerMs = bytesPerMs;
    queue.onReady(() => this.wake());
    queue.onDrop?.(() => (this.dropped += 1));
  }

  push(bytes: Uint8Array): void {
    if (!this.queue.push(bytes, this.#world.clock.now())) this.refused += 1;
    this.wake();
  }

  wake(): void {
    const { clock } = this.#world;
    while (!this.#isBusy && !this.isHeld) {
      if (this.queue.first(clock.now()) === null) return;
      const taken = this.queue.shift(clock.now());
      if (taken === null) throw new Error('what came first was not given');
      this.sent.push({
        atMs: clock.now(),
        source: new DataView(taken.buffer).getUint32(21),
        wish: ((taken[3] ?? 0) >> 3) & 3,
        bytes: taken.length,
        isMarked: ((taken[3] ?? 0) & FLAG_CONGESTION) !== 0,
      });
      if (this.#bytesPerMs === Infinity) continue;
      this.#isBusy = true;
      clock.after(taken.length / this.#bytesPerMs, () => {
        this.#isBusy = false;
        this.wake();
      });
    }
  }

  bytes(from = 0, keep: (sent: Sent) => boolean = () => true): number {
    return this.sent.slice(from).reduce((sum, one) => sum + (keep(one) ? one.bytes : 0), 0);
  }
}

class Rig {
  readonly world: World = createWorld({ seed: 1, primitives });
  readonly shaper: Shaper;

  /** `lateMs`: how late this machine serves its timers. */
  constructor(limits: Partial<ShapingLimits> = {}, lateMs = 0) {
    const { clock } = this.world;
    const late = {
      ...clock,
      after: (ms: number, run: () => void) => clock.after(ms + lateMs, run),
    };
    this.shaper = createShaper({ clock: late, rng: this.world.rng('shaper') }, limits);
  }

  wire(bytesPerMs = Infinity, side: InterfaceName = 'internet'): Wire {
    const queue = this.shaper.queue(side, { remoteKey: new Uint8Array(32) });
    return new Wire(this.world, queue, bytesPerMs);
  }

  run(ms: number): void {
    this.world.runSync(this.world.clock.now() + ms);
  }

  usage(side: InterfaceName = 'internet'): InterfaceUsage {
    return this.shaper.usage().interfaces[side];
  }
}

/** More than the limits of sources keep in a class. */
const GENEROUS = { gamePeerMbpsMax: 10_000, controlPeerMbpsMax: 10_000 };

function isConserved({ totals, drops, queuedPackets }: InterfaceUsage): boolean {
  const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
  return totals.in === totals.out + dropped + totals.handedOver + queuedPackets;
}

/** The most bytes that left within any `windowMs`. */
function busiest(sent: readonly Sent[], windowMs: number): number {
  let [most, sum, from] = [0, 0, 0];
  for (const [at, one] of sent.entries()) {
    sum += one.bytes;
    for (; (sent[from]?.atMs ?? 0) < one.atMs - windowMs; from += 1) sum -= sent[from]?.bytes ?? 0;
    most = Math.max(most, sum);
    expect(at).toBeGreaterThanOrEqual(from);
  }
  return most;
}

const wishes = fc.constantFrom(0, 1, 2, 3);
const steps = fc.array(
  fc.record({
    source: fc.nat(5),
    bytes: fc.oneof(fc.integer({ min: 87, max: 600 }), fc.integer({ min: 600, max: 63_800 })),
    wish: wishes,
    wire: fc.nat(2),
    pauseMs: fc.oneof(fc.constant(0), fc.nat(40)),
  }),
  { minLength: 1, maxLength: 300 },
);

describe('whatever comes', () => {
  test('everything that came in went out, was dropped for a reason, or waits; counts of bytes agree', () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(null, 1, 20),
        fc.constantFrom(null, 0.5, 10),
        fc.nat(3),
        (list, internetMbpsMax, peerMbpsMax, closing) => {
          const rig = new Rig({ internetMbpsMax, peerMbpsMax });
          const wires = [rig.wire(), rig.wire(500), rig.wire(50)];
          for (const { source, bytes, wish, wire, pauseMs } of list) {
            wires[wire]?.push(frame(source, bytes, wish));
            rig.run(pauseMs);
            const usage = rig.usage();
            expect(isConserved(usage)).toBe(true);
            const waiting = wires.reduce((sum, { queue }) => sum + queue.bytes, 0);
            expect(usage.queuedBytes).toBe(waiting);
          }
          wires[closing]?.queue.close();
          expect(isConserved(rig.usage())).toBe(true);
          rig.run(600_000);
          const usage = rig.usage();
          expect(isConserved(usage)).toBe(true);
          // Nothing is left behind, however long it takes.
          expect(usage.queuedPackets).toBe(0);
          expect(usage.queuedBytes).toBe(0);
          const left = wires.reduce((sum, { sent }) => sum + sent.length, 0);
          expect(usage.totals.out).toBe(left);
          const { 'source-full': full, standing, overflow, 'link-closed': closed } = usage.drops;
          const refused = wires.reduce((sum, wire) => sum + wire.refused, 0);
          expect(full).toBe(refused);
          // What was taken and did not go was told of, save what was lost with its link.
          expect(standing + overflow).toBe(wires.reduce((sum, wire) => sum + wire.dropped, 0));
          if (closing === 3) expect(closed).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a packet may pass where nothing waits and nothing is limited, and counts as if it had waited', () => {
    const rig = new Rig();
    const wire = rig.wire();
    const { queue } = wire;
    const now = rig.world.clock.now();
    expect(queue.pass?.(frame(1, 500, TrafficClass.game), now)).toBe(true);
    expect(queue.pass?.(frame(1, 700, TrafficClass.bulk), now)).toBe(true);
    expect(rig.usage()).toMatchObject({
      totals: { in: 2, out: 2 },
      classes: { game: { bytes: 500, queueMsP99: 0 }, bulk: { bytes: 700 } },
      sources: [{ packetsPerSecond: 0.2 }],
    });
    wire.isHeld = true;
    wire.push(frame(2, 100, TrafficClass.game));
    expect(queue.pass?.(frame(1, 500, TrafficClass.game), now)).toBe(false);
    for (const limits of [{ internetMbpsMax: 5 }, { peerMbpsMax: 5 }]) {
      const limited = new Rig(limits).wire().queue;
      expect(limited.pass?.(frame(1, 500, TrafficClass.game), now)).toBe(false);
    }
  });

  test('the packets of one source and class leave a link in order', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const rig = new Rig({ ...GENEROUS, internetMbpsMax: 5 });
        const wire = rig.wire();
        const pushed = new Map<string, number[]>();
        list.forEach(({ source, wish }, number) => {
          const key = `${source}/${wish === 0 ? 1 : wish}`;
          pushed.set(key, [...(pushed.get(key) ?? []), 100 + number]);
          wire.push(frame(source, 100 + number, wish));
        });
        rig.run(60_000);
        for (const [key, bytes] of pushed) {
          const left = wire.sent.filter((s) => `${s.source}/${s.wish === 0 ? 1 : s.wish}` === key);
          expect(left.map((sent) => sent.bytes)).toEqual(bytes);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('what is handed over leaves nothing behind, and the rest goes on in order', () => {
    fc.assert(
      fc.property(steps, fc.nat(4), (list, taken) => {
        const rig = new Rig({ internetMbpsMax: 0.1, peerMbpsMax: 0.1 });
        const wire = rig.wire();
        list.forEach(({ source, wish }, number) => wire.push(frame(source, 100 + number, wish)));
        const offered: number[] = [];
        wire.queue.handOver(({ length }) => offered.push(length) > 0 && length % 5 === taken);
        const usage = rig.usage();
        expect(isConserved(usage)).toBe(true);
        expect(usage.totals.handedOver).toBe(
          offered.filter((length) => length % 5 === taken).length,
        );
        expect(offered.length).toBe(list.length - wire.sent.length);
        const kept = offered.filter((length) => length % 5 !== taken);
        expect(wire.queue.bytes).toBe(kept.reduce((sum, length) => sum + length, 0));
      }),
      { numRuns: 40 },
    );
  });
});

describe('limits', () => {
  test.each([1, 8, 100])('%d Mbit/s hold over every window, over all links together', (mbps) => {
    const rig = new Rig({ ...GENEROUS, internetMbpsMax: mbps });
    const wires = [rig.wire(), rig.wire(), rig.wire()];
    const perMs = mbps * 125;
    for (let round = 0; round < 200; round += 1) {
      for (const [at, wire] of wires.entries()) {
        wire.push(frame(at, 200, TrafficClass.game));
        if (at !== 1) wire.push(frame(at, at === 0 ? 16_000 : 1_000, TrafficClass.bulk));
      }
      rig.run(5);
    }
    const sent = wires.flatMap((wire) => wire.sent).toSorted((a, b) => a.atMs - b.atMs);
    const burst = Math.max(BURST_BYTES_MIN, perMs * 10);
    for (const windowMs of [1, 10, 100, 500]) {
      expect(busiest(sent, windowMs)).toBeLessThanOrEqual(perMs * windowMs + burst + 16_000);
    }
    // And what is allowed is used.
    if (mbps < 20) {
      const bytes = sent.reduce((sum, one) => sum + one.bytes, 0);
      expect(bytes).toBeGreaterThan(perMs * 1_000 * 0.97);
    }
  });

  test.each([5, 30, 80])(
    'are reached, and hold, on a machine whose timers are %d ms late',
    (lateMs) => {
      const rig = new Rig(GENEROUS, lateMs);
      rig.shaper.setLimits({ internetMbpsMax: 8 });
      const wires = [rig.wire(), rig.wire()];
      for (let round = 0; round < 300; round += 1) {
        for (const wire of wires) {
          while (wire.queue.bytes < 200_000) wire.push(frame(1, 1_000, TrafficClass.bulk));
        }
        rig.run(10);
      }
      const sent = wires.flatMap((wire) => wire.sent).toSorted((a, b) => a.atMs - b.atMs);
      const bytes = sent.reduce((sum, one) => sum + one.bytes, 0);
      expect(bytes).toBeGreaterThan(0.95 * 1_000 * 3_000);
      for (const windowMs of [100, 1_000]) {
        expect(busiest(sent, windowMs)).toBeLessThanOrEqual(1_000 * (windowMs + 100) + 1_000);
      }
    },
  );

  test('a source is held to its own, and others do not notice', () => {
    const rig = new Rig({ ...GENEROUS, peerMbpsMax: 1 });
    const wire = rig.wire();
    for (let round = 0; round < 200; round += 1) {
      for (let i = 0; i < 10; i += 1) wire.push(frame(1, 1_000, TrafficClass.bulk));
      wire.push(frame(2, 100, TrafficClass.bulk));
      rig.run(10);
    }
    const greedy = wire.sent.filter(({ source }) => source === 1);
    expect(busiest(greedy, 100)).toBeLessThanOrEqual(125 * 100 + BURST_BYTES_MIN + 1_000);
    expect(wire.bytes(0, ({ source }) => source === 1)).toBeGreaterThan(125 * 2_000 * 0.95);
    expect(wire.sent.filter(({ source }) => source === 2)).toHaveLength(200);
  });

  test('frames that wait for nobody count', () => {
    const rig = new Rig({ internetMbpsMax: 1 });
    const wire = rig.wire();
    for (let at = 0; at < 100; at += 1) {
      wire.queue.charge(1_000);
      wire.push(frame(1, 1_000, TrafficClass.bulk));
      rig.run(10);
    }
    // 1 Mbit/s for a second is 125 000 bytes, of which 100 000 were taken.
    expect(wire.bytes()).toBeLessThanOrEqual(25_000 + BURST_BYTES_MIN + 1_000);
    expect(wire.bytes()).toBeGreaterThan(20_000);
  });

  test('changed while packets wait, they are in force at once and nothing is lost', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            internetMbpsMax: fc.constantFrom(null, 0.5, 2, 50),
            peerMbpsMax: fc.constantFrom(null, 0.5, 5),
            runMs: fc.integer({ min: 50, max: 500 }),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        (changes) => {
          const rig = new Rig({ ...GENEROUS, internetMbpsMax: 1 });
          const wire = rig.wire();
          for (let i = 0; i < 300; i += 1) wire.push(frame(i % 3, 1_000, i % 3));
          for (const { runMs, ...limits } of changes) {
            expect(rig.shaper.setLimits(limits)).toMatchObject({ ok: true });
            const from = wire.sent.length;
            rig.run(runMs);
            if (limits.internetMbpsMax === null || wire.queue.bytes === 0) continue;
            const most = limits.internetMbpsMax * 125 * runMs;
            const burst = Math.max(BURST_BYTES_MIN, limits.internetMbpsMax * 1_250);
            expect(wire.bytes(from)).toBeLessThanOrEqual(most + burst + 1_000);
          }
          rig.shaper.setLimits({ internetMbpsMax: null, peerMbpsMax: null });
          rig.run(1);
          expect(wire.queue.bytes).toBe(0);
          const { drops, totals } = rig.usage();
          expect(totals.out + drops.standing).toBe(300);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('lifted or raised, they let go at once what waits', () => {
    const rig = new Rig({ internetMbpsMax: 0.1 });
    const wire = rig.wire();
    for (let i = 0; i < 20; i += 1) wire.push(frame(1, 10_000, TrafficClass.bulk));
    rig.run(10);
    expect(wire.sent.length).toBeLessThan(3);
    rig.shaper.setLimits({ internetMbpsMax: 1_000 });
    rig.run(20);
    expect(wire.sent).toHaveLength(20);
  });

  test('that make no sense are refused, and those in force stay', () => {
    const rig = new Rig({ internetMbpsMax: 5 });
    for (const internetMbpsMax of [0, -1, NaN, Infinity]) {
      const changed = rig.shaper.setLimits({ internetMbpsMax });
      expect(changed).toMatchObject({ ok: false, error: { code: 'GATEWAY_BANDWIDTH_INVALID' } });
    }
    expect(rig.shaper.limits.internetMbpsMax).toBe(5);
  });
});

/** All classes always have something to send. */
function flooded(rig: Rig, wires: readonly Wire[], wishesOf: (at: number) => readonly number[]) {
  for (let round = 0; round < 1_600; round += 1) {
    for (const [at, wire] of wires.entries()) {
      for (const wish of wishesOf(at)) {
        for (let i = 0; i < 4; i += 1) wire.push(frame(10 * at + wish, 1_000, wish));
      }
    }
    rig.run(5);
  }
}

/** Of what all of them sent. */
function share(wires: readonly Wire[], wish: number): number {
  const all = wires.reduce((sum, wire) => sum + wire.bytes(), 0);
  return wires.reduce((sum, w) => sum + w.bytes(0, (sent) => sent.wish === wish), 0) / all;
}

describe('classes', () => {
  test.each([
    ['by the rate of the link', null, 250],
    ['by the limit of the interface', 2, Infinity],
  ])('no class exceeds its cap while others wait, %s', (_, internetMbpsMax, bytesPerMs) => {
    const rig = new Rig({ ...GENEROUS, internetMbpsMax });
    const wire = rig.wire(bytesPerMs);
    flooded(rig, [wire], () => [1, 2, 3]);
    let [all, control, game] = [0, 0, 0];
    for (const { wish, bytes } of wire.sent) {
      all += bytes;
      if (wish === TrafficClass.control) control += bytes;
      if (wish === TrafficClass.game) game += bytes;
      const slack = CREDIT_BYTES_MAX + 1_000;
      expect(control).toBeLessThanOrEqual(all * CONTROL_SHARE_MAX + slack);
      expect(game).toBeLessThanOrEqual(all * GAME_SHARE_MAX + slack);
    }
    expect(share([wire], TrafficClass.bulk)).toBeGreaterThan(0.05);
  });

  test('nor where each class floods a link of its own', () => {
    const rig = new Rig({ ...GENEROUS, internetMbpsMax: 4 });
    const wires = [rig.wire(), rig.wire(), rig.wire()];
    flooded(rig, wires, (at) => [at + 1]);
    expect(share(wires, TrafficClass.control)).toBeLessThan(CONTROL_SHARE_MAX + 0.1);
    expect(share(wires, TrafficClass.game)).toBeLessThan(GAME_SHARE_MAX + 0.1);
    expect(share(wires, TrafficClass.bulk)).toBeGreaterThan(0.05);
  });

  test('a class alone has the whole link', () => {
    for (const wish of [1, 2, 3]) {
      const rig = new Rig({ ...GENEROUS, internetMbpsMax: 2 });
      const wire = rig.wire();
      flooded(rig, [wire], () => [wish]);
      expect(wire.bytes()).toBeGreaterThan(250 * 8_000 * 0.97);
    }
  });

  test('game goes before bulk, and control before game', () => {
    const rig = new Rig();
    const wire = rig.wire(100);
    wire.isHeld = true;
    for (const wish of [2, 1, 3, 2, 1, 3]) wire.push(frame(wish, 100, wish));
    wire.isHeld = false;
    wire.wake();
    rig.run(100);
    expect(wire.sent.map(({ wish }) => wish)).toEqual([3, 3, 1, 1, 2, 2]);
  });

  test('bulk that calls itself game is bulk by its measured rate, and game again once it keeps to it', () => {
    const rig = new Rig({ internetMbpsMax: 4, gamePeerMbpsMax: 1 });
    const wire = rig.wire();
    const flood = (ms: number): void => {
      for (let at = 0; at < ms; at += 1) {
        wire.push(frame(1, 1_000, TrafficClass.game));
        if (at % 50 === 0) wire.push(frame(2, 200, TrafficClass.game));
        rig.run(1);
      }
    };
    flood(2_000);
    const { classes } = rig.usage();
    // Game traffic proper, and what the flood got through before it was known for what it is.
    expect(classes.game.bytesPerSecond).toBeLessThan(128 * 1024);
    expect(classes.bulk.bytesPerSecond).toBeGreaterThan(250_000);
    rig.run(20_000);
    wire.push(frame(1, 1_000, TrafficClass.game));
    rig.run(20);
    expect(rig.usage().classes.game.packetsPerSecond).toBeGreaterThan(0);
  });

  test.each([PacketType.handshake, PacketType.unreachable])(
    'packets of type %d are control, up to the budget of their source',
    (type) => {
      const rig = new Rig({ internetMbpsMax: 2 });
      const wire = rig.wire();
      for (let i = 0; i < 10; i += 1) wire.push(frame(1, 500, 0, type));
      rig.run(100);
      expect(rig.usage().classes.control.packetsPerSecond).toBeGreaterThan(0);
      for (let i = 0; i < 3_000; i += 1) wire.push(frame(1, 500, 0, type));
      rig.run(10_000);
      const { classes } = rig.usage();
      expect(classes.control.bytesPerSecond).toBeLessThan(20_000);
      expect(classes.bulk.bytesPerSecond).toBeGreaterThan(classes.control.bytesPerSecond);
    },
  );

  test('a short packet that says nothing is game, a long one bulk, and so is what nobody knows', () => {
    const rig = new Rig();
    const wire = rig.wire();
    wire.push(frame(1, 500, 0));
    wire.push(frame(1, 5_000, 0));
    wire.push(frame(1, 100, 0, 77));
    rig.run(500);
    const { classes } = rig.usage();
    expect(classes.game.bytesPerSecond).toBe(500 / 0.5);
    expect(classes.bulk.bytesPerSecond).toBe(5_100 / 0.5);
  });
});

describe('sources', () => {
  test('that always have something to send differ by a quantum and a packet at most, whatever their packets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 100, max: 63_000 }), { minLength: 2, maxLength: 6 }),
        fc.constantFrom(TrafficClass.game, TrafficClass.bulk),
        (lengths, wish) => {
          const rig = new Rig(GENEROUS);
          const wire = rig.wire();
          wire.isHeld = true;
          for (const [source, length] of lengths.entries()) {
            for (let bytes = 0; bytes < 600_000; bytes += length) {
              wire.push(frame(source, length, wish));
            }
          }
          const now = rig.world.clock.now();
          const got = lengths.map(() => 0);
          const quantum = QUANTUM_BYTES[wish === TrafficClass.game ? 1 : 2];
          const longest = Math.max(...lengths);
          while (Math.max(...got) < 500_000) {
            wire.queue.first(now);
            const taken = wire.queue.shift(now);
            if (taken === null) throw new Error('nothing waits');
            const source = new DataView(taken.buffer).getUint32(21);
            got[source] = (got[source] ?? 0) + taken.length;
            const apart = Math.max(...got) - Math.min(...got);
            expect(apart).toBeLessThanOrEqual(quantum + longest);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('of several links share an interface in equal parts, whatever their packets', () => {
    const rig = new Rig({ internetMbpsMax: 8 });
    const wires = [rig.wire(), rig.wire(), rig.wire()];
    for (let round = 0; round < 2_000; round += 1) {
      wires.forEach((wire, at) => {
        const bytes = [200, 1_500, 20_000][at] ?? 0;
        while (wire.queue.bytes < 60_000) wire.push(frame(at, bytes, TrafficClass.bulk));
      });
      rig.run(2);
    }
    for (const wire of wires) {
      expect(wire.bytes() / (1_000 * 4_000)).toBeGreaterThan(0.3);
      expect(wire.bytes() / (1_000 * 4_000)).toBeLessThan(0.37);
    }
  });
});

describe('bounds', () => {
  test('one source is refused at its own, and others still find room', () => {
    const rig = new Rig();
    const wire = rig.wire();
    wire.isHeld = true;
    for (let i = 0; i < 100; i += 1) wire.push(frame(1, 60_000, TrafficClass.bulk));
    expect(wire.queue.bytes).toBeLessThanOrEqual(QUEUE_SOURCE_BYTES_MAX);
    const { refused } = wire;
    expect(refused).toBeGreaterThan(0);
    wire.push(frame(2, 60_000, TrafficClass.bulk));
    expect(wire.refused).toBe(refused);
  });

  test('all together: the longest queues lose their oldest, short ones nothing', () => {
    const rig = new Rig();
    const wire = rig.wire();
    wire.isHeld = true;
    wire.push(frame(1_000, 300, TrafficClass.game));
    for (let i = 0; i < 40 * 30; i += 1) wire.push(frame(i % 40, 60_000, TrafficClass.bulk));
    const usage = rig.usage();
    expect(usage.queuedBytes).toBeLessThanOrEqual(QUEUE_BYTES_MAX);
    expect(usage.drops.overflow).toBeGreaterThan(0);
    expect(usage.classes.game.queuedBytes).toBe(300);
    expect(isConserved(usage)).toBe(true);
  });

  test('all together by count, where every queue is short', () => {
    const rig = new Rig();
    const wire = rig.wire();
    wire.isHeld = true;
    for (let i = 0; i < QUEUE_PACKETS_MAX + 500; i += 1) wire.push(frame(i % 9_000, 100, 2));
    const usage = rig.usage();
    expect(usage.queuedPackets).toBe(QUEUE_PACKETS_MAX);
    expect(usage.drops.overflow).toBe(500);
    expect(isConserved(usage)).toBe(true);
  });
});

describe('a queue that stands', () => {
  test('marks data, first now and then, then more and more often', () => {
    const rig = new Rig(GENEROUS);
    const wire = rig.wire(100);
    for (let i = 0; i < 2_000; i += 1) {
      // A tenth more than the link takes.
      wire.push(frame(1, 110, TrafficClass.game));
      rig.run(1);
    }
    const marked = wire.sent.filter(({ isMarked }) => isMarked);
    expect(marked.length).toBeGreaterThan(5);
    expect(marked.length).toBeLessThan(100);
    expect(rig.usage().totals.marked).toBeGreaterThanOrEqual(marked.length);
    const halves = [1_000, 2_000].map((ms) => marked.filter(({ atMs }) => atMs < ms).length);
    expect((halves[1] ?? 0) - (halves[0] ?? 0)).toBeGreaterThan(halves[0] ?? 0);
  });

  test('drops what nobody heeds: waits stay bounded under a flood', () => {
    const rig = new Rig(GENEROUS);
    const wire = rig.wire(100);
    for (let i = 0; i < 20_000; i += 1) {
      wire.push(frame(1, 150, TrafficClass.game));
      rig.run(1);
    }
    expect(rig.usage().drops.standing).toBeGreaterThan(100);
    expect(rig.usage().classes.game.queueMsP99).toBeLessThan(5_000);
  });

  test('a burst that drains is not touched', () => {
    const rig = new Rig(GENEROUS);
    const wire = rig.wire(100);
    for (let i = 0; i < 50; i += 1) wire.push(frame(1, 180, TrafficClass.game));
    rig.run(1_000);
    expect(wire.sent.filter(({ isMarked }) => isMarked)).toEqual([]);
    expect(rig.usage().drops.standing).toBe(0);
  });
});
