// Virtual time, seeded streams and the event log: a seed replays to the last event.

import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createEventQueue } from '../../src/sim/event-queue.ts';
import { createXoshiro128 } from '../../src/sim/seeded-rng.ts';
import { createWorld, WALL_START_MS, type World } from '../../src/sim/world.ts';

function world(seed = 1): World {
  return createWorld({ seed, primitives });
}

function draw(from: World, stream: string): number[] {
  return Array.from({ length: 8 }, () => from.rng(stream).uint32());
}

/** The hash of the event log after `act` and 100 ms. */
function hashOf(act: (w: World) => void): string {
  const w = world();
  act(w);
  w.runSync(100);
  return toHex(w.logHash());
}

/** The hash of a log that hashes 8 bytes of each frame. */
function hashOfFrame(frame: Uint8Array): string {
  const w = createWorld({ seed: 1, primitives, frameBytesHashedMax: 8 });
  w.log('frame', frame);
  return toHex(w.logHash());
}

describe('event queue', () => {
  test('delivers by time, and in the order of scheduling within one instant', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.array(fc.nat(100)), (times, cancelled) => {
        const queue = createEventQueue();
        const seen: number[] = [];
        const events = times.map((atMs, i) => queue.push(atMs, () => void seen.push(i)));
        const gone = new Set(cancelled.filter((i) => i < times.length));
        for (const i of gone) {
          const event = events[i];
          if (event !== undefined) queue.cancel(event);
        }
        expect(queue.size).toBe(times.length - gone.size);
        for (let run = queue.pop(); run !== undefined; run = queue.pop()) run();
        const expected = times
          .map((atMs, i) => ({ atMs, i }))
          .filter(({ i }) => !gone.has(i))
          .sort((a, b) => a.atMs - b.atMs || a.i - b.i)
          .map(({ i }) => i);
        expect(seen).toEqual(expected);
        expect(queue.size).toBe(0);
      }),
    );
  });

  test('cancelled entries do not pile up', () => {
    const queue = createEventQueue();
    const last: number[] = [];
    for (let i = 0; i < 10_000; i += 1) {
      const event = queue.push(10_000 - i, () => void last.push(i));
      if (i % 100 !== 0) queue.cancel(event);
      queue.cancel(event.run === null ? event : queue.push(0, () => undefined));
    }
    expect(queue.size).toBe(100);
    for (let run = queue.pop(); run !== undefined; run = queue.pop()) run();
    expect(last).toEqual(Array.from({ length: 100 }, (_, i) => 9900 - 100 * i));
  });
});

describe('random streams', () => {
  test("xoshiro128** draws what its authors' C code draws from the state 1, 2, 3, 4", () => {
    const state = new Uint8Array(new Uint32Array([1, 2, 3, 4]).buffer);
    const rng = createXoshiro128(state);
    expect(Array.from({ length: 4 }, () => rng.uint32())).toEqual([11520, 0, 5927040, 70819200]);
  });

  test('a stream depends on the seed and its name only', () => {
    const a = world();
    const b = world();
    a.rng('other').uint32();
    const drawn = draw(a, 'x');
    expect(draw(b, 'x')).toEqual(drawn);
    expect(draw(world(2), 'x')).not.toEqual(drawn);
    expect(draw(b, 'y')).not.toEqual(drawn);
  });

  test('fill gives uniform bytes of any length', () => {
    const rng = world().rng('bytes');
    const counts = Array.from({ length: 256 }, () => 0);
    for (let i = 0; i < 10_000; i += 1) {
      const out = new Uint8Array(7);
      rng.fill(out);
      for (const byte of out) counts[byte] = (counts[byte] ?? 0) + 1;
    }
    const mean = 70_000 / 256;
    const chiSquared = counts.reduce((sum, n) => sum + (n - mean) ** 2 / mean, 0);
    // 255 degrees of freedom: mean 255, standard deviation 22.6.
    expect(chiSquared).toBeGreaterThan(150);
    expect(chiSquared).toBeLessThan(360);
  });
});

describe('clock', () => {
  test('timers fire at their time, never synchronously, and not after cancel', async () => {
    const w = world();
    const seen: string[] = [];
    const late = w.clock.after(5, () => void seen.push('late'));
    w.clock.after(2, () => {
      seen.push(`at ${w.clock.now()}`);
      w.clock.after(0, () => void seen.push('zero'));
      seen.push('still');
      late.cancel();
    });
    expect(seen).toEqual([]);
    await w.run(10);
    expect(seen).toEqual(['at 2', 'still', 'zero']);
    expect(w.clock.now()).toBe(10);
  });

  test('a wall clock jumps for its node only, and keeps its offset over a restart', async () => {
    const w = world();
    const a = w.clockFor('a');
    a.jumpWall(-5000);
    await w.run(1000);
    expect(a.now()).toBe(1000);
    expect(a.wallMs()).toBe(WALL_START_MS - 4000);
    expect(w.clockFor('a').wallMs()).toBe(WALL_START_MS - 4000);
    expect(w.clockFor('b').wallMs()).toBe(WALL_START_MS + 1000);
  });

  test("a killed node's timers never fire", async () => {
    const w = world();
    const clock = w.clockFor('a');
    clock.after(1, () => expect.unreachable());
    clock.kill();
    clock.after(1, () => expect.unreachable());
    await w.run(10);
    expect(w.pending).toBe(0);
  });
});

describe('run', () => {
  test('promise continuations run in the instant that settled them', async () => {
    const w = world();
    const seen: number[] = [];
    const pause = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        w.clock.after(ms, () => {
          w.settled();
          resolve();
        });
      });
    const nested = async (depth: number): Promise<void> => {
      if (depth > 0) await nested(depth - 1);
      else await pause(3);
    };
    const work = (async () => {
      await nested(5);
      seen.push(w.clock.now());
      await pause(4);
      seen.push(w.clock.now());
    })();
    w.clock.after(3.5, () => undefined);
    await w.run(100);
    await work;
    expect(seen).toEqual([3, 7]);
  });

  test('runUntil stops at once, and says so when it never happens', async () => {
    const w = world();
    let count = 0;
    const tick = (): void => {
      count += 1;
      w.clock.after(1, tick);
    };
    tick();
    await w.runUntil(() => count === 5, 100);
    expect(w.clock.now()).toBe(4);
    await expect(w.runUntil(() => count < 0, 50)).rejects.toMatchObject({
      code: 'SIM_NEVER_HAPPENED',
    });
  });

  test('a loop without end meets the bound of steps', async () => {
    const w = createWorld({ seed: 1, primitives, stepsMax: 1000 });
    const again = (): void => void w.clock.after(0, again);
    again();
    await expect(w.run(1)).rejects.toMatchObject({ code: 'SIM_STEPS_EXCEEDED' });
    expect(() => w.runSync(1)).toThrow(expect.objectContaining({ code: 'SIM_STEPS_EXCEEDED' }));
  });

  test('what an event throws ends the run', async () => {
    const w = world();
    w.clock.after(1, () => {
      throw new Error('a bug');
    });
    await expect(w.run(2)).rejects.toThrow('a bug');
  });
});

describe('event log', () => {
  test('the hash covers texts, bytes, times and the order, however long', () => {
    const variants = [
      (w: World) => w.log('a'),
      (w: World) => w.log('b'),
      (w: World) => w.log('a', utf8('x')),
      (w: World) => w.log('ax'),
      (w: World) => w.clock.after(1, () => w.log('a')),
      (w: World) => w.clock.after(2, () => w.log('a')),
      (w: World) => w.log('a', new Uint8Array(100_000)),
      (w: World) => w.log('a', new Uint8Array(100_001)),
      (w: World) => {
        for (let i = 0; i < 5000; i += 1) w.log(`entry ${i}`);
      },
      (w: World) => {
        for (let i = 0; i < 5000; i += 1) w.log(`entry ${i === 10 ? 11 : i}`);
      },
    ];
    const hashes = variants.map(hashOf);
    expect(new Set(hashes).size).toBe(variants.length);
    expect(variants.map(hashOf)).toEqual(hashes);
  });

  test('of long frames only the beginning and the length count where a run says so', () => {
    const frame = new Uint8Array(100);
    expect(hashOfFrame(frame.with(8, 1))).toBe(hashOfFrame(frame));
    expect(hashOfFrame(frame.with(7, 1))).not.toBe(hashOfFrame(frame));
    expect(hashOfFrame(new Uint8Array(101))).not.toBe(hashOfFrame(frame));
  });

  test('asking for the hash changes nothing; the tail is bounded', () => {
    const a = world();
    const b = world();
    for (let i = 0; i < 1000; i += 1) {
      a.log(`e${i}`);
      b.log(`e${i}`);
      b.logHash();
    }
    expect(a.logHash()).toEqual(b.logHash());
    expect(a.logTail().length).toBe(256);
    expect(a.logTail().at(-1)).toBe('0.000 e999');
    expect(a.logTail()[0]).toBe('0.000 e744');
  });
});
