// The language of faults against words in any order and random text: a script whose schedule can be drawn, or a code,
// never an exception. BITCRAPS_FUZZ_MS is the time (300 ms unless told).

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { primitives } from '../../src/platform/node/primitives.ts';
import { parseFaults } from '../../src/sim/faults/parse-faults.ts';
import { scheduleFaults } from '../../src/sim/faults/schedule-faults.ts';
import { createSeededRng } from '../../src/sim/seeded-rng.ts';

const budgetMs = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const GROUND = { nodes: ['a', 'b', 'c'], links: ['a/b', 'b/c'], durationMs: 60_000 };

const WORDS =
  '1s 10s 500ms -2s kill pause cut slow lose skew heal 3 0 10% 0% 101% all for by on nodes links a b,c a/b c/b, a,zed ; ; random: random:1'.split(
    ' ',
  );
const sentence = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 14 })
  .map((words) => words.join(' '));
const step = fc
  .tuple(
    fc.constantFrom('1s', '2.5s', '90s'),
    fc.constantFrom('kill a', 'pause 2 for 3s', 'cut b/a', 'slow all by 5ms', 'lose 9%', 'heal'),
    fc.constantFrom('', ' for 2s', ' for', ' now'),
  )
  .map((parts) => parts.join(' '));
const script = fc.array(step, { maxLength: 6 }).map((steps) => steps.join(';'));

test('parseFaults', () => {
  const property = fc.property(fc.oneof(sentence, script, fc.string()), (text) => {
    const parsed = parseFaults(text);
    if (!parsed.ok) {
      expect(parsed.error.code).toBe('SIM_FAULTS_INVALID');
      return;
    }
    const rng = createSeededRng(primitives, 1, 'faults');
    const scheduled = scheduleFaults(parsed.value, GROUND, rng);
    if (scheduled.ok) return;
    expect(['SIM_FAULTS_TARGET_UNKNOWN', 'SIM_FAULTS_TOO_MANY']).toContain(scheduled.error.code);
  });
  const runs = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: budgetMs };
  fc.assert(property, { ...runs, markInterruptAsFailure: false });
});
