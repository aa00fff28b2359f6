import { describe, expect, test } from 'vitest';
import { RESILIENCE_STATISTICS } from '../../test/suites/resilience-statistics.ts';
import { primitives } from '../platform/node/primitives.ts';
import { AlertBook } from '../resilience/alerts/alert-book.ts';
import { HealthJudge, type HealthObservation } from '../resilience/health/health-judge.ts';
import type { Partition } from '../resilience/partitions/partition-tracker.ts';
import { RetryBudget } from '../resilience/recovery/retry-budget.ts';
import { createWorld, type World } from '../sim/world.ts';
import { alertConditions, MEMBERS_NAMED_MAX, type Seen } from './alert-conditions.ts';

const CHECK_MS = 5_000;
const OBSERVATION: HealthObservation = {
  neighbours: 3,
  wantedNeighbours: 1,
  reachable: 9,
  awayMs: [],
  bridges: 0,
  wantedBridges: 0,
  ways: [],
  waysMax: 3,
  links: [],
};

/** A node that judges itself each five seconds by what a test makes it see. */
class Judged {
  readonly world: World = createWorld({ seed: 1, primitives });
  readonly judge = new HealthJudge(this.world.clock);
  readonly budget = new RetryBudget(this.world.clock);
  readonly log: string[] = [];
  observation = OBSERVATION;
  seen: Partial<Seen> = {};
  localHealth = 0;
  readonly #book = new AlertBook(this.world.clock);

  async run(ms: number, meanwhile: () => void = () => {}): Promise<void> {
    const { clock } = this.world;
    for (const endMs = clock.now() + ms; clock.now() < endMs;) {
      meanwhile();
      await this.world.run(clock.now() + CHECK_MS);
      const { observation, localHealth } = this;
      const changes = this.#book.check(
        alertConditions({
          observation,
          judgement: this.judge.judge(observation),
          absent: [],
          statistics: { ...RESILIENCE_STATISTICS, localHealth, retryBudget: this.budget.left },
          energy: null,
          partitions: [],
          casinoTrouble: null,
          ...this.seen,
        }),
      );
      for (const { kind, alert } of changes) this.log.push(`${alert.rule} ${kind}`);
    }
  }

  get whys(): readonly string[] {
    return this.#book.active().map(({ why }) => why);
  }

  get active(): readonly string[] {
    return this.#book.active().map(({ rule }) => rule);
  }
}

function partition(stillLost: number): Partition {
  return {
    id: 1,
    scope: 'members',
    cause: 'link-failure',
    missing: [],
    lost: stillLost,
    stillLost,
    members: [],
    beganAtMs: 0,
    endedAtMs: null,
    lastedMs: 0,
    outcome: null,
    recurrences: 0,
  };
}

/** What makes it happen, each five seconds, and what ends it. */
const TROUBLES: readonly (readonly [string, (node: Judged) => void, (node: Judged) => void])[] = [
  [
    'health-degraded',
    (node) => (node.observation = { ...OBSERVATION, reachable: 6, awayMs: [0, 0, 0, 0] }),
    (node) => (node.observation = OBSERVATION),
  ],
  [
    'health-critical',
    (node) => (node.observation = { ...OBSERVATION, reachable: 1, awayMs: [0, 0, 0, 0, 0, 0, 0] }),
    (node) => (node.observation = OBSERVATION),
  ],
  [
    'isolated',
    (node) => (node.observation = { ...OBSERVATION, neighbours: 0 }),
    (node) => (node.observation = OBSERVATION),
  ],
  [
    'bridges-gone',
    (node) => (node.observation = { ...OBSERVATION, wantedBridges: 2 }),
    (node) => (node.observation = { ...OBSERVATION, wantedBridges: 2, bridges: 1 }),
  ],
  [
    'slow',
    (node) => {
      node.observation = {
        ...OBSERVATION,
        links: [{ link: 'a', name: 'a', roundTripMs: node.world.clock.now() < 180_000 ? 20 : 200 }],
      };
    },
    (node) =>
      (node.observation = {
        ...OBSERVATION,
        links: [{ link: 'a', name: 'a', roundTripMs: 20 }],
      }),
  ],
  [
    'losing',
    (node) => {
      node.judge.throughput.passedOn(70);
      node.judge.throughput.refused(30);
    },
    (node) => node.judge.throughput.passedOn(100),
  ],
  ['unstable', (node) => node.judge.stability.suspected(), () => {}],
  ['held-up', (node) => (node.localHealth = 5), (node) => (node.localHealth = 0)],
  [
    'retries-exhausted',
    (node) => {
      // So much fails that the floor of ten a second is used up as it comes.
      for (let i = 0; i < 100; i += 1) {
        node.world.clock.after((i * CHECK_MS) / 100, () => {
          const { clock } = node.world;
          for (let k = 0; k < 4; k += 1) node.budget.take(`${clock.now()} ${k}`);
        });
      }
    },
    () => {},
  ],
  ['energy-low', (node) => (node.seen = { energy: 0.09 }), (node) => (node.seen = { energy: 0.2 })],
  [
    'casino-away',
    (node) => (node.seen = { casinoTrouble: { code: 'NODE_UNREACHABLE', message: 'no answer' } }),
    (node) => (node.seen = {}),
  ],
];

describe('what a node sees', () => {
  test.each(TROUBLES)('raises %s when it lasts, once, and ends it', async (name, begin, end) => {
    const node = new Judged();
    await node.run(120_000, () => node.judge.throughput.passedOn(100));
    expect(node.log).toEqual([]);
    await node.run(300_000, () => begin(node));
    expect(node.active).toContain(name);
    await node.run(7_200_000, () => end(node));
    expect(node.active).toEqual([]);
    expect(node.log.filter((line) => line.startsWith(`${name} `))).toEqual([
      `${name} raised`,
      `${name} cleared`,
    ]);
  });

  const HOUR_MS = 3_600_000;

  test('keeps an alert of what nothing measures any more, for an hour', async () => {
    const node = new Judged();
    const lose = (): void => node.judge.throughput.reported(0, 10);
    await node.run(60_000, lose);
    expect(node.log).toEqual(expect.arrayContaining(['losing raised']));
    // The application gives up, so that hardly a packet is sent, and tries again now and then.
    for (let burst = 0; burst < 10; burst += 1) {
      await node.run(150_000);
      await node.run(10_000, lose);
    }
    expect(node.log.filter((line) => line.startsWith('losing'))).toEqual(['losing raised']);
    await node.run(HOUR_MS);
    expect(node.active).toContain('losing');
    await node.run(HOUR_MS / 2);
    expect(node.active).not.toContain('losing');
  });

  test('and ends it when it is measured and well', async () => {
    const node = new Judged();
    await node.run(60_000, () => node.judge.throughput.reported(0, 10));
    await node.run(600_000);
    await node.run(60_000, () => node.judge.throughput.reported(100, 0));
    expect(node.active).toEqual([]);
  });

  test('keeps an alert of a slow link that has died', async () => {
    const node = new Judged();
    const linked = (roundTripMs: number): void => {
      node.observation = { ...OBSERVATION, links: [{ link: 'a', name: 'a', roundTripMs }] };
    };
    await node.run(60_000, () => linked(20));
    await node.run(60_000, () => linked(400));
    expect(node.active).toContain('slow');
    node.observation = { ...OBSERVATION, links: [] };
    await node.run(300_000);
    expect(node.active).toContain('slow');
    await node.run(60_000, () => linked(20));
    expect(node.active).not.toContain('slow');
  });

  test('does not call degraded what is critical', async () => {
    const node = new Judged();
    node.observation = { ...OBSERVATION, neighbours: 0 };
    await node.run(300_000);
    expect(node.active).toEqual(['isolated', 'health-critical']);
    // It mends in part: what is left is said once nothing critical is.
    node.observation = { ...OBSERVATION, reachable: 6, awayMs: [0, 0, 0, 0] };
    await node.run(300_000);
    expect(node.log).toEqual([
      'isolated raised',
      'health-critical raised',
      'isolated cleared',
      'health-critical cleared',
      'health-degraded raised',
    ]);
  });

  test('tells of a partition as it is now', async () => {
    const node = new Judged();
    node.seen = { partitions: [partition(3)] };
    await node.run(10_000);
    expect(node.whys).toEqual(['3 members are cut off: links between both sides failed']);
    node.seen = { partitions: [partition(5), partition(2)] };
    await node.run(10_000);
    expect(node.whys).toEqual([
      '5 members are cut off: links between both sides failed; 2 members are cut off: links between both sides failed',
    ]);
    expect(node.log).toEqual(['partition raised']);
  });

  test('names the members that are gone, and no other instead once more are', async () => {
    const node = new Judged();
    const gone = Array.from({ length: MEMBERS_NAMED_MAX + 4 }, (_, i) => ({
      peer: new Uint8Array(32).fill(i + 1),
      state: 'gone' as const,
      // Later ones come first in the list.
      forMs: 1_000 * (i + 1),
    }));
    node.seen = { absent: gone.slice(4) };
    await node.run(10_000);
    expect(node.active).toHaveLength(MEMBERS_NAMED_MAX);
    node.seen = { absent: gone };
    await node.run(60_000);
    expect(node.active).toHaveLength(MEMBERS_NAMED_MAX);
    expect(node.log).toHaveLength(MEMBERS_NAMED_MAX);
    node.seen = {};
    await node.run(60_000);
    expect(node.active).toEqual([]);
  });
});
