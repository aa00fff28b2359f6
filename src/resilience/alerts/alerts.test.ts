import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AlertNotice, SendOutcome, Severity } from '../../env/alert-sink.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { AlertBook, ALERTS_MAX, ALERT_HISTORY_MAX, type AlertCondition } from './alert-book.ts';
import {
  AlertDelivery,
  FAILURES_IN_A_ROW,
  NOTICE_AGE_MS_MAX,
  NOTICES_MAX,
  OVERTAKEN_MAX,
} from './alert-delivery.ts';
import { isDue, isOver, type AlertRule } from './alert-rule.ts';
import { ALERT_RULES } from './alert-rules.ts';
import { silentLogger } from '../../../test/suites/mesh-rig.ts';

const RULE: AlertRule = {
  name: 'low',
  severity: 'warning',
  raise: 0.5,
  clear: 0.7,
  forMs: 10_000,
  clearForMs: 5_000,
  cure: 'Raise it.',
};

function aWorld(seed = 1): World {
  return createWorld({ seed, primitives });
}

function low(value: number | null, subject = ''): AlertCondition {
  return { rule: RULE, subject, value, why: `it is ${value}` };
}

describe('rules', () => {
  test('no value both raises an alert and ends it', () => {
    const values = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(ALERT_RULES)), values, (rule, value) => {
        expect(isDue(rule, value) && isOver(rule, value)).toBe(false);
      }),
    );
  });

  test('every rule has a name of its own, two levels and something to do', () => {
    const rules = Object.values(ALERT_RULES);
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
    for (const { raise, clear, forMs, clearForMs, cure } of rules) {
      expect(raise).not.toBe(clear);
      expect(Math.min(forMs, clearForMs)).toBeGreaterThanOrEqual(0);
      expect(cure.length).toBeGreaterThan(20);
    }
  });
});

describe('an alert', () => {
  test('is raised after its duration, once, and ends after the other', async () => {
    const world = aWorld();
    const book = new AlertBook(world.clock);
    const log: string[] = [];
    const at = async (atMs: number, value: number): Promise<void> => {
      await world.run(atMs);
      for (const { kind } of book.check([low(value)])) log.push(`${atMs} ${kind}`);
    };
    await at(0, 0.4);
    await at(5_000, 0.6);
    // It had recovered, so the duration begins anew.
    await at(6_000, 0.4);
    await at(15_000, 0.1);
    await at(16_000, 0.3);
    await at(20_000, 0.2);
    // Between the levels it stays, and so it does where it is back for a moment.
    await at(40_000, 0.6);
    await at(41_000, 0.8);
    await at(44_000, 0.6);
    await at(47_000, 0.8);
    await at(48_000, 0.45);
    await at(50_000, 0.9);
    await at(53_000, 0.9);
    await at(55_000, 0.9);
    expect(log).toEqual(['16000 raised', '55000 cleared']);
    expect(book.active()).toEqual([]);
    const [ended] = book.history();
    expect(ended).toMatchObject({ key: 'low', value: 0.45, cure: 'Raise it.' });
    expect((ended?.raisedMs ?? 0) - (ended?.sinceMs ?? 0)).toBe(10_000);
  });

  test('of a condition that is no more found ends, too', async () => {
    const world = aWorld();
    const book = new AlertBook(world.clock);
    book.check([low(0, 'x')]);
    await world.run(10_000);
    expect(book.check([low(0, 'x')]).map(({ alert }) => alert.key)).toEqual(['low:x']);
    await world.run(11_000);
    expect(book.check([])).toEqual([]);
    await world.run(16_000);
    expect(book.check([]).map(({ kind }) => kind)).toEqual(['cleared']);
  });

  test('raised and cleared alternate for each key, whatever comes, in bounded memory', async () => {
    const steps = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 20_000 }),
        found: fc.array(
          fc.record({
            subject: fc.constantFrom('a', 'b', 'c'),
            value: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          }),
          { maxLength: 6 },
        ),
      }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const world = aWorld();
        const book = new AlertBook(world.clock);
        const raised = new Set<string>();
        for (const { afterMs, found } of script) {
          await world.run(world.clock.now() + afterMs);
          for (const { kind, alert } of book.check(
            found.map(({ subject, value }) => low(value, subject)),
          )) {
            if (kind === 'raised') {
              expect(raised.has(alert.key)).toBe(false);
              raised.add(alert.key);
            } else {
              expect(raised.delete(alert.key)).toBe(true);
            }
          }
          expect(new Set(book.active().map(({ key }) => key))).toEqual(raised);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('beyond the bound a condition is counted and left out; the history keeps the newest', async () => {
    const world = aWorld();
    const book = new AlertBook(world.clock);
    const many = Array.from({ length: ALERTS_MAX + 5 }, (_, index) => low(0, `s${index}`));
    book.check(many);
    expect(book.leftOut).toBe(5);
    await world.run(10_000);
    book.check(many);
    expect(book.active().length).toBe(ALERTS_MAX);
    expect(book.raised).toBe(ALERTS_MAX);
    book.check([]);
    await world.run(15_000);
    book.check([]);
    expect(book.history().length).toBe(ALERT_HISTORY_MAX);
  });
});

function alert(
  key: string,
  severity: Severity = 'warning',
  kind: AlertNotice['kind'] = 'raised',
): AlertNotice {
  return {
    kind,
    text: '',
    node: 'n',
    name: '',
    alert: {
      key,
      rule: key,
      subject: '',
      severity,
      why: '',
      cure: '',
      value: 0,
      sinceMs: 0,
      raisedMs: 0,
      clearedMs: null,
    },
  };
}

interface Sent {
  readonly atMs: number;
  readonly key: string;
  readonly kind: AlertNotice['kind'];
}

const AWAY: SendOutcome = { kind: 'failed', detail: 'away' };
const TAKEN: SendOutcome = { kind: 'delivered' };

function delivering(
  world: World,
  outcome: (attempt: number, key: string, kind: AlertNotice['kind']) => SendOutcome,
  severityMin: Severity = 'warning',
): { readonly delivery: AlertDelivery; readonly log: Sent[] } {
  const log: Sent[] = [];
  const delivery = new AlertDelivery(
    {
      name: 'test',
      send: ({ kind, alert: { key } }) => {
        log.push({ atMs: world.clock.now(), key, kind });
        return Promise.resolve(outcome(log.length, key, kind));
      },
      stop: () => {},
    },
    { clock: world.clock, rng: world.rng('delivery'), logger: silentLogger, severityMin },
  );
  return { delivery, log };
}

/** Each notice that is taken lets the next go on, which takes the world a step. */
async function settle(world: World): Promise<void> {
  for (let i = 0; i < 2 * NOTICES_MAX; i += 1) await world.run(world.clock.now() + 2_000);
}

describe('a delivery', () => {
  test('accounts for every notice in bounded memory, and tells no end without its beginning, whatever comes', async () => {
    const KEYS = Array.from({ length: ALERTS_MAX }, (_, i) => `k${i}`);
    const step = fc.record({
      keys: fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 40 }),
      afterMs: fc.constantFrom(0, 1_000, 60_000, NOTICE_AGE_MS_MAX),
      receiver: fc.constantFrom('there', 'away', 'refusing', 'failing for some'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(), async (script, seed) => {
        const world = aWorld(seed);
        let receiver: (typeof script)[number]['receiver'] = 'there';
        const told = new Map<string, AlertNotice['kind']>();
        // A sink that throws counts as one that failed.
        const unheardOf: string[] = [];
        const { delivery } = delivering(world, (_, key, kind) => {
          if (receiver === 'away') return AWAY;
          if (receiver === 'refusing') return { kind: 'refused', detail: 'status 404' };
          if (receiver === 'failing for some' && key.endsWith('1')) return AWAY;
          if (kind === 'cleared' && told.get(key) !== 'raised') unheardOf.push(key);
          told.set(key, kind);
          return TAKEN;
        });
        const raised = new Set<string>();
        let pushed = 0;
        for (const { keys, afterMs, receiver: next } of script) {
          receiver = next;
          for (const key of keys) {
            const severity = Number(key.slice(1)) % 3 === 0 ? 'critical' : 'warning';
            const kind = raised.delete(key) ? 'cleared' : 'raised';
            if (kind === 'raised') raised.add(key);
            delivery.push(alert(key, severity, kind));
            pushed += 1;
          }
          await world.run(world.clock.now() + afterMs);
          const { delivered, givenUp, overflowed, lapsed, waiting } = delivery.counts();
          expect(delivered + givenUp + overflowed + lapsed + waiting).toBe(pushed);
          expect(waiting).toBeLessThanOrEqual(NOTICES_MAX);
        }
        receiver = 'there';
        await settle(world);
        expect(delivery.counts().waiting).toBe(0);
        expect(unheardOf).toEqual([]);
        delivery.stop();
      }),
      { numRuns: 40 },
    );
  });

  test('keeps the order, through failures', async () => {
    const world = aWorld();
    const { delivery, log } = delivering(world, (attempt) =>
      attempt % 3 === 0 ? { kind: 'delivered' } : { kind: 'failed', detail: 'away' },
    );
    for (const key of ['a', 'b', 'c']) delivery.push(alert(key));
    await world.run(600_000);
    expect(log.map(({ key }) => key)).toEqual(['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c']);
    expect(delivery.counts()).toMatchObject({ delivered: 3, givenUp: 0, waiting: 0 });
  });

  test('tries on for a day with pauses of full jitter up to a minute, then gives up', async () => {
    for (let seed = 0; seed < 3; seed += 1) {
      const world = aWorld(seed);
      const { delivery, log } = delivering(world, () => AWAY);
      delivery.push(alert('a', 'critical'));
      await world.run(NOTICE_AGE_MS_MAX - 1);
      expect(delivery.counts()).toMatchObject({ givenUp: 0, waiting: 1, trouble: 'away' });
      const pauses = log.slice(1).map(({ atMs }, index) => atMs - (log[index]?.atMs ?? 0));
      const ceilings = pauses.map((_, index) => Math.min(60_000, 1_000 * 2 ** index));
      pauses.forEach((pauseMs, index) =>
        expect(pauseMs).toBeLessThanOrEqual(ceilings[index] ?? NaN),
      );
      // Uniform below the ceiling: so many are hardly ever far from their mean.
      const sum = pauses.reduce((a, b) => a + b, 0) / ceilings.reduce((a, b) => a + b, 0);
      expect(sum).toBeGreaterThan(0.45);
      expect(sum).toBeLessThan(0.55);
      await world.run(NOTICE_AGE_MS_MAX + 60_000);
      expect(delivery.counts()).toMatchObject({ delivered: 0, givenUp: 1, waiting: 0 });
    }
  });

  test('a critical alert outlasts an outage of an hour, is told before the warnings that waited, and then its end', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = aWorld(seed);
      const backAtMs = 3_600_000;
      const { delivery, log } = delivering(world, () =>
        world.clock.now() < backAtMs ? AWAY : TAKEN,
      );
      for (let i = 0; i < NOTICES_MAX; i += 1) delivery.push(alert(`w${i}`));
      await world.run(60_000);
      delivery.push(alert('isolated', 'critical'));
      await world.run(backAtMs - 1_000);
      delivery.push(alert('isolated', 'critical', 'cleared'));
      const before = log.length;
      await settle(world);
      const told = log.slice(before).filter(({ atMs }) => atMs >= backAtMs);
      const critical = told.filter(({ key }) => key === 'isolated');
      expect(critical.map(({ kind }) => kind)).toEqual(['raised', 'cleared']);
      // One warning at most had its turn when the receiver was back.
      expect(told.findIndex(({ key }) => key === 'isolated')).toBeLessThan(2);
      expect(delivery.counts()).toMatchObject({ overflowed: 2, waiting: 0, trouble: null });
    }
  });

  test('nobody is told the end of what nobody was told of', async () => {
    const world = aWorld();
    let isAway = true;
    const { delivery, log } = delivering(world, () => (isAway ? AWAY : TAKEN));
    delivery.push(alert('first'));
    delivery.push(alert('brief'));
    delivery.push(alert('brief', 'warning', 'cleared'));
    expect(delivery.counts()).toMatchObject({ waiting: 1, lapsed: 2 });
    // Under way at that moment: it may have arrived, unless the attempt fails.
    delivery.push(alert('first', 'warning', 'cleared'));
    expect(delivery.counts()).toMatchObject({ waiting: 2, lapsed: 2 });
    await world.run(10_000);
    expect(delivery.counts()).toMatchObject({ waiting: 0, lapsed: 4 });
    // What was pushed out is untold as well; its end comes later.
    for (let i = 0; i <= NOTICES_MAX; i += 1) delivery.push(alert(`k${i}`));
    expect(delivery.counts()).toMatchObject({ waiting: NOTICES_MAX, overflowed: 1 });
    isAway = false;
    await settle(world);
    delivery.push(alert('k1', 'warning', 'cleared'));
    delivery.push(alert('k0', 'warning', 'cleared'));
    await settle(world);
    const ends = log.filter(({ kind }) => kind === 'cleared').map(({ key }) => key);
    expect(ends).toEqual(['k0']);
  });

  test('one notice that always fails keeps no other from arriving, and is given up while others are taken', async () => {
    const world = aWorld();
    const { delivery, log } = delivering(world, (_, key) => (key === 'bad' ? AWAY : TAKEN));
    delivery.push(alert('bad', 'critical'));
    const others = Array.from({ length: OVERTAKEN_MAX }, (_, i) => `w${i}`);
    for (const key of others) delivery.push(alert(key));
    await world.run(600_000);
    expect(delivery.counts()).toMatchObject({ delivered: others.length, givenUp: 1, waiting: 0 });
    const attempts = log.filter(({ key }) => key === 'bad').length;
    expect(attempts).toBe(FAILURES_IN_A_ROW * OVERTAKEN_MAX);
  });

  test('a sink that rejects against its promise ends nothing', async () => {
    const world = aWorld();
    const delivery = new AlertDelivery(
      { name: 'faulty', send: () => Promise.reject(new Error('fault')), stop: () => {} },
      { clock: world.clock, rng: world.rng('a'), logger: silentLogger, severityMin: 'warning' },
    );
    delivery.push(alert('a'));
    await world.run(600_000);
    expect(delivery.counts()).toMatchObject({ waiting: 1, trouble: 'fault of the sink' });
  });

  test('what is refused is not tried again', async () => {
    const world = aWorld();
    const { delivery, log } = delivering(world, () => ({ kind: 'refused', detail: 'status 404' }));
    delivery.push(alert('a'));
    await world.run(600_000);
    expect(log.length).toBe(1);
  });

  test('holds so many; the oldest that is not under way goes first', async () => {
    const world = aWorld();
    let isAway = true;
    const { delivery, log } = delivering(world, () =>
      isAway ? { kind: 'failed', detail: 'away' } : { kind: 'delivered' },
    );
    for (let i = 0; i < NOTICES_MAX + 3; i += 1) delivery.push(alert(`k${i}`));
    expect(delivery.counts()).toMatchObject({ waiting: NOTICES_MAX, overflowed: 3 });
    isAway = false;
    await settle(world);
    const keys = [...new Set(log.map(({ key }) => key))];
    expect(keys[0]).toBe('k0');
    expect(keys[1]).toBe('k4');
    expect(keys.at(-1)).toBe(`k${NOTICES_MAX + 2}`);
  });

  test('tells what is severe enough', async () => {
    const world = aWorld();
    const { delivery, log } = delivering(world, () => ({ kind: 'delivered' }), 'critical');
    delivery.push(alert('a'));
    delivery.push(alert('b', 'critical'));
    await world.run(1_000);
    expect(log.map(({ key }) => key)).toEqual(['b']);
  });

  test('sends nothing after its end', async () => {
    const world = aWorld();
    const { delivery, log } = delivering(world, () => ({ kind: 'failed', detail: 'away' }));
    delivery.push(alert('a'));
    await world.run(0);
    delivery.stop();
    await world.run(600_000);
    expect(log.length).toBe(1);
  });
});
