import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { metresBetween, predictPosition } from '../../routing/mobility.ts';
import { createSeededRng } from '../seeded-rng.ts';
import { WALL_START_MS } from '../world.ts';
import { parseGenerator } from '../topology/parse-generator.ts';
import { Motion, MOTION_CLASSES, pairsWithin, rangeFor } from './motion.ts';

const rng = createSeededRng(primitives, 1, 'motion');
const topology = unwrap(parseGenerator('geometric:40', rng));

describe('motion', () => {
  test.each(MOTION_CLASSES)('%s: nobody goes faster than told, and seeds repeat', (motionClass) => {
    const walk = (): readonly (readonly number[])[] => {
      const motion = new Motion(topology, motionClass, 2, createSeededRng(primitives, 7, 'm'));
      const seen = [motion.positions];
      for (let step = 0; step < 200; step += 1) {
        motion.step(1_000);
        seen.push(motion.positions);
      }
      for (const [i, positions] of seen.slice(1).entries()) {
        for (const [node, { x, y }] of positions.entries()) {
          const before = seen[i]?.[node] ?? { x, y };
          expect(Math.hypot(x - before.x, y - before.y)).toBeLessThanOrEqual(2 + 1e-9);
        }
      }
      return motion.positions.map(({ x, y }) => [x, y]);
    };
    const end = walk();
    expect(walk()).toEqual(end);
    const start = new Motion(topology, motionClass, 2, createSeededRng(primitives, 7, 'm'));
    const stayed = end.every(([x], node) => x === start.positions[node]?.x);
    expect(stayed).toBe(motionClass === 'static');
  });

  test('pairs within range are those that a comparison of all finds', () => {
    const coordinate = fc.double({ min: 0, max: 100, noNaN: true });
    const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { maxLength: 40 });
    fc.assert(
      fc.property(points, fc.double({ min: 0.1, max: 150, noNaN: true }), (positions, range) => {
        const found = [...pairsWithin(positions, range)].map(([a, b]) => `${a} ${b}`).toSorted();
        const expected = positions.flatMap((p, a) =>
          positions.flatMap((q, b) =>
            a < b && Math.hypot(p.x - q.x, p.y - q.y) <= range ? [`${a} ${b}`] : [],
          ),
        );
        expect(found).toEqual(expected.toSorted());
      }),
    );
  });

  test('the range links as many pairs as asked', () => {
    const { positions } = new Motion(topology, 'static', 1, rng);
    for (const links of [10, 100, 300]) {
      expect([...pairsWithin(positions, rangeFor(positions, links))].length).toBe(links);
    }
  });
});

test.each(['linear', 'circular', 'commuter'] as const)(
  '%s: what nodes say of themselves tells where they are, walls and all',
  (motionClass) => {
    const motion = new Motion(topology, motionClass, 7, createSeededRng(primitives, 4, 'motion'));
    let turned = 0;
    for (let second = 1; second <= 400; second += 1) {
      turned += motion.step(1_000).length;
      motion.positions.forEach((position, node) => {
        const told = predictPosition(motion.locationOf(node), WALL_START_MS + 1_000 * second);
        // A wall is met within a step.
        expect(metresBetween(true, told.position, position)).toBeLessThan(8);
      });
    }
    expect(turned > 0).toBe(motionClass === 'linear');
  },
);
