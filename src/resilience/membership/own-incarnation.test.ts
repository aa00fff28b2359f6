import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import { LocalHealth, SUSPECTED_SCORE_MAX } from '../detector/local-health.ts';
import { OwnIncarnation, SUSPECTED_APART_MS } from './own-incarnation.ts';

const EPOCH = 7;
const FIRST = BigInt(EPOCH) << 32n;

function neighbour(n: number): PeerIdText {
  return peerIdText(new Uint8Array(32).fill(n));
}

test('is higher after each suspicion of the current one, and after no other; each neighbour counts once in a while', () => {
  const own = new OwnIncarnation(EPOCH);
  const [a, b] = [neighbour(1), neighbour(2)];
  expect(own.current).toBe(FIRST);
  expect(own.suspected(a, 0n, 0)).toBe(false);
  expect(own.suspected(a, FIRST, 0)).toBe(true);
  expect(own.current).toBe(FIRST + 1n);
  expect(own.suspected(b, FIRST, 0)).toBe(false);
  expect(own.current).toBe(FIRST + 1n);
  expect(own.suspected(b, FIRST + 1n, 0)).toBe(true);
  expect(own.suspected(a, FIRST + 2n, SUSPECTED_APART_MS - 1)).toBe(false);
  expect(own.suspected(a, FIRST + 3n, SUSPECTED_APART_MS)).toBe(true);
  expect(own.current).toBe(FIRST + 4n);
});

test('whatever neighbours say, and however often, makes local health as much worse as they are, three at most, and no epoch runs over', () => {
  const claim = fc.oneof(
    fc.constant('current' as const),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: FIRST, max: FIRST + 2n ** 32n - 1n }),
  );
  const liars = fc.integer({ min: 1, max: 5 });
  const steps = fc.array(fc.tuple(claim, fc.nat({ max: 15_000 })));
  /** The second neighbour counts less than the time of a fall after the first. */
  const counted = [0, 1_900, 18_100, 2_000].map((ms): ['current', number] => ['current', ms]);
  fc.assert(
    fc.property(liars, steps, (count, told) => {
      const own = new OwnIncarnation(EPOCH);
      const health = new LocalHealth();
      let nowMs = 0;
      for (const [at, [claimed, ms]] of told.entries()) {
        nowMs += ms;
        const before = own.current;
        const incarnation = claimed === 'current' ? before : claimed;
        if (own.suspected(neighbour(at % count), incarnation, nowMs)) health.suspected(nowMs);
        expect(own.current - before).toBe(incarnation === before ? 1n : 0n);
        expect(own.current >> 32n).toBe(BigInt(EPOCH));
        expect(health.score(nowMs)).toBeLessThanOrEqual(Math.min(count, SUSPECTED_SCORE_MAX));
      }
    }),
    { examples: [[2, counted]] },
  );
});
