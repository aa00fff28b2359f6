import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linkPrice, markProbability, pathPrice, utilisationOf } from './congestion-marking.ts';
import { createPathTomography } from './path-tomography.ts';

describe('congestion marks', () => {
  test('the share of marked packets tells the sum of prices along a path', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.9, noNaN: true }), { maxLength: 5 }),
        (loads) => {
          const unmarked = loads.reduce((share, load) => share * (1 - markProbability(load)), 1);
          const sum = loads.reduce((sum, load) => sum + linkPrice(load), 0);
          expect(pathPrice(1 - unmarked)).toBeCloseTo(Math.min(sum, -Math.log(0.01)), 6);
        },
      ),
    );
  });

  test('a price tells the load', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), (load) => {
        expect(utilisationOf(linkPrice(load))).toBeCloseTo(load, 6);
      }),
    );
    expect(linkPrice(0.8)).toBeCloseTo(0.3, 9);
    expect(linkPrice(9)).toBeCloseTo(-Math.log(0.01), 9);
  });
});

describe('path tomography', () => {
  const options = { linksMax: 100, halfLifeMs: 1_000_000, gain: 1 };

  test('finds what each link contributes, where paths tell them apart', () => {
    const costs = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(costs, ([a = 0, b = 0, c = 0, d = 0]) => {
        const links = createPathTomography(options);
        for (let round = 0; round < 300; round += 1) {
          links.observe([0, 1, 2], a + b, round);
          links.observe([0, 1, 3], a + c, round);
          links.observe([4, 1, 2], d + b, round);
          links.observe([0, 1], a, round);
        }
        expect(links.at(0, 1, 300)).toBeCloseTo(a, 1);
        expect(links.at(1, 2, 300)).toBeCloseTo(b, 1);
        expect(links.at(1, 3, 300)).toBeCloseTo(c, 1);
        expect(links.at(4, 1, 300)).toBeCloseTo(d, 1);
      }),
    );
  });

  test('halves in its half-life, keeps directions apart, and forgets the oldest at its bound', () => {
    const links = createPathTomography({ linksMax: 2, halfLifeMs: 1_000, gain: 1 });
    links.observe([0, 1], 8, 0);
    expect(links.at(0, 1, 1_000)).toBeCloseTo(4, 9);
    expect(links.at(1, 0, 0)).toBe(0);
    links.observe([1, 2], 1, 0);
    links.observe([2, 3], 1, 0);
    expect(links.at(0, 1, 0)).toBe(0);
    expect(links.stateBytes).toBe(128);
    for (const bad of [NaN, Infinity, -1]) links.observe([5, 6], bad, 0);
    expect(links.at(5, 6, 0)).toBe(0);
  });
});
