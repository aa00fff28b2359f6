import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { READMIT_MS_MAX } from '../flap-damping.ts';
import {
  ACTIVE_MS,
  DESTINATIONS_MAX,
  LOOK_MS,
  RedundantWays,
  SILENCED_MS,
  type LeftReason,
} from './redundant-ways.ts';
import { Way } from './way.ts';

const PROBE_MS = 5_000;
const PROTOCOL = 7;
/** A probe is reported on after so long, if it arrives. */
const REPORT_MS = 50;

interface TestWay {
  readonly label: number;
  readonly ports: readonly number[];
}

const A: TestWay = { label: 1, ports: [10, 1] };
const B: TestWay = { label: 2, ports: [20, 1] };
const C: TestWay = { label: 3, ports: [30, 1] };

class Scene {
  readonly world: World;
  readonly ways: RedundantWays<TestWay>;
  /** Labels of ways that let nothing through, that are gone, and the share that arrives on others. */
  readonly dead = new Set<number>();
  /** Labels of ways on which probes arrive and nothing else. */
  readonly sly = new Set<number>();
  readonly gone = new Set<number>();
  readonly share = new Map<number, number>();
  readonly left: { readonly reason: LeftReason; readonly atMs: number }[] = [];
  readonly silences: boolean[] = [];
  readonly probed: number[] = [];
  computed = 0;
  version = 1;

  constructor(seed = 1, redundancy = 3, adaptiveThreshold = 0.8) {
    this.world = createWorld({ seed, primitives });
    const { clock } = this.world;
    this.ways = new RedundantWays<TestWay>({
      clock,
      redundancy,
      adaptiveThreshold,
      probeMs: PROBE_MS,
      version: () => this.version,
      waysBeside: (_, primary, count) => {
        this.computed += 1;
        return [A, B, C].filter(({ label }) => label !== primary.label).slice(0, count);
      },
      isIntact: ({ label }) => !this.gone.has(label),
      probe: (_, way) => {
        this.probed.push(way.label);
        this.#carry('d', way, way.label);
        return way.label;
      },
      left: (_, reason) => this.left.push({ reason, atMs: clock.now() }),
      silenced: (_, isSilent) => this.silences.push(isSilent),
    });
  }

  /** Sends a packet whose policy says `primary`; the way that it took. */
  send(primary: TestWay = A, key = 'd'): TestWay {
    const way = this.ways.choose(key, primary);
    this.ways.sent(key, new Uint8Array(32), way, 100 + way.label, PROTOCOL);
    this.#carry(key, way, 100 + way.label);
    return way;
  }

  run(ms: number): void {
    this.world.runSync(this.world.clock.now() + ms);
  }

  get nowMs(): number {
    return this.world.clock.now();
  }

  /** The destination reports in a while, or its silence is noticed. */
  #carry(key: string, { label }: TestWay, flowId: number): void {
    const swallows = this.dead.has(label) || (this.sly.has(label) && flowId !== label);
    const share = swallows ? 0 : (this.share.get(label) ?? 1);
    const arrives = this.world.rng('loss').unit() < share;
    this.world.clock.after(REPORT_MS, () =>
      this.ways.feedback(key, flowId, arrives ? 1 : 0, arrives ? 0 : 1),
    );
  }
}

/** One packet each 100 ms; the labels of the ways that they took. */
function stream(scene: Scene, packets: number, primary: TestWay = A): number[] {
  return Array.from({ length: packets }, () => {
    const { label } = scene.send(primary);
    scene.run(100);
    return label;
  });
}

describe('ways to a destination', () => {
  test('are the policy’s while nothing fails, and the others are live', () => {
    const scene = new Scene();
    expect(new Set(stream(scene, 100))).toEqual(new Set([A.label]));
    expect(scene.ways.counts).toMatchObject({
      primaryRoutes: 1,
      backupRoutes: 2,
      liveBackupRoutes: 2,
      switchedByAcknowledgement: 0,
    });
    expect(scene.left).toEqual([]);
  });

  test('cost a probe each in a while, and nothing once nobody is sent to', () => {
    const scene = new Scene();
    stream(scene, 601);
    const expected = 2 * (60_000 / PROBE_MS);
    expect(scene.probed.length).toBeGreaterThan(0.8 * expected);
    expect(scene.probed.length).toBeLessThanOrEqual(expected + 2);
    expect(scene.probed).not.toContain(A.label);
    expect(scene.computed).toBe(1);
    scene.run(ACTIVE_MS + LOOK_MS);
    expect(scene.ways.counts.primaryRoutes).toBe(0);
    expect(scene.world.pending).toBe(0);
  });

  test('of a question and its answer are not prepared', () => {
    const scene = new Scene();
    stream(scene, 3);
    scene.run(10_000);
    expect([scene.computed, scene.probed.length]).toEqual([0, 0]);
  });

  test('are bounded in number, and who is used longest ago goes first', () => {
    const scene = new Scene();
    for (let i = 0; i < 2 * DESTINATIONS_MAX; i += 1) {
      scene.send(A, `${i}`);
      scene.run(1);
    }
    expect(scene.ways.counts.primaryRoutes).toBe(DESTINATIONS_MAX);
  });

  test('with a redundancy of one are never left', () => {
    const scene = new Scene(1, 1);
    stream(scene, 20);
    expect(scene.ways.silent('d', PROTOCOL, scene.nowMs)).toBe(false);
    expect(new Set(stream(scene, 100))).toEqual(new Set([A.label]));
    expect(scene.probed).toEqual([]);
  });
});

describe('a silent way', () => {
  test('is left at once, and the next one has not been left', () => {
    const scene = new Scene();
    stream(scene, 30);
    scene.dead.add(A.label);
    expect(scene.ways.silent('d', PROTOCOL, scene.nowMs)).toBe(true);
    expect(scene.ways.isUnanswered('d')).toBe(true);
    const taken = stream(scene, 100);
    expect(taken).not.toContain(A.label);
    expect(scene.left).toMatchObject([{ reason: 'silent' }]);
    expect(scene.ways.isUnanswered('d')).toBe(false);
    expect(scene.ways.counts.switchedByAcknowledgement).toBe(100);
  });

  test('comes back once probes prove it, and later each time', () => {
    const scene = new Scene();
    stream(scene, 30);
    const outMs: number[] = [];
    for (let flap = 0; flap < 5; flap += 1) {
      const fromMs = scene.nowMs;
      scene.ways.silent('d', PROTOCOL, scene.nowMs);
      while (scene.send().label !== A.label) scene.run(100);
      outMs.push(scene.nowMs - fromMs);
      expect(outMs.at(-1)).toBeLessThan(READMIT_MS_MAX + 2 * PROBE_MS);
      stream(scene, 5);
    }
    expect(outMs).toEqual(outMs.toSorted((a, b) => a - b));
    expect(outMs.at(-1)).toBeGreaterThan(2 * (outMs[0] ?? 0));
  });

  test('is not blamed for what went over the one before it', () => {
    const scene = new Scene();
    stream(scene, 30);
    const sentAtMs = scene.nowMs;
    scene.run(300);
    expect(scene.ways.silent('d', PROTOCOL, sentAtMs)).toBe(true);
    const { label } = scene.send();
    expect(scene.ways.silent('d', PROTOCOL, sentAtMs)).toBe(true);
    expect(scene.send().label).toBe(label);
    expect(scene.left).toHaveLength(1);
  });

  test('that is found by reports alone is left, too', () => {
    const scene = new Scene();
    stream(scene, 30);
    scene.ways.overdue('d', 100 + A.label);
    expect(scene.send().label).not.toBe(A.label);
  });

  test('whatever dies and comes back: no way that was left is taken while another one is not', () => {
    const step = fc.oneof(
      fc.record({ kill: fc.constantFrom(A.label, B.label, C.label) }),
      fc.record({ heal: fc.constantFrom(A.label, B.label, C.label) }),
      fc.record({ runMs: fc.nat({ max: 8_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(99), (steps, seed) => {
        const scene = new Scene(seed);
        stream(scene, 20);
        for (const one of steps) {
          if ('kill' in one) scene.dead.add(one.kill);
          else if ('heal' in one) scene.dead.delete(one.heal);
          else scene.run(one.runMs);
          for (let i = 0; i < 4; i += 1) {
            const { label } = scene.send();
            if (scene.dead.has(label)) scene.ways.silent('d', PROTOCOL, scene.nowMs);
          }
          const live = [A, B, C].filter(({ label }) => !scene.dead.has(label));
          // Each silence moves on; with three ways, three are enough to find one that lives.
          if (live.length > 0) expect(scene.dead.has(scene.send().label)).toBe(false);
        }
        if (scene.dead.size === 3) return;
        scene.dead.clear();
        stream(scene, 900);
        expect(scene.send().label).toBe(A.label);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a destination that does not answer on any way', () => {
  test.each([1, 3])('is told of after a while, and again when it does: %d ways', (redundancy) => {
    const scene = new Scene(1, redundancy);
    stream(scene, 30);
    for (const { label } of [A, B, C]) scene.dead.add(label);
    for (let i = 0; i < 30; i += 1) {
      scene.send();
      scene.ways.silent('d', PROTOCOL, scene.nowMs);
      scene.run(200);
      if ((i + 1) * 200 < SILENCED_MS) expect(scene.silences).toEqual([]);
    }
    scene.run(1_000);
    expect(scene.silences).toEqual([true]);
    scene.dead.clear();
    scene.ways.probeAll('d');
    scene.run(1_000);
    expect(scene.silences).toEqual([true, false]);
  });

  test('is not waited for when nobody sends there any more', () => {
    const scene = new Scene();
    for (const { label } of [A, B, C]) scene.dead.add(label);
    for (let i = 0; i < 40; i += 1) {
      scene.send();
      scene.ways.silent('d', PROTOCOL, scene.nowMs);
      scene.run(200);
    }
    expect(scene.silences).toEqual([true]);
    scene.run(ACTIVE_MS + LOOK_MS);
    expect(scene.silences).toEqual([true, false]);
    expect(scene.world.pending).toBe(0);
  });
});

describe('a way that is broken', () => {
  test('is told of, and the policy’s next answer waits until it has proved itself', () => {
    const scene = new Scene();
    stream(scene, 30);
    scene.gone.add(A.label);
    scene.version += 1;
    // What the policy says now leads through what failed, by a link that nobody has missed.
    const D = { label: 4, ports: [10, 2] };
    scene.dead.add(D.label);
    scene.ways.changed();
    expect(scene.left).toMatchObject([{ reason: 'broken' }]);
    expect(new Set(stream(scene, 100, D))).toEqual(new Set([B.label]));
    scene.dead.delete(D.label);
    expect(stream(scene, 200, D).at(-1)).toBe(D.label);
  });

  test('is used on where there is no other', () => {
    const scene = new Scene();
    stream(scene, 30);
    for (const { label } of [A, B, C]) scene.gone.add(label);
    scene.ways.changed();
    expect(scene.left).toEqual([]);
    expect(scene.send().label).toBe(A.label);
  });
});

describe('a way of which little arrives', () => {
  test.each([
    [0, true],
    [0.5, true],
    [0.7, true],
    [0.85, false],
    [0.95, false],
    [1, false],
  ])('at a share of %d is left: %s', (share, isLeft) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const scene = new Scene(seed);
      stream(scene, 20);
      scene.share.set(A.label, share);
      stream(scene, 600);
      expect(scene.left.some(({ reason }) => reason === 'lossy')).toBe(isLeft);
    }
  });

  test('is kept where the others are known to be no better', () => {
    const scene = new Scene();
    for (const { label } of [A, B, C]) scene.share.set(label, 0.5);
    stream(scene, 3_000);
    // Each was tried, and then the least bad is kept for longer and longer.
    expect(scene.left.length).toBeLessThan(20);
  });

  test('judges by what came of late', () => {
    const way = new Way();
    for (let i = 0; i < 200; i += 1) way.counted(0, 1, 0);
    expect(way.share(0)).toBe(0);
    for (let i = 0; i < 200; i += 1) way.counted(1, 0, 60_000);
    expect(way.share(60_000)).toBeGreaterThan(0.95);
    expect(way.share(600_000)).toBeNull();
  });
});

describe('a peer that has left its way', () => {
  test('is answered over the link that its packets come by', () => {
    for (const way of [B, C]) {
      const scene = new Scene();
      stream(scene, 30);
      scene.ways.told('d', new Uint8Array(32), way.ports[0] ?? 0);
      expect(scene.send().label).toBe(way.label);
      expect(scene.left).toMatchObject([{ reason: 'told' }]);
      // Being told so is no silence of one's own, or two ends would chase each other.
      expect(scene.ways.isUnanswered('d')).toBe(false);
      expect(stream(scene, 300).at(-1)).toBe(A.label);
    }
  });

  test.each([2, 3])(
    'cannot be made to seem so by a relay that swallows what goes back: little is lost in it (%i ways)',
    (redundancy) => {
      const scene = new Scene(1, redundancy);
      stream(scene, 30);
      // On B probes arrive, so that it seems to work.
      scene.sly.add(B.label);
      let swallowed = 0;
      const packets = 1_200;
      for (let i = 0; i < packets; i += 1) {
        scene.ways.told('d', new Uint8Array(32), B.ports[0] ?? 0);
        const sentAtMs = scene.nowMs;
        const { label } = scene.send();
        if (label === B.label) swallowed += 1;
        scene.run(100);
        // Acknowledgements of the application are missed after two packets' time.
        if (label === B.label)
          scene.world.clock.after(100, () => scene.ways.silent('d', PROTOCOL, sentAtMs));
      }
      expect(swallowed).toBeLessThan(packets / 20);
      // Each time what was lost is repeated by a good way at once.
      const silent = scene.left.filter(({ reason }) => reason === 'silent');
      expect(silent.length).toBeGreaterThan(0);
      expect(silent.length).toBeGreaterThan(swallowed / 5);
    },
  );

  test('changes nothing where that link is used already', () => {
    const scene = new Scene();
    stream(scene, 30);
    scene.ways.told('d', new Uint8Array(32), A.ports[0] ?? 0);
    expect(scene.send().label).toBe(A.label);
    expect(scene.left).toEqual([]);
  });
});
