import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { ACTIVE_MAX as PARTITIONS_MAX } from '../partitions/partition-tracker.ts';
import { PLANS, type Failure, type FailureKind, type PlanKind } from './plans.ts';
import { ATTEMPT_MS_MAX, RECOVERIES_MAX, Recoveries } from './recovery.ts';
import type { Attempt, RecoveryEvent } from './recovery-contract.ts';
import { ATTEMPTS_KEPT_MAX, RECORDS_MAX } from './recovery-log.ts';
import { RETRY_BUDGET_LIMITS, RetryBudget } from './retry-budget.ts';

const KINDS = Object.keys(PLANS) as readonly FailureKind[];
const INTERVAL_MS = 60_000;
const ATTEMPTS_MAX = 5;

interface Tried {
  readonly plan: PlanKind;
  readonly subject: string;
  readonly atMs: number;
}

interface Scene {
  readonly world: World;
  readonly budget: RetryBudget;
  readonly recoveries: Recoveries;
  readonly tried: Tried[];
  readonly events: RecoveryEvent[];
}

type Fate = 'helps' | 'fails' | 'throws' | 'hangs';

function scene(fate: (tried: Tried) => Fate, limits = RETRY_BUDGET_LIMITS, seed = 1): Scene {
  const world = createWorld({ seed, primitives });
  const budget = new RetryBudget(world.clock, limits);
  const tried: Tried[] = [];
  const events: RecoveryEvent[] = [];
  const action =
    (plan: PlanKind): Attempt =>
    ({ subject }) => {
      const one = { plan, subject, atMs: world.clock.now() };
      tried.push(one);
      switch (fate(one)) {
        case 'helps':
          return Promise.resolve(true);
        case 'fails':
          return Promise.resolve(false);
        case 'throws':
          throw new Error('no');
        case 'hangs':
          return new Promise(() => {});
      }
    };
  const recoveries = new Recoveries({
    clock: world.clock,
    rng: world.rng('recovery'),
    budget,
    recoveryAttemptsMax: ATTEMPTS_MAX,
    recoveryIntervalMs: INTERVAL_MS,
    actions: {
      reconnect: action('reconnect'),
      'alternative-route': action('alternative-route'),
      'bridge-node': action('bridge-node'),
    },
  });
  recoveries.listen((event) => events.push(event));
  return { world, budget, recoveries, tried, events };
}

describe('a recovery', () => {
  test.each(KINDS)('from a failed %s tries its plans in order, five times each', async (kind) => {
    const { world, recoveries, tried, events } = scene(() => 'fails');
    recoveries.recover({ kind, subject: 'x' });
    await world.run(40_000);
    const plans = PLANS[kind].flatMap((plan) => Array.from({ length: ATTEMPTS_MAX }, () => plan));
    expect(tried.map(({ plan }) => plan)).toEqual(plans);
    expect(events.at(-1)).toMatchObject({ kind: 'ended', outcome: 'exhausted' });
    expect(recoveries.counts).toMatchObject({ active: 0, resting: 1, failed: 1 });
    // After its rest it begins again.
    await world.run(200_000);
    expect(tried.length).toBeGreaterThan(2 * plans.length);
  });

  test('ends with what helps, and tells which plan it was', async () => {
    const { world, recoveries, tried } = scene(({ plan }) =>
      plan === 'alternative-route' ? 'helps' : 'throws',
    );
    const failure: Failure = { kind: 'link', subject: 'x' };
    const handle = recoveries.recover(failure);
    await world.run(40_000);
    expect(tried).toHaveLength(ATTEMPTS_MAX + 1);
    expect(handle?.isActive).toBe(false);
    expect(recoveries.counts).toMatchObject({ active: 0, succeeded: 1, failed: 0 });
    expect(recoveries.history).toMatchObject([
      { failure, outcome: 'succeeded', plan: 'alternative-route', attemptCount: ATTEMPTS_MAX + 1 },
    ]);
    expect(recoveries.history[0]?.attempts.at(-1)).toMatchObject({ outcome: 'succeeded' });
  });

  test('is one for each failure, however often that is told', () => {
    const { recoveries } = scene(() => 'fails');
    const failure: Failure = { kind: 'link', subject: 'x' };
    recoveries.recover(failure);
    recoveries.recover(failure);
    expect(recoveries.counts.active).toBe(1);
    expect(recoveries.history).toHaveLength(1);
  });

  test('that hangs is timed out, told so, and goes on', async () => {
    const { world, recoveries, tried, events } = scene(() => 'hangs');
    recoveries.recover({ kind: 'way', subject: 'x' });
    await world.run(3 * ATTEMPT_MS_MAX);
    expect(tried.length).toBeGreaterThan(1);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'attempted', outcome: 'timed-out' }),
    );
  });

  test('waits at random between nothing and its ceiling', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { world, recoveries, tried } = scene(() => 'fails', RETRY_BUDGET_LIMITS, seed);
      recoveries.recover({ kind: 'way', subject: 'x' });
      await world.run(20_000);
      let before = 0;
      tried.slice(0, ATTEMPTS_MAX).forEach(({ atMs }, i) => {
        expect(atMs - before).toBeLessThanOrEqual(200 * 2 ** i);
        before = atMs;
      });
    }
  });
});

describe('a recovery that rests', () => {
  const failure: Failure = { kind: 'way', subject: 'x' };

  test('tries again at once when woken; one under way is left alone', async () => {
    const { world, recoveries, tried } = scene(() => 'fails');
    recoveries.recover(failure);
    await world.run(1);
    const ceilingsMs = 2 * 200 * 31;
    for (let ms = 100; ms <= ceilingsMs; ms += 100) {
      if (recoveries.counts.resting === 0) recoveries.wake(failure);
      await world.run(ms);
    }
    expect(tried).toHaveLength(2 * ATTEMPTS_MAX);
    expect(recoveries.counts).toMatchObject({ active: 0, resting: 1 });
    recoveries.wake(failure);
    await world.run(ceilingsMs + 200);
    expect(tried).toHaveLength(2 * ATTEMPTS_MAX + 1);
  });

  test('is one record, however many rounds it takes, that drives no other out', async () => {
    const { world, recoveries } = scene(({ subject }) => (subject === 'x' ? 'fails' : 'helps'));
    recoveries.recover({ kind: 'way', subject: 'y' });
    recoveries.recover(failure);
    await world.run(24 * 3_600_000);
    expect(recoveries.counts.failed).toBeGreaterThan(RECORDS_MAX);
    expect(recoveries.history).toMatchObject([
      { failure: { subject: 'y' }, outcome: 'succeeded' },
      { failure, begunAtMs: 0, rounds: recoveries.counts.failed },
    ]);
    recoveries.resolved(failure);
    expect(recoveries.history.at(-1)).toMatchObject({ outcome: 'went-away' });
  });
});

describe('what ended a failure', () => {
  const failure: Failure = { kind: 'link', subject: 'x' };

  test.each([
    [true, 'succeeded', 'succeeded'],
    [false, 'went-away', 'cancelled'],
  ])('an attempt under way that acted: %s', async (acts, outcome, ofAttempt) => {
    const { world, budget } = scene(() => 'hangs');
    let cancelled = false;
    const recoveries = new Recoveries({
      clock: world.clock,
      rng: world.rng('recovery'),
      budget,
      recoveryAttemptsMax: ATTEMPTS_MAX,
      recoveryIntervalMs: INTERVAL_MS,
      actions: {
        reconnect: (_, signal) => {
          if (acts) signal.acted();
          signal.onCancel(() => (cancelled = true));
          return new Promise(() => {});
        },
      },
    });
    recoveries.recover(failure);
    await world.run(1_000);
    recoveries.resolved(failure);
    expect(recoveries.history).toMatchObject([{ outcome, attempts: [{ outcome: ofAttempt }] }]);
    expect(recoveries.counts).toMatchObject({ active: 0, succeeded: acts ? 1 : 0 });
    expect(cancelled).toBe(true);
  });

  test('is given up when its time is over, in whatever state it is', async () => {
    for (const fate of ['fails', 'hangs'] as const) {
      for (const withinMs of [50, 5_000, 40_000, 90_000]) {
        const { world, recoveries, tried } = scene(() => fate);
        recoveries.recover(failure, withinMs);
        await world.run(withinMs);
        expect(recoveries.counts.active + recoveries.counts.resting).toBe(0);
        expect(recoveries.history).toMatchObject([{ outcome: 'given-up', endedAtMs: withinMs }]);
        const { length } = tried;
        await world.run(withinMs + 200_000);
        expect(tried).toHaveLength(length);
      }
    }
  });
});

describe('a recovery that is followed', () => {
  const failure: Failure = { kind: 'link', subject: 'x' };
  const attempt = { plan: 'reconnect', atMs: 0, tookMs: 5, code: 'LINK_DIAL_FAILED' } as const;

  test('is counted, told and recorded like the others, and attempts nothing of its own', async () => {
    const { world, recoveries, tried, events } = scene(() => 'helps');
    const followed = recoveries.follow(failure);
    followed?.attempted({ ...attempt, outcome: 'failed' });
    await world.run(200_000);
    expect(tried).toEqual([]);
    expect(recoveries.counts.active).toBe(1);
    // Only who follows it knows.
    recoveries.resolved(failure);
    expect(followed?.isActive).toBe(true);
    followed?.attempted({ ...attempt, outcome: 'succeeded', code: null });
    followed?.ended('succeeded', 'reconnect');
    followed?.ended('went-away', null);
    followed?.attempted({ ...attempt, outcome: 'failed' });
    expect(recoveries.counts).toMatchObject({ active: 0, succeeded: 1 });
    expect(recoveries.history).toMatchObject([
      { failure, outcome: 'succeeded', plan: 'reconnect', attemptCount: 2 },
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(['begun', 'attempted', 'attempted', 'ended']);
  });

  test('is one, whoever else follows it or makes attempts, and ends with the first success', async () => {
    const { world, recoveries, tried } = scene(() => 'hangs');
    recoveries.recover(failure);
    const [a, b] = [recoveries.follow(failure), recoveries.follow(failure)];
    await world.run(1_000);
    a?.attempted({ ...attempt, outcome: 'succeeded', code: null });
    a?.ended('succeeded', 'reconnect');
    expect(b?.isActive).toBe(false);
    expect(recoveries.history).toMatchObject([{ outcome: 'succeeded', attemptCount: 2 }]);
    await world.run(200_000);
    expect(tried).toHaveLength(1);
  });

  test('is cancelled with all others', () => {
    const { recoveries } = scene(() => 'helps');
    const followed = recoveries.follow(failure);
    recoveries.stop();
    expect(followed?.isActive).toBe(false);
    expect(recoveries.follow(failure)).toBeNull();
    expect(recoveries.history).toMatchObject([{ outcome: 'cancelled' }]);
  });
});

describe('recoveries together', () => {
  const script = fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('fail' as const),
          kind: fc.constantFrom(...KINDS),
          subject: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), at: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('resolve' as const), at: fc.nat(20) }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20_000) }),
      },
    ),
    { maxLength: 40 },
  );

  test('never attempt more than the budget, nothing after a cancel, and lose none', async () => {
    const limits = { ...RETRY_BUDGET_LIMITS, wholeBurst: 6, wholePerSecond: 0.2 };
    await fc.assert(
      fc.asyncProperty(script, fc.nat(1_000), async (steps, seed) => {
        const fates: readonly Fate[] = ['helps', 'fails', 'fails', 'fails', 'throws', 'hangs'];
        const world = createWorld({ seed, primitives });
        const rng = world.rng('fates');
        const made = scene(() => fates[rng.uint32() % fates.length] ?? 'fails', limits, seed);
        const handles: NonNullable<ReturnType<Recoveries['recover']>>[] = [];
        const over: { readonly failure: Failure; readonly tries: number }[] = [];
        const triesOf = ({ subject }: Failure): number =>
          made.tried.filter((one) => one.subject === subject).length;
        for (const step of steps) {
          if (step.do === 'wait') await made.world.run(made.world.clock.now() + step.ms);
          else if (step.do === 'fail') {
            const handle = made.recoveries.recover({ kind: step.kind, subject: step.subject });
            if (handle !== null) handles.push(handle);
          } else {
            const handle = handles[step.at % Math.max(1, handles.length)];
            if (handle === undefined) continue;
            if (step.do === 'cancel') handle.cancel();
            else made.recoveries.resolved(handle.failure);
            expect(handle.isActive).toBe(false);
          }
          const seconds = made.world.clock.now() / 1_000;
          const successes = made.recoveries.counts.succeeded;
          expect(made.tried.length).toBeLessThanOrEqual(
            limits.wholeBurst +
              limits.wholePerSecond * seconds +
              limits.successShare * successes +
              1e-6,
          );
        }
        made.recoveries.stop();
        for (const { failure } of handles) over.push({ failure, tries: triesOf(failure) });
        await made.world.run(made.world.clock.now() + 10 * INTERVAL_MS);
        for (const { failure, tries } of over) expect(triesOf(failure)).toBe(tries);
        // What began has ended, one way or another.
        expect(made.recoveries.counts.active).toBe(0);
        expect(made.recoveries.history.every(({ outcome }) => outcome !== null)).toBe(true);
        const count = (kind: RecoveryEvent['kind']): number =>
          made.events.filter((event) => event.kind === kind).length;
        const resting = made.events.filter(
          (event, i) =>
            event.kind === 'ended' &&
            event.outcome !== 'exhausted' &&
            made.events
              .slice(0, i)
              .findLast(
                (one) =>
                  one.failure.kind === event.failure.kind &&
                  one.failure.subject === event.failure.subject,
              )?.kind === 'ended',
        ).length;
        expect(count('begun')).toBe(count('ended') - resting);
      }),
      { numRuns: 60 },
    );
  });

  test('hold what is refused back until it can be paid for', async () => {
    const limits = { ...RETRY_BUDGET_LIMITS, subjectBurst: 1, subjectPerSecond: 0.1 };
    const { world, recoveries, tried, budget } = scene(() => 'fails', limits);
    recoveries.recover({ kind: 'way', subject: 'x' });
    await world.run(60_000);
    expect(tried).toHaveLength(6);
    expect(budget.refused).toBe(6);
  });

  test('count an attempt that is put off once, however many wait for the whole budget', async () => {
    const limits = { ...RETRY_BUDGET_LIMITS, wholeBurst: 1, wholePerSecond: 1 };
    const { world, recoveries, tried, budget } = scene(() => 'fails', limits);
    for (let i = 0; i < 50; i += 1) recoveries.recover({ kind: 'way', subject: `${i}` });
    await world.run(100_000);
    expect(tried.length).toBeGreaterThan(90);
    expect(budget.refused).toBeLessThanOrEqual(tried.length + 50);
  });

  test('are bounded, and so is what is remembered of them', async () => {
    const { world, recoveries } = scene(() => 'fails');
    for (let i = 0; i < RECOVERIES_MAX - PARTITIONS_MAX; i += 1) {
      expect(recoveries.recover({ kind: 'way', subject: `${i}` })).not.toBeNull();
    }
    expect(recoveries.recover({ kind: 'way', subject: 'one more' })).toBeNull();
    // There is room for each partition that can be told from others.
    for (let i = 0; i < PARTITIONS_MAX; i += 1) {
      expect(recoveries.recover({ kind: 'partition', subject: `p${i}` })).not.toBeNull();
    }
    expect(recoveries.counts).toMatchObject({ active: RECOVERIES_MAX, refused: 1 });
    await world.run(300_000);
    expect(recoveries.history).toHaveLength(RECORDS_MAX);
    // Of recoveries that are not over, what is known is kept.
    for (let i = 0; i < RECORDS_MAX; i += 1) recoveries.resolved({ kind: 'way', subject: `${i}` });
    recoveries.recover({ kind: 'link', subject: 'another' });
    for (let i = 0; i < 3 * RECORDS_MAX; i += 1) {
      recoveries.recover({ kind: 'way', subject: 'x' })?.cancel();
    }
    expect(recoveries.history).toHaveLength(RECORDS_MAX);
    expect(recoveries.history).toContainEqual(
      expect.objectContaining({ failure: { kind: 'link', subject: 'another' }, outcome: null }),
    );
    for (const { attempts } of recoveries.history) {
      expect(attempts.length).toBeLessThanOrEqual(ATTEMPTS_KEPT_MAX);
    }
  });
});
