import { describe, expect, test } from 'vitest';
import { primitives } from '../platform/node/primitives.ts';
import { LocalHealth } from '../resilience/detector/local-health.ts';
import { PhiDetectors } from '../resilience/detector/phi-accrual.ts';
import { deviationsAt } from '../resilience/detector/phi.ts';
import { UNSTRETCHED } from '../resilience/power/power-plan.ts';
import { presets, type FailureTimings } from '../resilience/presets.ts';
import { createWorld, type World } from '../sim/world.ts';
import type { LinkWatchConfig, SuspicionCause } from './link-watch-config.ts';
import { ACK_INTERVAL_MS, LinkWatch } from './link-watch.ts';
import { decodePing, encodePing } from './ping.ts';

const timings = presets.lan;
const FRAME = new Uint8Array(100);

interface Watched {
  readonly world: World;
  readonly watch: LinkWatch;
  /** When each ping went out, and its payload. */
  readonly pings: { readonly atMs: number; readonly payload: Uint8Array }[];
  readonly events: string[];
  /** Milliseconds until a pong comes; `null`: never. */
  answerMs: number | null;
  bufferedBytes: number;
  /** Timers fire so much too late. */
  lateMs: number;
  /** Of the last suspicion. */
  readonly cause: SuspicionCause | null;
}

/** A watch of an established link whose transport takes every ping at once. */
function watched(options: Partial<LinkWatchConfig> = {}): Watched {
  const world = createWorld({ seed: 1, primitives });
  const { clock } = world;
  const state = {
    world,
    pings: [] as { atMs: number; payload: Uint8Array }[],
    events: [] as string[],
    answerMs: 2 as number | null,
    bufferedBytes: 0,
    lateMs: 0,
    cause: null as SuspicionCause | null,
  };
  const watch: LinkWatch = new LinkWatch({
    clock: { ...clock, after: (delayMs, run) => clock.after(delayMs + state.lateMs, run) },
    detector: new PhiDetectors({ ...timings, ...options.timings, phiThreshold: 8 }).watch(0),
    localHealth: new LocalHealth(),
    timings,
    role: 'dialer',
    shares: true,
    stretch: () => UNSTRETCHED,
    bufferedBytes: () => state.bufferedBytes,
    rate: () => null,
    pingDue: () => {
      const payload = watch.ping();
      state.pings.push({ atMs: clock.now(), payload });
      if (state.answerMs === null) return;
      clock.after(state.answerMs, () => {
        watch.heard(world.clock.now());
        watch.ponged(payload);
      });
    },
    measured: () => {},
    arrived: null,
    delivered: () => {},
    suspected: (cause) => {
      state.events.push('suspected');
      state.cause = cause;
    },
    recovered: () => state.events.push('recovered'),
    silent: () => state.events.push('silent'),
    ...options,
  });
  watch.start();
  return Object.assign(state, { watch });
}

function sendPacket({ watch, world }: Watched, frame: Uint8Array): void {
  watch.sentPacket(frame, 0, frame.length, world.clock.now());
}

function hear({ watch, world }: Watched): void {
  watch.heard(world.clock.now());
}

function run(one: Watched, ms: number): void {
  one.world.runSync(one.world.clock.now() + ms);
}

describe('acknowledgements', () => {
  test('are asked for at once after a pause, then now and then, one at a time', () => {
    const one = watched();
    run(one, 5_000);
    one.pings.length = 0;
    const startMs = one.world.clock.now();
    for (let i = 0; i < 100; i += 1) {
      sendPacket(one, FRAME);
      run(one, 5);
    }
    expect(one.pings[0]?.atMs).toBe(startMs);
    for (const [i, { atMs }] of one.pings.entries()) {
      const before = one.pings[i - 1];
      if (before !== undefined) expect(atMs - before.atMs).toBeGreaterThanOrEqual(ACK_INTERVAL_MS);
    }
    expect(one.pings.length).toBeGreaterThan(8);
    run(one, 100);
    expect(one.watch.underWay.bytes).toBe(0);
  });

  test('come sooner where half of the window is under way', () => {
    const one = watched();
    run(one, 5_000);
    one.pings.length = 0;
    let sent = 0;
    while (one.watch.mayCarry(1_000)) {
      sendPacket(one, new Uint8Array(1_000));
      sent += 1;
    }
    expect(sent).toBeGreaterThan(10);
    expect(one.pings).toHaveLength(1);
    run(one, 3);
    // The first one acknowledged the first packet only.
    expect(one.pings).toHaveLength(2);
    run(one, 3);
    expect(one.watch.underWay.bytes).toBe(0);
  });
});

describe('suspicion', () => {
  test('takes two timeouts without a sign of life', () => {
    const one = watched();
    run(one, 5_100);
    one.answerMs = null;
    sendPacket(one, FRAME);
    run(one, 2 * timings.ackTimeoutMsMin - 10);
    expect(one.events).toEqual([]);
    run(one, 20);
    expect(one.events).toHaveLength(1);
  });

  test('falls on nobody who says anything, or whose transport takes bytes', () => {
    const talking = watched();
    const taking = watched();
    for (const one of [talking, taking]) {
      run(one, 5_000);
      one.answerMs = null;
      one.bufferedBytes = 1_000_000;
      sendPacket(one, FRAME);
    }
    for (let i = 0; i < 100; i += 1) {
      hear(talking);
      taking.bufferedBytes -= 100;
      run(talking, 200);
      // Whatever the transport does, silence for the failure timeout ends the link: it is heard of now and then.
      if (i % 20 === 0) hear(taking);
      run(taking, 200);
    }
    expect(talking.events).toEqual([]);
    expect(taking.events).toEqual([]);
  });

  test('falls on nobody while this node itself is held up, nor is its link ended', () => {
    const one = watched();
    run(one, 5_000);
    // Held up for 6 s: the timer comes first, what the neighbour said meanwhile waits to be read.
    one.lateMs = 6_000;
    one.answerMs = null;
    sendPacket(one, FRAME);
    run(one, 1_500);
    one.lateMs = 0;
    for (let waitedMs = 0; waitedMs < 8_000; waitedMs += 10) {
      const { length } = one.pings;
      run(one, 10);
      if (one.pings.length === length) continue;
      // Its first sign of life.
      run(one, 20);
      hear(one);
      one.watch.ponged(one.pings.at(-1)!.payload);
      one.answerMs = 2;
    }
    expect(one.events).toEqual([]);
  });

  test('ends with an answer, after a while; silence ends the link', () => {
    const one = watched();
    run(one, 5_000);
    one.answerMs = null;
    sendPacket(one, FRAME);
    run(one, 1_000);
    expect(one.watch.suspect).toBe(true);
    one.answerMs = 2;
    run(one, 1_000);
    expect(one.events.at(-1)).toBe('recovered');
    one.answerMs = null;
    run(one, timings.failureTimeoutMs + timings.heartbeatMs);
    expect(one.events.at(-1)).toBe('silent');
  });

  test('takes a listener no longer after hours of frames that no pong of its own accounted for', () => {
    const one = watched({ role: 'listener' });
    for (let beat = 1; beat <= 3_600; beat += 1) {
      run(one, timings.heartbeatMs);
      hear(one);
      one.watch.pinged(encodePing({ number: beat, roundTripMs: 2 }));
      one.watch.sent(1_000);
    }
    expect(one.pings.length).toBeLessThan(4);
    one.answerMs = null;
    sendPacket(one, FRAME);
    run(one, 1_000);
    expect(one.events).toEqual(['suspected']);
  });

  test('of a link that answers again leaves its packets acknowledged, whenever it ends', () => {
    const one = watched();
    run(one, 5_000);
    // Each time it is readmitted later.
    for (let flap = 0; flap < 5; flap += 1) {
      one.answerMs = 2;
      while (one.watch.suspect) run(one, 100);
      one.answerMs = null;
      sendPacket(one, FRAME);
      while (!one.watch.suspect) run(one, 100);
    }
    one.answerMs = 2;
    run(one, 1_500);
    for (let i = 0; i < 10; i += 1) {
      sendPacket(one, FRAME);
      run(one, 2 * ACK_INTERVAL_MS);
      expect(one.watch.underWay.bytes).toBe(0);
    }
    expect(one.watch.suspect).toBe(true);
  });

  test('does not stay on a link whose answers take many heartbeats', () => {
    const { local } = presets;
    const one = watched({ timings: local });
    run(one, 5_000);
    one.answerMs = 4.5 * local.heartbeatMs;
    for (let i = 0; i < 200; i += 1) {
      sendPacket(one, FRAME);
      run(one, 100);
    }
    run(one, 2 * local.failureTimeoutMs);
    expect(one.events).toEqual(['suspected', 'recovered']);
    expect(one.watch.underWay.bytes).toBe(0);
  });

  test('is never where nobody wants to know', () => {
    const one = watched({ suspected: null });
    run(one, 5_000);
    one.answerMs = null;
    sendPacket(one, FRAME);
    run(one, 4_000);
    expect(one.watch.suspect).toBe(false);
  });
});

/** Of a steady link, from the last frame on. */
function silenceMs(preset: FailureTimings): number {
  const { heartbeatMs, acceptablePauseMs, deviationMsMin } = preset;
  return heartbeatMs + acceptablePauseMs + deviationsAt(8) * deviationMsMin;
}

/** Goes on until just after an answer came, and lets no other come. */
function hush(one: Watched, ms: number): void {
  run(one, ms);
  const { length } = one.pings;
  while (one.pings.length === length) run(one, 1);
  run(one, 5);
  one.answerMs = null;
}

describe('silence', () => {
  // With the default preset two acknowledgements that fail to come are noticed a second before.
  test.each(['local', 'lan', 'wan'] as const)(
    'makes an idle link of the preset %s suspect when φ reaches the threshold',
    (name) => {
      const preset = presets[name];
      const one = watched({ timings: preset });
      hush(one, 100 * preset.heartbeatMs);
      expect(one.watch.phi).toBeLessThan(1e-6);
      run(one, silenceMs(preset) - 20);
      expect(one.events).toEqual([]);
      expect(one.watch.phi).toBeGreaterThan(5);
      run(one, 25);
      expect(one.events).toEqual(['suspected']);
      expect(one.cause).toBe('silence');
      // As ever, the failure timeout ends it.
      run(one, preset.failureTimeoutMs);
      expect(one.events.at(-1)).toBe('silent');
    },
  );

  test('after traffic is waited for as after none', () => {
    const one = watched();
    for (let i = 0; i < 2_000; i += 1) {
      hear(one);
      if (i % 3 === 0) sendPacket(one, FRAME);
      run(one, 1 + ((i * 37) % 60));
    }
    run(one, 60 * timings.heartbeatMs);
    expect(one.events).toEqual([]);
  });

  test('while the transport gets rid of bytes convicts nobody', () => {
    const one = watched();
    run(one, 20_000);
    one.answerMs = null;
    one.bufferedBytes = 1_000_000;
    for (let i = 0; i < 45; i += 1) {
      run(one, 100);
      one.bufferedBytes -= 1_000;
    }
    expect(one.events).toEqual([]);
  });

  test('is waited for longer where answers are slow, and by a node that does not trust itself', () => {
    const slow = watched();
    slow.answerMs = 1_550;
    run(slow, 60_000);
    expect(slow.events).toEqual([]);
    const localHealth = new LocalHealth();
    const unsure = watched({ localHealth });
    run(unsure, 20_000);
    unsure.answerMs = null;
    for (let i = 0; i < 8; i += 1) localHealth.failed(unsure.world.clock.now());
    const startMs = unsure.world.clock.now();
    run(unsure, 3_500);
    // The acknowledgement of its ping is not multiplied; two timeouts find the link.
    expect(unsure.cause).toBe('acknowledgement');
    expect(unsure.world.clock.now() - startMs).toBeGreaterThan(silenceMs(timings));
  });

  test('convicts nobody just after another timer of this node told of a pause', () => {
    const localHealth = new LocalHealth();
    const one = watched({ localHealth });
    hush(one, 20_000);
    run(one, silenceMs(timings) - 20);
    localHealth.timerFired(800, one.world.clock.now());
    run(one, 780);
    expect(one.events).toEqual([]);
    run(one, 1_000);
    expect(one.events).toEqual(['suspected']);
  });
});

describe('a pause of this node', () => {
  test('during a probe convicts nobody', () => {
    const one = watched();
    run(one, 5_100);
    // Shorter than the failure timeout, longer than the probe.
    one.lateMs = 3_000;
    one.answerMs = null;
    one.watch.probe(100);
    run(one, 3_050);
    one.lateMs = 0;
    // The timer of the probe fires before the answer is read.
    run(one, 70);
    hear(one);
    one.watch.ponged(one.pings.at(-1)!.payload);
    one.answerMs = 2;
    run(one, 10_000);
    expect(one.events).toEqual([]);
  });

  test('grants a dead link no more than the failure timeout, whatever was sent before', () => {
    const one = watched({ role: 'listener' });
    one.answerMs = null;
    one.lateMs = 150;
    one.watch.sent(20_000_000);
    run(one, timings.failureTimeoutMs);
    one.lateMs = 0;
    run(one, 2 * timings.failureTimeoutMs);
    expect(one.events.at(-1)).toBe('silent');
  });
});

describe('heartbeats', () => {
  test('carry the round trip, which spares the other end its own', () => {
    const dialer = watched();
    const listener = watched({ role: 'listener' });
    for (let i = 0; i < 20; i += 1) {
      run(dialer, 1_000);
      run(listener, 1_000);
      const last = dialer.pings.at(-1)?.payload ?? new Uint8Array(0);
      hear(listener);
      expect(listener.watch.pinged(last)).toBe(true);
    }
    expect(decodePing(dialer.pings.at(-1)!.payload)?.roundTripMs).toBe(2);
    expect(listener.watch.roundTripMs).toBe(2);
    expect(dialer.pings.length).toBeGreaterThan(18);
    expect(listener.pings.length).toBeLessThan(4);
  });

  test('before revision 2 both ends ping, and nothing is read into a ping', () => {
    const one = watched({ role: 'listener', shares: false });
    for (let i = 0; i < 20; i += 1) {
      run(one, 1_000);
      hear(one);
      expect(one.watch.pinged(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0))).toBe(true);
    }
    expect(one.pings.length).toBeGreaterThan(18);
    expect(one.watch.roundTripMs).toBe(2);
    expect(decodePing(one.pings.at(-1)!.payload)?.roundTripMs).toBeNull();
  });
});
