import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearingTo, metresBetween, moved, predictPosition } from './mobility.ts';
import type { Location, Mobility, Position } from './node-attributes.ts';

const NAUTICAL_MILE_METRES = 1852;
const RADIAN_METRES = 6_371_008.8;

/** Away from the poles, where a bearing says little. */
const onMap: fc.Arbitrary<Position> = fc.record({
  x: fc.double({ min: -80, max: 80, noNaN: true }),
  y: fc.double({ min: -180, max: 180, noNaN: true }),
});
const onPlane: fc.Arbitrary<Position> = fc.record({
  x: fc.double({ min: -10_000, max: 10_000, noNaN: true }),
  y: fc.double({ min: -10_000, max: 10_000, noNaN: true }),
});
const placed = fc.oneof(
  fc.tuple(fc.constant(true), onPlane, onPlane),
  // A trip of a device, not round the world.
  fc
    .tuple(onMap, fc.double({ min: 0, max: 360, noNaN: true }), fc.integer({ min: 1, max: 50_000 }))
    .map(([from, bearing, metres]): [boolean, Position, Position] => [
      false,
      from,
      moved(false, from, bearing, metres),
    ]),
);
const speed = fc.double({ min: 0.1, max: 50, noNaN: true });
const elapsed = fc.integer({ min: 0, max: 86_400_000 });

function at(planar: boolean, position: Position, mobility: Mobility): Location {
  return { planar, position, atMs: 1_000, mobility };
}

describe('distance and bearing', () => {
  // Williams, Aviation Formulary 1.47, worked examples: Los Angeles to New York.
  const losAngeles = { x: 33 + 57 / 60, y: -(118 + 24 / 60) };
  const newYork = { x: 40 + 38 / 60, y: -(73 + 47 / 60) };

  test('are those of the Aviation Formulary', () => {
    expect(metresBetween(false, losAngeles, newYork) / RADIAN_METRES).toBeCloseTo(0.623585, 5);
    expect(bearingTo(false, losAngeles, newYork)).toBeCloseTo(65.8922, 2);
    // 100 nautical miles from there towards New York, where a mile is a minute of arc there: 34° 37' N, 116° 33' W.
    const metres = ((100 / 60) * Math.PI * RADIAN_METRES) / 180;
    const reached = moved(false, losAngeles, bearingTo(false, losAngeles, newYork), metres);
    expect((reached.x * Math.PI) / 180).toBeCloseTo(0.60418, 5);
    expect((reached.y * Math.PI) / 180).toBeCloseTo(-2.034206, 5);
    expect(metres / NAUTICAL_MILE_METRES).toBeCloseTo(100.0, 0);
  });

  test('a quarter of the globe, and Euclid', () => {
    const quarter = (Math.PI / 2) * RADIAN_METRES;
    expect(metresBetween(false, { x: 0, y: 0 }, { x: 0, y: 90 })).toBeCloseTo(quarter, 3);
    expect(metresBetween(false, { x: 0, y: 179 }, { x: 0, y: -91 })).toBeCloseTo(quarter, 3);
    expect(metresBetween(true, { x: 1, y: 2 }, { x: 4, y: 6 })).toBe(5);
    expect(bearingTo(true, { x: 0, y: 0 }, { x: 0, y: 3 })).toBe(90);
  });

  test('moving along the bearing for the distance arrives', () => {
    fc.assert(
      fc.property(placed, ([planar, from, to]) => {
        const metres = metresBetween(planar, from, to);
        const reached = moved(planar, from, bearingTo(planar, from, to), metres);
        expect(metresBetween(planar, reached, to)).toBeLessThan(0.01 + metres * 1e-6);
      }),
    );
  });
});

describe('predicted positions', () => {
  test('a static node stays, a random one too, ever less surely', () => {
    fc.assert(
      fc.property(placed, speed, elapsed, elapsed, ([planar, from], speed, some, more) => {
        expect(predictPosition(at(planar, from, { kind: 'static' }), 1_000 + some)).toEqual({
          position: from,
          uncertaintyMetres: 0,
        });
        const random = at(planar, from, { kind: 'random', speed });
        const early = predictPosition(random, 1_000 + some);
        const late = predictPosition(random, 1_000 + some + more);
        expect(early.position).toEqual(from);
        expect(late.uncertaintyMetres).toBeGreaterThanOrEqual(early.uncertaintyMetres);
        expect(early.uncertaintyMetres).toBeLessThanOrEqual((speed * some) / 1000 + 1e-6);
      }),
    );
  });

  test('a linear node is as far away as its speed takes it', () => {
    fc.assert(
      fc.property(
        placed,
        speed,
        fc.double({ min: 0, max: 360, noNaN: true }),
        fc.integer({ min: 0, max: 3_600_000 }),
        ([planar, from], speed, heading, elapsedMs) => {
          const mobility = { kind: 'linear', speed, heading } as const;
          const { position } = predictPosition(at(planar, from, mobility), 1_000 + elapsedMs);
          const metres = (speed * elapsedMs) / 1000;
          expect(Math.abs(metresBetween(planar, from, position) - metres)).toBeLessThan(0.01);
        },
      ),
    );
  });

  test('a circular node keeps its distance and is back after a period', () => {
    fc.assert(
      fc.property(placed, speed, elapsed, ([planar, from, centre], speed, elapsedMs) => {
        const location = at(planar, from, { kind: 'circular', speed, centre });
        const radius = metresBetween(planar, from, centre);
        fc.pre(radius > 0.01);
        const onWay = predictPosition(location, 1_000 + elapsedMs).position;
        expect(Math.abs(metresBetween(planar, onWay, centre) - radius)).toBeLessThan(0.01);
        const round = planar ? radius : RADIAN_METRES * Math.sin(radius / RADIAN_METRES);
        const periodMs = (2 * Math.PI * round * 1000) / speed;
        const back = predictPosition(location, 1_000 + periodMs).position;
        expect(metresBetween(planar, back, from)).toBeLessThan(0.01 + radius * 1e-6);
      }),
    );
  });

  test('clockwise: from north of the centre to its east', () => {
    const mobility = { kind: 'circular', speed: 1, centre: { x: 50, y: 8 } } as const;
    const north = moved(false, mobility.centre, 0, 1_000);
    const quarterMs = (Math.PI / 2) * 1_000 * 1_000;
    const { position } = predictPosition(at(false, north, mobility), 1_000 + quarterMs);
    expect(bearingTo(false, mobility.centre, position)).toBeCloseTo(90, 3);
  });

  test('a commuter stays on its way, reaches the other end, pauses there and comes back', () => {
    fc.assert(
      fc.property(
        placed,
        speed,
        fc.integer({ min: 1, max: 600_000 }),
        elapsed,
        ([planar, from, other], speed, pauseMs, elapsedMs) => {
          const metres = metresBetween(planar, from, other);
          fc.pre(metres > 1);
          const location = at(planar, from, { kind: 'commuter', speed, other, pauseMs });
          const after = (ms: number): Position => predictPosition(location, 1_000 + ms).position;
          const near = (a: Position, b: Position): void =>
            expect(metresBetween(planar, a, b)).toBeLessThan(0.05 + metres * 1e-5);
          const somewhere = after(elapsedMs);
          const detour =
            metresBetween(planar, from, somewhere) + metresBetween(planar, somewhere, other);
          expect(detour - metres).toBeLessThan(0.05 + metres * 1e-5);
          const travelMs = (metres * 1000) / speed;
          near(after(travelMs), other);
          near(after(travelMs + pauseMs), other);
          near(after(2 * travelMs + pauseMs), from);
          near(after(2 * travelMs + 1.5 * pauseMs), from);
        },
      ),
    );
  });

  test('a node that does not move as it says stays where it was', () => {
    const here = { x: 50, y: 8 };
    for (const mobility of [
      { kind: 'circular', speed: 5, centre: here },
      { kind: 'commuter', speed: 5, other: here, pauseMs: 0 },
      { kind: 'commuter', speed: 0, other: { x: 51, y: 8 }, pauseMs: 0 },
    ] as const) {
      expect(predictPosition(at(false, here, mobility), 99_000).position).toEqual(here);
    }
  });
});
