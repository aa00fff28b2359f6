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

  test('stays where it is while others are hardly better, and goes where they are clearly', () => {
    const nearEqual = graphOf(4, [
      { a: 0, b: 1, there: 100, back: 100 },
      { a: 1, b: 3, there: 100, back: 100 },
      { a: 0, b: 2, there: 104, back: 104 },
      { a: 2, b: 3, there: 104, back: 104 },
    ]);
    const view = viewOf(nearEqual, 0);
    const balanced = createPolicy('load-balanced');
    const flow = [...Array(100).keys()].find(
      (flow) => balanced.choose(view, 3, flow, DEFAULT_CRITERIA)?.nodes[1] === 2,
    );
    const policy = createHybridPolicy();
    const chosen = (): number | undefined =>
      policy.choose(view, 3, flow ?? -1, DEFAULT_CRITERIA)?.nodes[1];
    expect(chosen()).toBe(1);
    // Queues make the first arc a tenth dearer: 210 by one way, 208 by the other.
    view.congestionOf.set(0, 1 / 11);
    view.nowMs += 2_000;
    expect(chosen()).toBe(1);
    view.congestionOf.set(0, 0.9);
    view.nowMs += 2_000;
    expect(chosen()).toBe(2);
  });
});

describe('policies by name', () => {
  test('each name makes the policy of that name', () => {
    for (const name of POLICY_NAMES) expect(createPolicy(name).name).toBe(name);
    expect(isPolicyName('hybrid')).toBe(true);
    expect(isPolicyName('constructor')).toBe(false);
  });
});
