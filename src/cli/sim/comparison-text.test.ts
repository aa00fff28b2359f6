import { expect, test } from 'vitest';
import { comparisonText } from './comparison-text.ts';
import { faultsOption } from './run-options.ts';
import { simulate, type SimFlags } from './simulate.ts';
import { topologyOf } from './topology-argument.ts';

function compared(topology: string, faults: string | null): string {
  const flags: SimFlags = {
    seed: 1,
    preset: 'local',
    policy: 'dijkstra',
    pairs: 10,
    duration: 2_000,
    loss: 0,
    churn: 0,
    speed: 1,
    ...(faults === null ? {} : { faults: faultsOption(faults) }),
  };
  return comparisonText([simulate(topologyOf(topology, 1), flags, null, null)]);
}

test('where things break, each policy says what was available and what was kept', () => {
  const [heading, row, ...broken] = compared('ring:4', '1s cut 1 for 1s').trimEnd().split('\n');
  expect(heading).toMatch(/available +longest wait +promises$/);
  expect(row).toMatch(/\d %  +\d+ ms +kept$/);
  expect(broken).toEqual([]);
});

test('a broken promise is named under the table', () => {
  const text = compared('grid:1x1', '1s kill 1 for 1s');
  expect(text).toMatch(/n\/a +n\/a +BROKEN\n/);
  expect(text).toContain('BROKEN with dijkstra: no acknowledged message is lost');
});

test('where nothing breaks, nothing is said of it', () => {
  expect(compared('ring:4', null)).not.toMatch(/available|promises|BROKEN/);
});
