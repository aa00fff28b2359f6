import { describe, expect, test } from 'vitest';
import {
  ALL_BACK_WITHIN_MS,
  chaosReport,
  chaosText,
  LISTENS_WITHIN_MS,
  TABLE_BACK_WITHIN_MS,
  type ChaosFigures,
} from './chaos-report.ts';

/** Each figure at the bound of what was promised. */
const KEPT: ChaosFigures = {
  seed: 1,
  nodes: 10,
  durationMs: 30_000,
  faults: [
    {
      kind: 'kill',
      node: 'a-table',
      atMs: 2_000,
      untilMs: 4_000,
      doneAtMs: 2_001,
      endedAtMs: 4_001,
    },
  ],
  leftOut: [],
  acknowledged: 1,
  lost: 0,
  lostBets: [],
  resolvedTwice: 0,
  supplyConserved: true,
  attempts: 1,
  refused: {},
  restarts: { count: 1, slowestMs: LISTENS_WITHIN_MS },
  allBackMs: ALL_BACK_WITHIN_MS,
  unexpected: [],
  transcripts: { checked: 4, wrong: [] },
  transcript: '/a.bct',
  availability: 0.9,
  longestSilenceMs: 60_000,
  longestDownMs: TABLE_BACK_WITHIN_MS,
  reachable: 0.9,
};

test('at the bounds everything is kept', () => {
  const report = chaosReport(KEPT);
  expect(report.promises.filter(({ kept }) => !kept)).toEqual([]);
  expect(report.kept).toBe(true);
  expect(chaosText(report)).toMatch(/faults +1: 1 kill\n/);
});

describe('beyond each bound one promise is broken, and with it the run', () => {
  const late = { longestDownMs: TABLE_BACK_WITHIN_MS + 1 };
  const cases: readonly (readonly [string, 'always' | 'time', Partial<ChaosFigures>])[] = [
    ['no acknowledged bet is lost', 'always', { lost: 1 }],
    ['no acknowledged bet is lost', 'always', { acknowledged: 0 }],
    ['no bet is resolved twice', 'always', { resolvedTwice: 1 }],
    ['supply is conserved', 'always', { supplyConserved: false }],
    ['every transcript verifies', 'always', { transcripts: { checked: 4, wrong: ['one'] } }],
    ['every transcript verifies', 'always', { transcripts: { checked: 0, wrong: [] } }],
    ['no process ends by itself', 'always', { unexpected: ['a-table ended'] }],
    ['who is started again', 'time', { restarts: { count: 1, slowestMs: LISTENS_WITHIN_MS + 1 } }],
    ['table in reach', 'time', late],
    ['after the last fault', 'time', { allBackMs: ALL_BACK_WITHIN_MS + 1 }],
    ['after the last fault', 'time', { allBackMs: null }],
  ];
  test.each(cases)('%s (%s) %j', (promise, holds, figures) => {
    const report = chaosReport({ ...KEPT, ...figures });
    const broken = report.promises.filter(({ kept }) => !kept);
    expect(broken).toHaveLength(1);
    expect(broken[0]?.promise).toContain(promise);
    expect(broken[0]?.holds).toBe(holds);
    expect(report.kept).toBe(false);
    expect(chaosText(report)).toContain(`BROKEN  ${promise}`);
  });
});

test('a step that took less than it says is told', () => {
  const leftOut = [{ step: '8s kill n3', asked: 1, taken: 0 }];
  expect(chaosText(chaosReport({ ...KEPT, leftOut }))).toContain('"8s kill n3" took 0 of 1');
});
