import { describe, expect, test } from 'vitest';
import { RESILIENCE_STATISTICS } from '../../test/suites/resilience-statistics.ts';
import { primitives } from '../platform/node/primitives.ts';
import { AlertBook } from '../resilience/alerts/alert-book.ts';
import { HealthJudge, type HealthObservation } from '../resilience/health/health-judge.ts';
import { RetryBudget } from '../resilience/recovery/retry-budget.ts';
import { createWorld, type World } from '../sim/world.ts';
import { alertConditions, MEMBERS_NAMED_MAX, type Seen } from './alert-conditions.ts';

const CHECK_MS = 5_000;
const OBSERVATION: HealthObservation = {
  neighbours: 3,
  wantedNeighbours: 1,
  reachable: 9,
  awayMs: [],
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

  get active(): readonly string[] {
    return this.#book.active().map(({ rule }) => rule);
  }
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
