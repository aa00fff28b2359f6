import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { peerIdText } from '../../core/peer-id.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { RECORDS_MAX } from '../../routing/link-state-database.ts';
import { createWorld } from '../../sim/world.ts';
import { LocalHealth } from '../detector/local-health.ts';
import { presets } from '../presets.ts';
import { MEMBERS_KEPT_MAX } from './member-table.ts';
import type { Unreached, ViewedLink, Witness } from './membership-view.ts';
import { INQUIRIES_MAX, Membership } from './membership.ts';
import type { MembershipEvent, MembershipMessage } from './verdict.ts';
import { ASKER_QUESTIONS_MAX, QUESTIONS_MAX } from './witness-desk.ts';

const { failureTimeoutMs, ackTimeoutMsMax } = presets.lan;
const EPOCH = 7;

function id(n: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}

const SELF = id(0);

/** A node that sees what the test says. */
class Seat {
  readonly world = createWorld({ seed: 1, primitives });
  readonly health = new LocalHealth();
  readonly sent: { readonly to: number; readonly message: MembershipMessage }[] = [];
  readonly told: MembershipEvent[] = [];
  links: ViewedLink[] = [];
  reached = new Set<string>();
  neighbours = new Map<string, readonly Witness[]>();
  lost: readonly Unreached[] = [];
  readonly membership: Membership;

  constructor() {
    this.membership = new Membership(
      { self: SELF, bootEpoch: EPOCH, timings: presets.lan },
      {
        clock: this.world.clock,
        rng: this.world.rng('seat'),
        health: this.health,
        view: {
          links: () => this.links,
          looksApartMs: () => 0,
          reaches: (peer) => this.reached.has(peerIdText(peer)),
          witnesses: (peer) => this.neighbours.get(peerIdText(peer)) ?? null,
          unreached: () => this.lost,
        },
        send: (to, message) => this.sent.push({ to: numberOf(to), message }),
        tell: (event) => this.told.push(event),
      },
    );
  }

  get kinds(): readonly MembershipEvent['kind'][] {
    return this.told.map(({ kind }) => kind);
  }

  run(ms: number): void {
    this.world.runSync(this.world.clock.now() + ms);
  }

  link(n: number, suspect = false): void {
    this.links = this.links.filter(({ peer }) => numberOf(peer) !== n);
    this.links.push({ peer: id(n), heardAtMs: this.world.clock.now(), suspect });
  }

  /** `n` said to be linked with this node and with those. */
  linkedTo(n: number, others: readonly number[], state: Partial<Witness> = {}): void {
    const witness = { reached: true, denies: false, ...state };
    const names = others.map((other) => ({ peer: id(other), ...witness }));
    this.neighbours.set(peerIdText(id(n)), [{ peer: SELF, reached: true, denies: true }, ...names]);
  }

  queries(): readonly { readonly to: number; readonly number: number }[] {
    return this.sent
      .filter(({ message }) => message.kind === 'query')
      .map(({ to, message }) => ({ to, number: message.number }));
  }

  answer(
    from: number,
    number: number,
    finding: 'alive' | 'silent' | 'unsure',
    about = 1,
    incarnation = 0n,
  ): void {
    const subject = id(about);
    this.membership.received(id(from), {
      kind: 'answer',
      number,
      subject,
      finding,
      incarnation,
    });
  }
}

function numberOf(peer: Uint8Array): number {
  return new DataView(peer.buffer, peer.byteOffset).getUint32(0);
}

/** Four good links, and a fifth to node 1 that is silent; nodes 11 to 14 were linked to it as well. */
function suspecting(): Seat {
  const seat = new Seat();
  for (const n of [2, 3, 4, 5]) seat.link(n);
  seat.link(1, true);
  seat.linkedTo(1, [11, 12, 13, 14]);
  seat.membership.link(id(1), 'silent');
  return seat;
}

describe('the one who suspects', () => {
  test('asks three others, and the suspect itself where there is a way', () => {
    const seat = suspecting();
    expect(seat.queries()).toHaveLength(3);
    expect(new Set(seat.queries().map(({ to }) => to)).size).toBe(3);
    expect(seat.queries().every(({ to }) => to > 10)).toBe(true);
    const other = new Seat();
    other.link(2);
    other.reached.add(peerIdText(id(1)));
    other.membership.link(id(1), 'lost');
    expect(other.queries().map(({ to }) => to)).toEqual([1]);
  });

  test('confirms once three of them say the same, and the failure timeout has passed', () => {
    const seat = suspecting();
    for (const { to, number } of seat.queries()) seat.answer(to, number, 'silent');
    seat.run(failureTimeoutMs - 1);
    expect(seat.kinds).toEqual(['suspected']);
    seat.run(2);
    expect(seat.kinds).toEqual(['suspected', 'confirmed']);
    expect(seat.told[1]).toMatchObject({ witnesses: 3 });
    expect(seat.membership.statistics()).toMatchObject({
      suspectedFailures: 0,
      confirmedFailures: 1,
      suspicions: 1,
      confirmations: 1,
    });
    expect(seat.membership.fate(id(1))).toBe('dead');
  });

  test('asks no more once enough said the same', () => {
    const seat = suspecting();
    for (const { to, number } of seat.queries()) seat.answer(to, number, 'silent');
    seat.run(failureTimeoutMs - 1);
    expect(seat.queries()).toHaveLength(3);
    expect(seat.membership.verdict(id(1))).toBe('suspect');
  });

  test('waits longer the fewer say so, and does not convict where most say nothing', () => {
    const seat = suspecting();
    const first = seat.queries().at(0)!;
    seat.answer(first.to, first.number, 'silent');
    seat.run(6 * failureTimeoutMs + 1);
    expect(seat.kinds).toEqual(['suspected']);
    expect(seat.membership.verdict(id(1))).toBe('suspect');
  });

  test('believes the one who heard it', () => {
    const seat = suspecting();
    const first = seat.queries().at(0)!;
    seat.answer(first.to, first.number, 'alive');
    expect(seat.told.at(-1)).toMatchObject({ kind: 'refuted', by: 'witness' });
    expect(seat.membership.statistics()).toMatchObject({ suspectedFailures: 0, refutations: 1 });
  });

  test('takes no answer that it did not ask for, and none twice', () => {
    const seat = suspecting();
    const first = seat.queries().at(0)!;
    const second = seat.queries().at(1)!;
    seat.answer(99, first.number, 'alive');
    seat.answer(first.to, second.number, 'alive');
    seat.answer(first.to, first.number, 'unsure');
    seat.answer(first.to, first.number, 'alive');
    expect(seat.kinds).toEqual(['suspected']);
  });

  test('asks everybody once before anybody twice', () => {
    const seat = suspecting();
    seat.linkedTo(1, [11, 12, 13, 14, 15, 16, 17, 18, 19]);
    seat.run(3 * 2 * ackTimeoutMsMax);
    const asked = seat.queries().map(({ to }) => to);
    // Three of the first round, when there were four; then the others in their turn.
    expect(asked).toHaveLength(12);
    expect(new Set(asked.slice(0, 9)).size).toBe(9);
  });

  test('trusts itself less, and waits longer, where witnesses who answered before say nothing', () => {
    const seat = suspecting();
    for (const { to, number } of seat.queries()) seat.answer(to, number, 'unsure');
    seat.run(2 * ackTimeoutMsMax + 1);
    expect(seat.health.score(seat.world.clock.now())).toBe(0);
    const asked = seat.queries().length;
    seat.run(2 * ackTimeoutMsMax + 1);
    expect(seat.health.score(seat.world.clock.now())).toBeGreaterThan(0);
    expect(seat.queries().length).toBe(asked + 3);
    seat.run(2 * ackTimeoutMsMax + 1);
    expect(seat.queries().length).toBe(asked + 3);
    seat.run(2 * ackTimeoutMsMax + 1);
    expect(seat.queries().length).toBe(asked + 6);
  });

  test('blames itself once for a witness that says nothing, however often it is asked', () => {
    const seat = suspecting();
    const speaker = seat.queries().at(0)!;
    let heard = 0;
    let worst = 0;
    for (let round = 0; round < 60; round += 1) {
      const asked = seat.queries().slice(heard);
      heard += asked.length;
      for (const { to, number } of asked) {
        if (round === 0 || to !== speaker.to) seat.answer(to, number, 'unsure');
      }
      seat.run(2 * ackTimeoutMsMax + 1);
      worst = Math.max(worst, seat.health.score(seat.world.clock.now()));
    }
    expect(worst).toBe(1);
  });

  test('convicts nobody while it hears fewer than it does not hear', () => {
    const seat = suspecting();
    for (const n of [2, 3, 4]) seat.link(n, true);
    for (const { to, number } of seat.queries()) seat.answer(to, number, 'silent');
    seat.run(10 * failureTimeoutMs);
    expect(seat.kinds).toEqual(['suspected']);
    for (const n of [2, 3, 4]) seat.link(n);
    seat.run(2 * ackTimeoutMsMax);
    expect(seat.kinds).toEqual(['suspected', 'confirmed']);
  });

  test('does not count on the word of the dead', () => {
    const seat = suspecting();
    const denies = { reached: true, denies: true };
    const names = [11, 12].map((n) => ({ peer: id(n), reached: false, denies: false }));
    seat.neighbours.set(peerIdText(id(1)), [...names, { peer: id(13), ...denies }]);
    seat.run(7 * failureTimeoutMs);
    expect(seat.kinds).toEqual(['suspected']);
    for (const n of [11, 12]) seat.linkedTo(n, [20, 21], denies);
    seat.lost = [11, 12].map((n) => ({ peer: id(n), saidGoodbye: false }));
    seat.membership.changed();
    seat.run(2 * failureTimeoutMs);
    const dead = seat.told.filter(({ kind }) => kind === 'confirmed');
    expect(dead.map(({ peer }) => numberOf(peer))).toEqual([11, 12, 1]);
  });

  test('convicts nobody to whom links lead', () => {
    const seat = suspecting();
    seat.reached.add(peerIdText(id(1)));
    for (const { to, number } of seat.queries()) seat.answer(to, number, 'silent');
    seat.run(failureTimeoutMs + 1);
    expect(seat.told.at(-1)).toMatchObject({ kind: 'refuted', by: 'records' });
  });

  test('asks about so many at a time', () => {
    const seat = new Seat();
    seat.link(5_000);
    for (let n = 1; n <= 2 * INQUIRIES_MAX; n += 1) {
      seat.linkedTo(n, [6_000]);
      seat.membership.link(id(n), 'lost');
    }
    expect(seat.queries()).toHaveLength(INQUIRIES_MAX);
  });

  test('knows nothing any more of whom its record is dropped: those who were linked to it may be away with it', () => {
    const seat = suspecting();
    seat.linkedTo(1, [11, 12, 13, 14], { reached: false });
    seat.run(10 * 60_000);
    expect(seat.membership.verdict(id(1))).toBe('suspect');
    seat.neighbours.clear();
    seat.membership.changed();
    seat.run(60_000);
    expect(seat.kinds).toEqual(['suspected']);
    expect(seat.membership.verdict(id(1))).toBe('alive');
    expect(seat.membership.statistics()).toMatchObject({ suspectedFailures: 0, confirmations: 0 });
  });

  test('learns from nobody but the suspect under which number it is there', () => {
    const seat = suspecting();
    seat.reached.add(peerIdText(id(1)));
    const first = seat.queries().at(0)!;
    const highest = 2n ** 64n - 1n;
    seat.answer(first.to, first.number, 'alive', 1, highest);
    expect(seat.told.at(-1)).toMatchObject({ kind: 'refuted', by: 'witness' });
    for (const incarnation of [9n, 3n]) {
      const before = seat.queries().length;
      seat.membership.link(id(1), 'silent');
      const asked = seat.sent.filter(({ message }) => message.kind === 'query').slice(before);
      const itself = asked.find(({ to }) => to === 1)!;
      expect(itself.message.incarnation).toBe(incarnation === 9n ? 0n : 9n);
      // Fresh by the number of the question; it may have lost count.
      seat.answer(1, itself.message.number, 'alive', 1, incarnation);
      expect(seat.told.at(-1)).toMatchObject({ kind: 'refuted', by: 'subject' });
    }
  });
});

describe('what records say', () => {
  test('is a verdict without a message, once it stood for a while', () => {
    const seat = new Seat();
    seat.link(2);
    seat.linkedTo(1, [11, 12, 13], { denies: true });
    seat.lost = [{ peer: id(1), saidGoodbye: false }];
    seat.membership.changed();
    seat.run(failureTimeoutMs);
    expect(seat.kinds).toEqual(['suspected', 'confirmed']);
    expect(seat.sent).toEqual([]);
  });

  test('is none while half of those linked to it are not reached either', () => {
    const seat = new Seat();
    seat.link(2);
    seat.linkedTo(1, [11], { denies: true });
    const known = seat.neighbours.get(peerIdText(id(1))) ?? [];
    const away = [12, 13].map((n) => ({ peer: id(n), reached: false, denies: false }));
    seat.neighbours.set(peerIdText(id(1)), [...known, ...away]);
    seat.lost = [1, 12, 13].map((n) => ({ peer: id(n), saidGoodbye: false }));
    seat.membership.changed();
    seat.run(10 * failureTimeoutMs);
    expect(seat.kinds).toEqual([]);
  });

  test('is told once of each, however many of a mesh die together, and no more are kept', () => {
    const seat = new Seat();
    seat.link(20_000);
    const lost = Array.from({ length: MEMBERS_KEPT_MAX + 10 }, (_, i) => {
      seat.linkedTo(i + 1, [20_000], { denies: true });
      return { peer: id(i + 1), saidGoodbye: false };
    });
    seat.lost = lost.slice(0, RECORDS_MAX);
    for (let k = 0; k < 2; k += 1) {
      seat.membership.changed();
      seat.run(2 * failureTimeoutMs);
    }
    expect(seat.membership.statistics()).toMatchObject({
      suspicions: RECORDS_MAX,
      confirmations: RECORDS_MAX,
      confirmedFailures: RECORDS_MAX,
    });
    seat.lost = lost;
    seat.membership.changed();
    seat.run(2 * failureTimeoutMs);
    const { suspectedFailures, confirmedFailures } = seat.membership.statistics();
    expect(suspectedFailures + confirmedFailures).toBe(MEMBERS_KEPT_MAX);
  });

  test('a member without links of its own has left, and is no failure', () => {
    const seat = new Seat();
    seat.lost = [{ peer: id(1), saidGoodbye: true }];
    seat.membership.changed();
    seat.run(2 * ackTimeoutMsMax);
    expect(seat.kinds).toEqual(['left']);
    seat.membership.link(id(1), 'lost');
    expect(seat.kinds).toEqual(['left']);
    expect(seat.membership.statistics()).toMatchObject({ departures: 1, suspicions: 0 });
  });
});

function query(number: number, subject = 1): MembershipMessage {
  return { kind: 'query', number, subject: id(subject), incarnation: 3n };
}

describe('a witness', () => {
  test('tells the subject, and answers as soon as that one does', () => {
    const seat = new Seat();
    seat.link(1);
    seat.membership.received(id(9), query(77));
    const asked = seat.sent.at(0)!;
    // It asks for another: that is no suspicion of its own.
    expect(asked).toMatchObject({ to: 1, message: { kind: 'query', incarnation: 0n } });
    seat.answer(2, asked.message.number, 'alive', 2);
    expect(seat.sent).toHaveLength(1);
    seat.answer(1, asked.message.number, 'alive');
    expect(seat.sent[1]).toMatchObject({
      to: 9,
      message: { kind: 'answer', number: 77, finding: 'alive' },
    });
  });

  test('takes any frame for a sign of life, and silence for none, before the asker gives up', () => {
    for (const [isHeard, finding] of [
      [true, 'alive'],
      [false, 'silent'],
    ] as const) {
      const seat = new Seat();
      seat.run(10);
      seat.link(1);
      seat.link(2);
      seat.run(10);
      seat.membership.received(id(9), query(77));
      seat.run(100);
      if (isHeard) seat.link(1);
      seat.run(2 * ackTimeoutMsMax);
      expect(seat.sent[1]).toMatchObject({ to: 9, message: { finding } });
    }
  });

  test('is not sure where it hears nobody else', () => {
    const seat = new Seat();
    seat.link(1);
    seat.link(2, true);
    seat.membership.received(id(9), query(77));
    seat.run(2 * ackTimeoutMsMax);
    expect(seat.sent[1]).toMatchObject({ message: { finding: 'unsure' } });
  });

  test('says at once what it knows', () => {
    const seat = suspecting();
    const before = seat.sent.length;
    seat.membership.received(id(9), query(77));
    expect(seat.sent.slice(before)).toMatchObject([{ to: 9, message: { finding: 'silent' } }]);
    seat.membership.received(id(9), query(78, 4_000));
    expect(seat.sent.at(-1)).toMatchObject({ message: { number: 78, finding: 'unsure' } });
  });

  test('answers only so many of one asker, and others as ever, those who ask about itself first of all', () => {
    const seat = suspecting();
    seat.link(2);
    const answers = (to: number): number =>
      seat.sent.filter((sent) => sent.to === to && sent.message.kind === 'answer').length;
    for (let i = 0; i < 1_000; i += 1) seat.membership.received(id(9), query(i));
    expect(answers(9)).toBe(ASKER_QUESTIONS_MAX);
    seat.membership.received(id(10), query(1));
    expect(answers(10)).toBe(1);
    // However many ask at once.
    for (let asker = 100; asker < 200; asker += 1) {
      for (let i = 0; i < 10; i += 1) seat.membership.received(id(asker), query(i, 2));
    }
    const asked = seat.queries().filter(({ to }) => to === 2).length;
    expect(asked).toBeLessThanOrEqual(QUESTIONS_MAX);
    seat.membership.received(id(10), query(2));
    expect(answers(10)).toBe(1);
    seat.membership.received(id(10), query(3, 0));
    expect(answers(10)).toBe(2);
  });

  test('has only so many questions of one asker open at a time', () => {
    const seat = new Seat();
    seat.link(1);
    const waitMs = 1.6 * ackTimeoutMsMax;
    for (let i = 0; i < 40; i += 1) {
      seat.membership.received(id(9), query(i));
      seat.run(waitMs / 50);
    }
    expect(seat.queries()).toHaveLength(ASKER_QUESTIONS_MAX);
    seat.membership.received(id(10), query(1));
    expect(seat.queries()).toHaveLength(ASKER_QUESTIONS_MAX + 1);
  });
});

/** Local health at its worst, when each begins to ask so much later than the one before. */
function slowest(askers: readonly number[], apartS: number): number {
  const seat = new Seat();
  for (const peer of [2, 3, 4, 5]) seat.link(peer);
  let highest = 0;
  let current = BigInt(EPOCH) << 32n;
  for (let second = 0; second < 300; second += 1) {
    for (const [at, asker] of askers.entries()) {
      if (second < at * apartS) continue;
      for (const incarnation of [2n ** 64n - 1n, current]) {
        const query = { kind: 'query', number: 1, subject: SELF, incarnation } as const;
        seat.membership.received(id(asker), query);
        current = seat.sent.at(-1)?.message.incarnation ?? current;
      }
    }
    highest = Math.max(highest, seat.health.score(seat.world.clock.now()));
    seat.run(1_000);
  }
  return highest;
}

describe('the one who is suspected', () => {
  test('says that it is there, under a higher number each time, and trusts itself less', () => {
    const seat = new Seat();
    seat.link(2);
    const ask = (incarnation: bigint, from = 2): bigint => {
      seat.membership.received(id(from), { kind: 'query', number: 1, subject: SELF, incarnation });
      const { message } = seat.sent.at(-1)!;
      expect(message).toMatchObject({ kind: 'answer', finding: 'alive' });
      return message.incarnation;
    };
    const first = ask(0n);
    expect(first).toBe(BigInt(EPOCH) << 32n);
    // Who is not linked to it says nothing about how fast it is.
    expect(ask(first, 9)).toBe(first);
    expect(seat.health.score(0)).toBe(0);
    expect(ask(first)).toBe(first + 1n);
    expect(ask(first)).toBe(first + 1n);
    expect(seat.health.score(0)).toBe(1);
    // Nobody can have heard of a number that was not told yet.
    expect(ask(2n ** 64n - 1n)).toBe(first + 1n);
    expect(ask(first + 2n ** 32n - 1n)).toBe(first + 1n);
  });

  test.each([
    ['a stranger', [9], 0],
    ['a neighbour', [2], 1],
    ['two of them', [2, 3], 2],
    ['all of its four neighbours', [2, 3, 4, 5], 3],
  ] as const)('is as slow to judge as %s can make it, at once or in turn', (_, askers, worst) => {
    for (const apartS of [0, 4, 9]) expect(slowest(askers, apartS)).toBe(worst);
  });
});

test('whatever comes in, verdicts follow each other as they may, and all stays bounded', () => {
  const peer = fc.integer({ min: 1, max: 6 });
  const step = fc.oneof(
    fc.record({
      do: fc.constant('link' as const),
      peer,
      news: fc.constantFrom('works', 'silent', 'lost', 'goodbye'),
    }),
    fc.record({
      do: fc.constant('records' as const),
      peer,
      isReached: fc.boolean(),
      saidGoodbye: fc.boolean(),
      denies: fc.boolean(),
    }),
    fc.record({
      do: fc.constant('answer' as const),
      peer,
      from: peer,
      number: fc.integer({ min: 0, max: 40 }),
      finding: fc.constantFrom('alive', 'silent', 'unsure'),
      incarnation: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
    fc.record({
      do: fc.constant('query' as const),
      peer: fc.integer({ min: 0, max: 6 }),
      from: peer,
      incarnation: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const seat = new Seat();
      for (const n of [7, 8]) seat.link(n);
      for (const one of steps) {
        switch (one.do) {
          case 'link':
            seat.membership.link(id(one.peer), one.news);
            break;
          case 'records': {
            const key = peerIdText(id(one.peer));
            seat.linkedTo(one.peer, [7, 8], { denies: one.denies });
            seat.reached.delete(key);
            if (one.isReached) seat.reached.add(key);
            seat.lost = one.isReached ? [] : [{ peer: id(one.peer), saidGoodbye: one.saidGoodbye }];
            seat.membership.changed();
            break;
          }
          case 'answer': {
            const { number, incarnation } = one;
            const finding = one.finding as 'alive';
            const message = { number, subject: id(one.peer), finding, incarnation };
            seat.membership.received(id(one.from), { kind: 'answer', ...message });
            break;
          }
          case 'query': {
            const message = { number: 1, subject: id(one.peer), incarnation: one.incarnation };
            seat.membership.received(id(one.from), { kind: 'query', ...message });
            break;
          }
          case 'wait':
            seat.run(one.ms);
        }
      }
      const last = new Map<number, MembershipEvent['kind']>();
      for (const { kind, peer: about } of seat.told) {
        const before = last.get(numberOf(about)) ?? 'refuted';
        const mayFollow: Readonly<Record<typeof kind, readonly (typeof kind)[]>> = {
          suspected: ['refuted', 'returned', 'suspected'],
          refuted: ['suspected'],
          confirmed: ['suspected'],
          left: ['refuted', 'returned', 'suspected', 'confirmed'],
          returned: ['confirmed', 'left'],
        };
        expect(mayFollow[kind]).toContain(before);
        last.set(numberOf(about), kind);
      }
      const { suspicions, refutations, confirmations, suspectedFailures } =
        seat.membership.statistics();
      expect(refutations + confirmations + suspectedFailures).toBeLessThanOrEqual(suspicions);
    }),
  );
});
