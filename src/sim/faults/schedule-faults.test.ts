import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createSeededRng } from '../seeded-rng.ts';
import { endsFault, faultText, type FaultEvent } from './fault.ts';
import { parseFaults } from './parse-faults.ts';
import { faultLine, faultsOf } from './fault-list.ts';
import {
  leftOutText,
  scheduleFaults,
  type FaultGround,
  type FaultSchedule,
} from './schedule-faults.ts';

const nodes: readonly string[] = Array.from({ length: 10 }, (_, i) => `n${i}`);
const links: readonly string[] = nodes.slice(1).map((name, i) => `n${i}/${name}`);
const GROUND: FaultGround = { nodes, links, durationMs: 60_000 };

function schedule(text: string, seed = 1, ground = GROUND): FaultSchedule {
  const rng = createSeededRng(primitives, seed, 'faults');
  return unwrap(scheduleFaults(unwrap(parseFaults(text)), ground, rng));
}

function events(text: string, seed = 1, ground = GROUND): readonly FaultEvent[] {
  return schedule(text, seed, ground).events;
}

function refusal(text: string, ground = GROUND): { code: string; message: string } {
  const rng = createSeededRng(primitives, 1, 'faults');
  const refused = scheduleFaults(unwrap(parseFaults(text)), ground, rng);
  return refused.ok ? { code: '', message: '' } : refused.error;
}

/** How many nodes or links a step of the scripts below is to take. */
function askedBy(words: string): number {
  const [, kind, amount = ''] = words.split(' ');
  if (kind === 'heal') return 0;
  if (kind === 'lose') return words.includes(' on 2') ? 2 : links.length;
  if (amount === 'n3') return 1;
  return { all: links.length, '30%': 3 }[amount] ?? Number(amount);
}

/** What holds a fault: one kind of trouble of one node or link. */
function holderOf(event: FaultEvent): string {
  const target = 'node' in event ? event.node : event.link;
  switch (event.kind) {
    case 'kill':
    case 'restart':
    case 'pause':
    case 'resume':
      return `process ${target}`;
    case 'cut':
    case 'mend':
      return `cut ${target}`;
    default:
      return `${event.kind} ${target}`;
  }
}

const step = fc.oneof(
  fc.constantFrom('kill 2', 'kill 30% for 3s', 'pause 1 for 4s', 'cut all for 2s', 'cut 3', 'heal'),
  fc.constantFrom('slow 2 by 10ms', 'lose 5%', 'lose 5% on 2 for 9s', 'skew 1 by -2s', 'kill n3'),
);
const script = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 70 }), step), { minLength: 1, maxLength: 12 })
  .map((steps) => steps.map(([at, what]) => `${at}s ${what}`).join('; '));
const random = fc
  .double({ min: 0.05, max: 5, noNaN: true })
  .map((rate) => `random:${rate.toFixed(2)}`);

describe('of any script', () => {
  test('events are in order, no fault begins where it holds, and all have ended at the end', () => {
    fc.assert(
      fc.property(fc.oneof(script, random), fc.nat(1_000), (text, seed) => {
        const held = new Set<string>();
        let lastMs = 0;
        const { durationMs, events: all } = schedule(text, seed);
        expect(durationMs).toBeGreaterThanOrEqual(GROUND.durationMs);
        for (const event of all) {
          expect(event.atMs).toBeGreaterThanOrEqual(lastMs);
          expect(event.atMs).toBeLessThanOrEqual(durationMs);
          lastMs = event.atMs;
          const holder = holderOf(event);
          expect(held.has(holder), `${text}: ${faultText(event)}`).toBe(endsFault(event));
          if (endsFault(event)) held.delete(holder);
          else held.add(holder);
        }
        expect([...held]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('what each step asks for either begins, or is told as left out', () => {
    fc.assert(
      fc.property(script, fc.nat(1_000), (text, seed) => {
        const { events: all, leftOut } = schedule(text, seed);
        for (const { asked, taken } of leftOut) expect(taken).toBeLessThan(asked);
        const missing = leftOut.reduce((sum, { asked, taken }) => sum + asked - taken, 0);
        const asked = text.split('; ').reduce((sum, words) => sum + askedBy(words), 0);
        expect(faultsOf(all)).toHaveLength(asked - missing);
      }),
      { numRuns: 300 },
    );
  });

  test('one seed, one schedule; another seed, another', () => {
    expect(events('random:1', 7)).toEqual(events('random:1', 7));
    expect(events('random:1', 7)).not.toEqual(events('random:1', 8));
  });
});

test('random faults come at the rate that was asked for, of all kinds, and leave most nodes alone', () => {
  const ground = { ...GROUND, durationMs: 2_000_000 };
  const all = events('random:0.2', 3, ground);
  const begun = all.filter((event) => !endsFault(event));
  // 400 on average, some of them skipped where enough is broken.
  expect(begun.length).toBeGreaterThan(250);
  expect(begun.length).toBeLessThan(460);
  expect(new Set(begun.map(({ kind }) => kind)).size).toBe(6);
  let down = 0;
  for (const { kind } of all) {
    if (kind === 'kill' || kind === 'pause') down += 1;
    if (kind === 'restart' || kind === 'resume') down -= 1;
    expect(down).toBeLessThanOrEqual(2);
  }
});

test('a script takes what it names, and as much as it says', () => {
  const made = events('1s kill n3,n4 for 2s; 1s cut n1/n0; 5s heal; 6s pause 30% for 1s');
  expect(made.filter(({ atMs }) => atMs <= 5_000)).toEqual([
    { atMs: 1_000, kind: 'kill', node: 'n3' },
    { atMs: 1_000, kind: 'kill', node: 'n4' },
    { atMs: 1_000, kind: 'cut', link: 'n0/n1' },
    { atMs: 3_000, kind: 'restart', node: 'n3' },
    { atMs: 3_000, kind: 'restart', node: 'n4' },
    { atMs: 5_000, kind: 'mend', link: 'n0/n1' },
  ]);
  expect(made.filter(({ kind }) => kind === 'pause')).toHaveLength(3);
});

describe('a run lasts until each fault has been felt', () => {
  test.each([
    ['60s kill n3', 70_000],
    ['59s kill n3', 69_000],
    ['90s kill n3 for 1s', 91_000],
    ['90s kill n3; 92s heal', 92_000],
    ['90s heal; 90s kill n3', 100_000],
    ['1s kill n3', 60_000],
  ])('%s', (text, durationMs) => {
    const made = schedule(text);
    expect(made.durationMs).toBe(durationMs);
    expect(made.events.filter(({ kind }) => kind === 'kill')).toHaveLength(1);
    expect(made.leftOut).toEqual([]);
  });
});

test('a kill by name ends a pause; what is down is neither paused nor killed again, which is told', () => {
  const made = schedule('5s pause n3 for 5s; 6s kill n3 for 3s; 7s pause n3,n4 for 1s; 8s kill n3');
  expect(faultsOf(made.events).map(faultLine)).toEqual([
    '   5.0 s  pause   n3 for 1.0 s',
    '   6.0 s  kill    n3 for 3.0 s',
    '   7.0 s  pause   n4 for 1.0 s',
  ]);
  expect(made.leftOut.map(leftOutText)).toEqual([
    '"7s pause n3,n4 for 1s" took 1 of 2: other faults held the rest',
    '"8s kill n3" took 0 of 1: other faults held the rest',
  ]);
  expect(schedule('1s cut n0/n1, n1/n0').leftOut).toEqual([]);
});

test('a stranger is named, and who is there', () => {
  expect(refusal('1s cut n0/n5')).toMatchObject({
    code: 'SIM_FAULTS_TARGET_UNKNOWN',
    message: expect.stringContaining('there is no link n0/n5, but n0/n1, n1/n2,') as string,
  });
});

test('more than there is, is refused', () => {
  expect(refusal('1s kill 11').message).toBe(
    'cannot do "1s kill 11": it takes 11, and there are 10 nodes',
  );
  expect(refusal('1s cut all', { ...GROUND, links: [] }).code).toBe('SIM_FAULTS_TOO_MANY');
  expect(schedule('random:5', 1, { ...GROUND, links: [] }).leftOut).toEqual([]);
});

test('texts for people', () => {
  expect(
    [
      ...events('1s lose 12.5% on n0/n1 for 1s'),
      ...events('2s skew n1 by -2s for 1s'),
      ...events('2s slow n0/n1 by 20ms'),
    ].map(faultText),
  ).toEqual([
    '   1.0 s  lose    n0/n1 12.5 %',
    '   2.0 s  lose    n0/n1 no more',
    '   2.0 s  skew    n1 by -2 s',
    '   3.0 s  skew    n1 no more',
    '   2.0 s  slow    n0/n1 by 20 ms',
    '  60.0 s  slow    n0/n1 no more',
  ]);
});
