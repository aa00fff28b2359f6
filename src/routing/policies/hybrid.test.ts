import { describe, expect, test } from 'vitest';
import { policySuite } from '../../../test/suites/policy.suite.ts';
import { type TestView, graphOf, viewOf } from '../../../test/suites/routing-view.ts';
import { createHybridPolicy } from './hybrid.ts';
import { DEFAULT_CRITERIA, POLICY_NAMES, createPolicy, isPolicyName } from './policies.ts';
import type { RoutePolicy } from './route-policy.ts';

policySuite('hybrid', createHybridPolicy);

function over(policy: RoutePolicy, view: TestView): number | undefined {
  return policy.choose(view, 3, 1, DEFAULT_CRITERIA)?.nodes[1];
}

describe('hybrid', () => {
  // The short way over 1, and one half as dear again over 2.
  const graph = graphOf(4, [
    { a: 0, b: 1, there: 100, back: 100 },
    { a: 1, b: 3, there: 100, back: 100 },
    { a: 0, b: 2, there: 150, back: 150 },
    { a: 2, b: 3, there: 150, back: 150 },
  ]);

  test('leaves a lossy path for what another policy proposes, and says whose proposal it is', () => {
    const policy = createHybridPolicy();
    const view = viewOf(graph, 0);
    expect(over(policy, view)).toBe(1);
    for (let i = 0; i < 20; i += 1) {
      view.nowMs += 1_000;
      const nodes = policy.choose(view, 3, 1, DEFAULT_CRITERIA)?.nodes ?? [];
      const bad = nodes.includes(1);
      policy.feedback(view, {
        nodes,
        delivered: bad ? 2 : 10,
        lost: bad ? 8 : 0,
        marked: 0,
        roundTripMs: bad ? 40 : 60,
      });
    }
    expect(over(policy, view)).toBe(2);
    expect(policy.choose(view, 3, 1, DEFAULT_CRITERIA)?.reason).toMatch(
      /^(ant-colony|load-balanced): /,
    );
    expect(policy.alternatives(view, 3, DEFAULT_CRITERIA)[0]?.nodes).toEqual([0, 1, 3]);
  });

  test('stays where it is while others are hardly better', () => {
    const policy = createHybridPolicy();
    const view = viewOf(graph, 0);
    policy.choose(view, 3, 1, DEFAULT_CRITERIA);
    for (let i = 0; i < 20; i += 1) {
      view.nowMs += 1_000;
      view.congestionOf.set(0, i % 2 === 0 ? 0.1 : 0);
      expect(over(policy, view)).toBe(1);
    }
  });
});

describe('policies by name', () => {
  test('each name makes the policy of that name', () => {
    for (const name of POLICY_NAMES) expect(createPolicy(name).name).toBe(name);
    expect(isPolicyName('hybrid')).toBe(true);
    expect(isPolicyName('constructor')).toBe(false);
  });
});
