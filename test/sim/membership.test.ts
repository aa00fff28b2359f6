// What nodes think of each other, on meshes of production code: the dead are found dead by all, those who leave are no
// failures, a dead link convicts nobody, and who comes back is there.

import { describe, expect, test } from 'vitest';
import { presets } from '../../src/resilience/presets.ts';
import { MembershipRig } from '../suites/membership-rig.ts';

type Fate = ReturnType<MembershipRig['link']>;

const NAMES: readonly string[] = Array.from({ length: 10 }, (_, i) => `n${i}`);

/** Ten nodes on a ring, each linked to the next two: four neighbours. */
function ring(rig: MembershipRig): ReadonlyMap<string, Fate> {
  const fates = new Map<string, Fate>();
  for (const name of NAMES) rig.watch(name);
  for (let i = 0; i < NAMES.length; i += 1) {
    for (const step of [1, 2]) fates.set(...linked(rig, i, (i + step) % NAMES.length));
  }
  return fates;
}

function linked(rig: MembershipRig, a: number, b: number): [string, Fate] {
  return [`n${a} n${b}`, rig.link(`n${a}`, `n${b}`)];
}

function everybody(rig: MembershipRig, about: string): readonly (readonly string[])[] {
  return NAMES.filter((name) => name !== about).map((name) => rig.kinds(name, about));
}

/** The links between two halves. */
const BETWEEN: readonly (readonly [string, string])[] = [
  ['n0', 'n5'],
  ['n2', 'n7'],
];

function isLow(name: string | undefined): boolean {
  return Number(name?.slice(1)) < 5;
}

function confirmations(rig: MembershipRig): number {
  return NAMES.reduce((sum, name) => sum + rig.watcher(name).statistics().confirmations, 0);
}

describe('a member that dies', () => {
  test.each(['local', 'lan', 'wan', 'default'] as const)(
    'without a word is found dead by all under the preset %s',
    async (name) => {
      const { failureTimeoutMs } = presets[name];
      for (const seed of [1, 2]) {
        const rig = new MembershipRig(seed, presets[name]);
        ring(rig);
        await rig.run(5_000 + 1_370 * seed);
        rig.crash('n3');
        const diedAtMs = rig.world.clock.now();
        await rig.run(2.5 * failureTimeoutMs);
        expect(rig.opinions('n3')).toEqual(['confirmed']);
        expect(confirmations(rig)).toBe(9);
        const told = [...rig.told.values()].flat().filter(({ kind }) => kind === 'confirmed');
        // What the records say together is known to all half a failure timeout after the first one found out.
        const firstMs = Math.min(...told.map(({ atMs }) => atMs)) - diedAtMs;
        expect(firstMs).toBeLessThanOrEqual(1.5 * failureTimeoutMs);
        const suspectedFailures = NAMES.filter((at) => at !== 'n3').map(
          (at) => rig.watcher(at).statistics().suspectedFailures,
        );
        expect(new Set(suspectedFailures)).toEqual(new Set([0]));
      }
    },
  );

  test('and whose kernel resets its links is suspected at once', async () => {
    const rig = new MembershipRig();
    ring(rig);
    await rig.run(5_000);
    rig.node('n3').clock.kill();
    rig.node('n3').endpoint.kill();
    await rig.run(100);
    for (const at of ['n1', 'n2', 'n4', 'n5']) expect(rig.verdict(at, 'n3')).toBe('suspect');
    await rig.run(2 * presets.lan.failureTimeoutMs);
    expect(rig.opinions('n3')).toEqual(['confirmed']);
  });

  test('and comes back is there again, for all', async () => {
    const rig = new MembershipRig();
    ring(rig);
    await rig.run(5_000);
    rig.crash('n3');
    await rig.run(15_000);
    expect(rig.opinions('n3')).toEqual(['confirmed']);
    rig.watch('n3', { bootEpoch: 2 });
    rig.link('n3', 'n4');
    await rig.run(5_000);
    expect(rig.opinions('n3')).toEqual(['alive']);
    for (const kinds of everybody(rig, 'n3')) expect(kinds.at(-1)).toBe('returned');
    const { confirmedFailures } = rig.watcher('n0').statistics();
    expect(confirmedFailures).toBe(0);
  });

  test('with its neighbour is found dead as well', async () => {
    const rig = new MembershipRig();
    ring(rig);
    await rig.run(5_000);
    rig.crash('n3');
    rig.crash('n4');
    await rig.run(30_000);
    const others = NAMES.filter((name) => name !== 'n3' && name !== 'n4');
    for (const at of others) {
      expect(rig.verdict(at, 'n3')).toBe('confirmed');
      expect(rig.verdict(at, 'n4')).toBe('confirmed');
    }
  });
});

test('a death costs each neighbour one round of questions, and nothing is sent before', async () => {
  const rig = new MembershipRig();
  ring(rig);
  await rig.run(60_000);
  const probes = (): number =>
    NAMES.reduce((sum, name) => sum + rig.watcher(name).statistics().indirectProbes, 0);
  expect(probes()).toBe(0);
  expect(NAMES.every((name) => rig.node(name).mesh.sessions().length === 0)).toBe(true);
  rig.crash('n3');
  await rig.run(60_000);
  // Four neighbours, three witnesses and the suspect itself.
  expect(probes()).toBeGreaterThan(0);
  expect(probes()).toBeLessThanOrEqual(4 * 4);
});

test('in a mesh of sixteen with six links each a death costs less than 60 kB, sessions included', async () => {
  const sent: number[] = [];
  for (const watches of [false, true]) {
    const rig = new MembershipRig();
    for (let i = 0; i < 16; i += 1) {
      if (watches) rig.watch(`n${i}`);
      else rig.add(`n${i}`, presets.lan);
    }
    for (let i = 0; i < 16; i += 1) {
      for (const step of [1, 2, 5]) rig.link(`n${i}`, `n${(i + step) % 16}`);
    }
    await rig.run(20_000);
    let bytes = 0;
    rig.tap = (_, __, frame) => {
      bytes += frame.length;
    };
    rig.crash('n3');
    await rig.run(20_000);
    sent.push(bytes);
  }
  const [without = 0, withMembership = 0] = sent;
  expect(withMembership - without).toBeGreaterThan(0);
  expect(withMembership - without).toBeLessThan(60_000);
});

describe('no failure', () => {
  test('a member that says goodbye has left, for all and at once', async () => {
    const rig = new MembershipRig();
    ring(rig);
    await rig.run(5_000);
    rig.node('n3').mesh.stop();
    await rig.run(2_000);
    expect(rig.opinions('n3')).toEqual(['left']);
    await rig.run(60_000);
    expect(everybody(rig, 'n3')).toEqual(Array.from({ length: 9 }, () => ['left']));
    expect(rig.watcher('n8').statistics()).toMatchObject({ departures: 1, suspicions: 0 });
    expect(rig.watcher('n8').fate(rig.node('n3').mesh.self)).toBe('left');
  });

  test('a link that dies convicts neither end: others hear it, and say so', async () => {
    const rig = new MembershipRig();
    const fates = ring(rig);
    await rig.run(5_000);
    fates.get('n3 n4')!.dead = true;
    await rig.run(60_000);
    expect(confirmations(rig)).toBe(0);
    const told = rig.told.get('n3')!.filter(({ about }) => about === 'n4');
    const suspected = told.at(0)!;
    const refuted = told.at(1)!;
    expect([suspected.kind, refuted.kind]).toEqual(['suspected', 'refuted']);
    expect(refuted.event).toMatchObject({ by: expect.stringMatching(/subject|witness/) });
    // It was told that it is suspected, and says that it is there in no time.
    expect(refuted.atMs - suspected.atMs).toBeLessThan(100);
    expect(rig.opinions('n4')).toEqual(['alive']);
    expect(rig.watcher('n3').statistics().indirectProbes).toBeGreaterThan(0);
  });

  test('whoever is cut off convicts nobody, and is found dead by the rest', async () => {
    const rig = new MembershipRig();
    const fates = ring(rig);
    await rig.run(5_000);
    for (const [names, fate] of fates) if (names.split(' ').includes('n3')) fate.dead = true;
    await rig.run(60_000);
    expect(rig.opinions('n3')).toEqual(['confirmed']);
    expect(rig.watcher('n3').statistics().confirmations).toBe(0);
  });

  test('neither half of a mesh takes the other for dead', async () => {
    const rig = new MembershipRig();
    const fates = ring(rig);
    await rig.run(5_000);
    for (const [names, fate] of fates) {
      const [a, b] = names.split(' ');
      if (isLow(a) !== isLow(b)) fate.dead = true;
    }
    await rig.run(60_000);
    expect(confirmations(rig)).toBe(0);
  });

  test('neither end of a cut link is dead to the other once its record is dropped', async () => {
    const rig = new MembershipRig();
    const sides = [NAMES.slice(0, 5), NAMES.slice(5)];
    for (const name of NAMES) rig.watch(name);
    for (const side of sides) {
      for (const [i, name] of side.entries()) {
        for (const step of [1, 2]) rig.link(name, side[(i + step) % side.length] ?? name);
      }
    }
    for (const ends of BETWEEN) rig.link(...ends);
    await rig.run(10_000);
    for (const ends of BETWEEN) rig.network.cut(...ends);
    // Longer than records of members are kept that no link leads to.
    await rig.run(12 * 60_000);
    expect(rig.node('n0').mesh.memberReports().nodes).toBe(5);
    expect(confirmations(rig)).toBe(0);
    // Nobody can tell any more.
    expect(rig.watcher('n0').statistics().suspectedFailures).toBe(0);
    for (const ends of BETWEEN) {
      rig.network.heal(...ends);
      rig.link(...ends);
    }
    await rig.run(5_000);
    rig.crash('n3');
    await rig.run(15_000);
    expect(rig.opinions('n3')).toEqual(['confirmed']);
  });

  test('in a mesh that is idle, or loses segments', async () => {
    const rig = new MembershipRig(7);
    ring(rig);
    for (const a of NAMES) {
      for (const b of NAMES) {
        if (a < b) rig.network.profile(a, b, LOSSY);
      }
    }
    await rig.run(5 * 60_000);
    expect(confirmations(rig)).toBe(0);
  });
});

const LOSSY = {
  latencyMs: 20,
  jitterMs: 30,
  loss: 0.05,
  duplication: 0,
  reordering: 0,
  bytesPerSecond: Infinity,
};

describe('members of an older version', () => {
  test('are found dead, and cleared by the records where they cannot answer', async () => {
    const rig = new MembershipRig();
    for (const name of NAMES) {
      if (name === 'n4') rig.add(name, { ...presets.lan, speaks: '1.0.0' });
      else rig.watch(name);
    }
    const fates = new Map<string, Fate>();
    for (let i = 0; i < NAMES.length; i += 1) {
      for (const step of [1, 2]) fates.set(...linked(rig, i, (i + step) % NAMES.length));
    }
    await rig.run(5_000);
    fates.get('n3 n4')!.dead = true;
    await rig.run(30_000);
    expect(rig.verdict('n3', 'n4')).toBe('alive');
    rig.crash('n4');
    await rig.run(30_000);
    expect(rig.opinions('n4')).toEqual(['confirmed']);
  });
});
