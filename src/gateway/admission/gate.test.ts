import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPuzzle, PUZZLE_BITS_MAX, searchPuzzle } from '../../crypto/connection-puzzle.ts';
import type { Caller, RefusalReason, Visit } from '../../env/admission.ts';
import type { Labels } from '../../env/metrics.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { cookieParts, decodeKnock, encodeKnock, KNOCK_BYTES } from '../../wire/knock.ts';
import { createAdmissionGate, type NodeGate } from './gate.ts';
import { ADMISSION_LIMITS, type AdmissionLimits } from './limits.ts';

const SELF = new Uint8Array(32).fill(7);
const ASK = encodeKnock({ kind: 'ask' });

const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

interface Rig {
  readonly world: World;
  readonly gate: NodeGate;
  readonly counted: Map<string, number>;
  /** As `arrive`, for one that must get in. */
  readonly enter: (address: string) => Visit;
}

type TestCaller = Caller & { readonly ended: RefusalReason[] };

/** What the gate ended it for is in `ended`. */
function caller(address: string, receivedBytes = () => 10_000): TestCaller {
  const ended: RefusalReason[] = [];
  const end = (reason: RefusalReason): void => void ended.push(reason);
  return { address, transport: 'test', receivedBytes, ended, end };
}

/** Of the addresses of one test. */
function prefix(address: string): string {
  const parts = address.split(address.includes(':') ? '::' : '.');
  return parts.slice(0, 3).join('.');
}

function rig(limits: Partial<AdmissionLimits> = {}): Rig {
  const world = createWorld({ seed: 1, primitives });
  const counted = new Map<string, number>();
  const counter = {
    add(by = 1, labels: Labels = {}) {
      const { reason } = labels;
      if (reason !== undefined) counted.set(reason, (counted.get(reason) ?? 0) + by);
    },
  };
  const gate = createAdmissionGate(
    { self: SELF, limits },
    {
      primitives,
      clock: world.clock,
      rng: world.rng('gate'),
      metrics: {
        counter: () => counter,
        gauge: () => ({ set: () => undefined }),
        histogram: () => ({ observe: () => undefined }),
      },
    },
  );
  const enter = (address: string): Visit => {
    const visit = gate.arrive(caller(address));
    if (typeof visit === 'string') throw new Error(visit);
    return visit;
  };
  return { world, gate, counted, enter };
}

/** The answer of `dialer` to a challenge. */
function solve(challenge: Uint8Array, dialer: Uint8Array): Uint8Array {
  const knock = decodeKnock(challenge);
  if (knock?.kind !== 'challenge') throw new Error('no challenge');
  const { cookie, listener } = knock;
  const { bits } = cookieParts(cookie);
  const solution = searchPuzzle(primitives, { listener, dialer, cookie, bits }).step(10_000_000);
  if (solution === null) throw new Error('no solution');
  return encodeKnock({ kind: 'answer', dialer, cookie, solution });
}

/** A gate that asks for work: a tenth of its places are taken, and its timers are late. */
async function pressed(limits: Partial<AdmissionLimits> = {}): Promise<Rig> {
  const made = rig({ puzzleBitsMax: 11, ...limits });
  for (let i = 0; i < ADMISSION_LIMITS.halfOpenMax / 10; i += 1) made.enter(`198.18.${i}.1`);
  made.gate.observeDelay(1_000);
  await made.world.run(1_000);
  expect(made.gate.report().puzzleBits).toBeGreaterThan(0);
  return made;
}

/** How many come in before the rate of their address ends it. */
function many(end: (visit: Visit) => void): number {
  const { gate } = rig();
  for (let count = 0; ; count += 1) {
    const visit = gate.arrive(caller('192.0.2.1'));
    if (typeof visit === 'string') return count;
    end(visit);
  }
}

describe('the door', () => {
  test('keeps to every bound at every time, and gives back every place', () => {
    const limits = {
      linksMax: 12,
      linksPerAddressMax: 4,
      linksPerPrefixMax: 7,
      linksPerIdentityMax: 2,
      halfOpenMax: 6,
      halfOpenPerAddressMax: 3,
      halfOpenPerPrefixMax: 4,
    };
    const step = fc.record({
      act: fc.constantFrom('arrive', 'prove', 'leave', 'fail'),
      address: fc.constantFrom(
        '192.0.2.1',
        '192.0.2.2',
        '198.51.100.1',
        '2001:db8::1',
        '2001:db8:0:1::1',
      ),
      key: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { gate } = rig({ ...limits, puzzleBitsMax: 0 });
        const inside: {
          address: string;
          visit: Visit;
          key: number | null;
          ended: RefusalReason[];
        }[] = [];
        const live = () => inside.filter(({ ended }) => ended.length === 0);
        for (const { act, address, key } of steps) {
          const one = live().find((visitor) => visitor.address === address && visitor.key === null);
          if (act === 'arrive') {
            const from = caller(address);
            const visit = gate.arrive(from);
            if (typeof visit === 'object')
              inside.push({ address, visit, key: null, ended: from.ended });
          } else if (one === undefined) continue;
          else if (act === 'prove') {
            if (one.visit.prove(keyOf(key)) === null) one.key = key;
          } else {
            if (act === 'leave') one.visit.leave();
            else one.visit.fail('handshake-failed');
            inside.splice(inside.indexOf(one), 1);
          }
          const now = live();
          const halfOpen = now.filter((visitor) => visitor.key === null);
          const most = (
            of: (visitor: (typeof now)[0]) => string | number | null,
            among = now,
          ): number =>
            Math.max(0, ...among.map((a) => among.filter((b) => of(a) === of(b)).length));
          expect(gate.report()).toMatchObject({
            halfOpen: halfOpen.length,
            links: now.length - halfOpen.length,
          });
          expect(now.length).toBeLessThanOrEqual(limits.linksMax);
          expect(halfOpen.length).toBeLessThanOrEqual(limits.halfOpenMax);
          expect(most((a) => a.address)).toBeLessThanOrEqual(limits.linksPerAddressMax);
          expect(most((a) => a.address, halfOpen)).toBeLessThanOrEqual(
            limits.halfOpenPerAddressMax,
          );
          expect(most((a) => prefix(a.address))).toBeLessThanOrEqual(limits.linksPerPrefixMax);
          expect(
            most(
              (a) => a.key,
              now.filter(({ key }) => key !== null),
            ),
          ).toBeLessThanOrEqual(limits.linksPerIdentityMax);
        }
        for (const { visit } of inside) visit.leave();
        expect(gate.report()).toMatchObject({ links: 0, halfOpen: 0, identities: 0 });
      }),
    );
  });

  test('holds an address, a prefix and a site to their rates', async () => {
    const { gate, world, counted } = rig({ dialsPerSecondMax: 10_000 });
    const admitted = (addresses: (i: number) => string): number => {
      let count = 0;
      for (let i = 0; i < 500; i += 1) {
        const visit = gate.arrive(caller(addresses(i)));
        if (typeof visit === 'string') continue;
        visit.leave();
        count += 1;
      }
      return count;
    };
    const {
      dialsPerSecondPerAddressMax: one,
      dialsPerSecondPerPrefixMax: prefix,
      dialsPerSecondPerSiteMax: site,
    } = ADMISSION_LIMITS;
    expect(admitted(() => '192.0.2.1')).toBe(2 * one);
    expect(admitted((i) => `192.0.3.${i % 250}`)).toBe(2 * prefix);
    expect(admitted((i) => `2001:db8:0:${((i % 250) * 256).toString(16)}::1`)).toBe(2 * site);
    await world.run(1_000);
    expect(admitted(() => '192.0.2.1')).toBe(one);
    expect([...counted.keys()].toSorted()).toEqual([
      'rate-of-address',
      'rate-of-prefix',
      'rate-of-site',
    ]);
  });

  test('gives the place of the oldest of the most crowded prefix to one from elsewhere', () => {
    const { gate, enter } = rig({ halfOpenMax: 5, halfOpenPerAddressMax: 5 });
    const flood = Array.from({ length: 4 }, () => caller('192.0.2.1'));
    for (const one of flood) gate.arrive(one);
    enter('198.51.100.1');
    enter('203.0.113.1');
    expect(flood.map(({ ended }) => ended)).toEqual([['half-open-evicted'], [], [], []]);
    expect(gate.arrive(caller('192.0.2.2'))).toBe('half-open-of-all');
    expect(gate.report().halfOpen).toBe(5);
  });

  test('takes the place of one that has said nothing before that of one that has', () => {
    const { gate, enter } = rig({ halfOpenMax: 3 });
    const speaking = caller('192.0.2.1', () => 300);
    const silent = caller('198.51.100.1', () => 0);
    for (const one of [speaking, silent, caller('203.0.113.1', () => 0)]) gate.arrive(one);
    enter('233.252.0.1');
    expect([speaking.ended, silent.ended]).toEqual([[], ['half-open-evicted']]);
  });

  test('leaves a dial alone whose connections overlap, in a flood from everywhere', () => {
    const { gate } = rig();
    let next = 0;
    const flood = (count: number): void => {
      for (let i = 0; i < count; i += 1) {
        next += 1;
        gate.arrive(caller(`10.${next >> 8}.${next & 255}.1`, () => 0));
      }
    };
    flood(ADMISSION_LIMITS.halfOpenMax);
    // Under load a dial takes three connections, one after the other; the last one has said nothing yet.
    const honest = [500, 74, 0].map((bytes) => caller('192.0.2.1', () => bytes));
    for (const one of honest) {
      expect(typeof gate.arrive(one)).toBe('object');
      flood(20);
    }
    flood(ADMISSION_LIMITS.halfOpenMax - 60);
    expect(honest.flatMap(({ ended }) => ended)).toEqual([]);
  });

  test('ends handshakes that bring in next to nothing, and leaves those alone that go on', async () => {
    const { gate, world } = rig();
    const silent = caller('192.0.2.1', () => 0);
    const trickling = caller('192.0.2.2', () => Math.floor(world.clock.now() / 40));
    const honest = caller('192.0.2.3', () => 400);
    for (const one of [silent, trickling, honest]) gate.arrive(one);
    await world.run(2_500);
    expect(silent.ended).toEqual([]);
    await world.run(3_500);
    expect(silent.ended).toEqual(['handshake-slow']);
    await world.run(5_000);
    expect([trickling.ended, honest.ended]).toEqual([['handshake-slow'], []]);
    expect(gate.report()).toMatchObject({ halfOpen: 1, refused: { 'handshake-slow': 2 } });
  });

  test('makes who fails pay more than who leaves', () => {
    expect(many((visit) => visit.fail('handshake-failed'))).toBeLessThan(
      many((visit) => visit.leave()) / 3,
    );
  });

  test('is shut while draining', () => {
    const { gate } = rig();
    gate.drain();
    expect(gate.arrive(caller('192.0.2.1'))).toBe('draining');
    expect(gate.challengeFor('192.0.2.1', ASK)).toBeNull();
  });
});

describe('the challenge', () => {
  test('is as long as what asked for it, and nothing else gets one', () => {
    const { gate } = rig();
    expect(gate.challengeFor('192.0.2.1', ASK)).toHaveLength(KNOCK_BYTES);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (datagram) => {
        const reply = gate.challengeFor('192.0.2.1', datagram);
        expect(reply === null || reply.length <= datagram.length).toBe(true);
      }),
    );
    expect(gate.report()).toMatchObject({ links: 0, halfOpen: 0, refused: {} });
  });

  test('under load comes first, and its answer lets in the one who solved it', async () => {
    const { gate, enter } = await pressed();
    const visit = enter('192.0.2.1');
    expect(visit.looks).toBe(true);
    const verdict = visit.begin(null);
    expect(verdict.kind).toBe('challenged');
    if (verdict.kind !== 'challenged') return;
    expect(verdict.challenge).toHaveLength(KNOCK_BYTES);
    visit.leave();
    const again = enter('192.0.2.1');
    expect(again.begin(solve(verdict.challenge, keyOf(1)))).toEqual({ kind: 'admitted' });
    expect(again.prove(keyOf(1))).toBeNull();
    expect(gate.report()).toMatchObject({ links: 1, refused: { challenged: 1 } });
  });

  test.each<readonly [RefusalReason, (answer: Uint8Array) => Uint8Array, string, number]>([
    ['answer-forged', (answer) => answer, '192.0.2.9', 1_000],
    ['answer-malformed', () => ASK, '192.0.2.1', 1_000],
    ['answer-malformed', (answer) => answer.subarray(1), '192.0.2.1', 1_000],
    [
      'answer-weak',
      (answer) => answer.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
      '192.0.2.1',
      1_000,
    ],
    [
      'answer-forged',
      (answer) => answer.map((byte, i) => (i === 41 ? 0 : byte)),
      '192.0.2.1',
      1_000,
    ],
  ])('is not answered by what is %s', async (reason, change, address, atMs) => {
    const { gate, enter, world } = await pressed();
    const challenge = gate.challengeFor('192.0.2.1', ASK);
    if (challenge === null) throw new Error('no challenge');
    const answer = solve(challenge, keyOf(1));
    await world.run(atMs);
    expect(enter(address).begin(change(answer))).toEqual({ kind: 'refused', reason });
  });

  test('comes again where the answer took too long, or more is wanted by now', async () => {
    const { gate, enter, world } = await pressed({ puzzleBitsMax: 16 });
    const challenge = gate.challengeFor('192.0.2.1', ASK);
    if (challenge === null) throw new Error('no challenge');
    const answer = solve(challenge, keyOf(1));
    for (let ms = 1_000; ms <= 4_000; ms += 500) {
      gate.observeDelay(1_000);
      await world.run(ms);
    }
    expect(enter('192.0.2.1').begin(answer).kind).toBe('challenged');
    await world.run(40_000);
    expect(enter('192.0.2.1').begin(answer).kind).toBe('challenged');
    expect(gate.report().refused).toMatchObject({ challenged: 2 });
  });

  test('is answered once, by its own identity, and by one that has a place left', async () => {
    const { gate, enter } = await pressed({ linksPerIdentityMax: 1 });
    const answer = (dialer: Uint8Array): Uint8Array => {
      const challenge = gate.challengeFor('192.0.2.1', ASK);
      if (challenge === null) throw new Error('no challenge');
      return solve(challenge, dialer);
    };
    const first = answer(keyOf(1));
    const visit = enter('192.0.2.1');
    expect(visit.begin(first).kind).toBe('admitted');
    expect(enter('192.0.2.1').begin(first)).toEqual({ kind: 'refused', reason: 'answer-spent' });
    expect(visit.prove(keyOf(2))).toBe('answer-of-another');
    visit.leave();
    const second = enter('192.0.2.1');
    expect(second.begin(answer(keyOf(1))).kind).toBe('admitted');
    expect(second.prove(keyOf(1))).toBeNull();
    expect(enter('192.0.2.1').begin(answer(keyOf(1)))).toEqual({
      kind: 'refused',
      reason: 'links-of-identity',
    });
  });

  test('comes before handshakes that would be too many, though nothing else presses', () => {
    const { gate } = rig({
      dialsPerSecondMax: 5,
      puzzleBitsMax: 18,
      dialsPerSecondPerAddressMax: 100,
      dialsPerSecondPerPrefixMax: 100,
    });
    const verdicts = Array.from({ length: 40 }, (_, i) => {
      const visit = gate.arrive(caller(`192.0.${i}.1`));
      return typeof visit === 'string' ? visit : visit.begin(null).kind;
    });
    expect(verdicts.filter((verdict) => verdict === 'admitted').length).toBeLessThanOrEqual(10);
    expect(new Set(verdicts)).toEqual(new Set(['admitted', 'challenged']));
  });

  test('is a puzzle whose solution serves nobody else and nowhere else', () => {
    const puzzle = { listener: SELF, dialer: keyOf(1), cookie: keyOf(9).subarray(0, 29), bits: 10 };
    const solution = searchPuzzle(primitives, puzzle).step(1_000_000);
    if (solution === null) throw new Error('no solution');
    expect(checkPuzzle(primitives, puzzle, solution)).toBe(true);
    const others = [
      { ...puzzle, listener: keyOf(2) },
      { ...puzzle, dialer: keyOf(2) },
      { ...puzzle, cookie: keyOf(8).subarray(0, 29) },
      { ...puzzle, bits: PUZZLE_BITS_MAX },
    ];
    expect(others.map((other) => checkPuzzle(primitives, other, solution))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('a link', () => {
  test('that takes its bytes too slowly ends when memory runs out, and others stay', async () => {
    const { world, gate, enter } = rig({ bufferedBytesMax: 1_000_000 });
    const shed: string[] = [];
    const links = (['quick', 'slow'] as const).map((name, i) => {
      const visit = enter('192.0.2.1');
      visit.prove(keyOf(i + 1));
      const held = { bufferedBytes: 400_000, writtenBytes: 0, shed: () => void shed.push(name) };
      visit.holds(held);
      return held;
    });
    await world.run(1_000);
    expect(shed).toEqual([]);
    for (const [i, held] of links.entries()) {
      held.writtenBytes = i === 0 ? 50_000_000 : 1_000;
      held.bufferedBytes = 600_000;
    }
    await world.run(1_300);
    expect(shed).toEqual(['slow']);
    expect(gate.report().refused).toEqual({ memory: 1 });
  });

  test('of a faulty neighbour costs its address', () => {
    const { gate, enter } = rig({ linksPerIdentityMax: 8 });
    const visit = enter('192.0.2.1');
    visit.prove(keyOf(1));
    for (let i = 0; i < 8; i += 1) gate.fault(keyOf(1));
    expect(gate.arrive(caller('192.0.2.1'))).toBe('rate-of-address');
    expect(typeof gate.arrive(caller('198.51.100.1'))).toBe('object');
  });
});

describe('limits', () => {
  test('change at once, and all or none', () => {
    const { gate } = rig();
    expect(gate.change({ halfOpenPerAddressMax: 1, linksMax: 0 })).toMatchObject({
      ok: false,
      error: { code: 'GATEWAY_LIMIT_INVALID', data: { limit: 'linksMax' } },
    });
    expect(gate.report().limits).toEqual(ADMISSION_LIMITS);
    expect(gate.change({ halfOpenPerAddressMax: 1 }).ok).toBe(true);
    expect(typeof gate.arrive(caller('192.0.2.1'))).toBe('object');
    expect(gate.arrive(caller('192.0.2.1'))).toBe('half-open-of-address');
  });

  test.each([
    { linksMax: 1.5 },
    { linksMax: Number.NaN },
    { puzzleBitsMax: 21 },
    { puzzleBitsMax: -1 },
    { halfOpenMax: 2_000 },
    { linksPerAddressMax: 600 },
    { unknown: 3 },
  ])('are refused where they make no sense: %o', (changes) => {
    expect(rig().gate.change(changes)).toMatchObject({ ok: false });
  });
});

test('who is past puzzles is not asked for one, and bound by limits all the same', () => {
  const { gate } = rig({ dialsPerSecondMax: 1 });
  const kinds = new Set<string>();
  for (let i = 0; i < 200; i += 1) {
    const visit = gate.arrive({ ...caller(`203.${i}.113.5`), isPastPuzzles: true });
    kinds.add(typeof visit === 'string' ? 'refused' : visit.begin(null).kind);
  }
  expect(kinds).toEqual(new Set(['admitted', 'refused']));
});
