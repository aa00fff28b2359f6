import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { byteKey } from '../../routing/byte-key.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import {
  AVOID_MS_MIN,
  LEAVE_MS_MIN,
  LEAVE_MS_SPREAD,
  PLACEMENTS_MAX,
  StickyPlacements,
  hashOf,
  type Place,
} from './sticky-placements.ts';

const rng = createSeededRng(primitives, 7, 'placements');
const draw = (): Uint8Array => {
  const bytes = new Uint8Array(32);
  rng.fill(bytes);
  return bytes;
};
const self = draw();
const gateways = Array.from({ length: 6 }, draw);
const destinations = Array.from({ length: 4_000 }, draw);

function place(i: number, more: Partial<Place> = {}): Place {
  const gateway = gateways[i] ?? self;
  return {
    key: byteKey(gateway),
    name: hashOf(gateway),
    takes: true,
    keeps: 'yes',
    weight: 1,
    load: 0,
    ...more,
  };
}

function fresh(): StickyPlacements {
  return new StickyPlacements(self, rng);
}

/** The place of each destination, as one who knows nothing yet puts it. */
function allPlaced(places: readonly Place[]): readonly (string | null)[] {
  const placements = fresh();
  return destinations.map((destination) =>
    placements.choose(byteKey(destination), destination, places, false, 0),
  );
}

function countAt(placed: readonly (string | null)[], i: number): number {
  return placed.filter((key) => key === place(i).key).length;
}

/** Five standard deviations of a binomial count: once in some million runs by chance. */
function bound(count: number, share: number): number {
  return 5 * Math.sqrt(count * share * (1 - share));
}

describe('rendezvous', () => {
  test('shares are those of the weights', () => {
    const weights = [1, 2, 4, 8];
    const sum = 15;
    const placed = allPlaced(weights.map((weight, i) => place(i, { weight })));
    for (const [i, weight] of weights.entries()) {
      const share = weight / sum;
      const expected = destinations.length * share;
      expect(Math.abs(countAt(placed, i) - expected)).toBeLessThan(
        bound(destinations.length, share),
      );
    }
  });

  test('only those of a gateway that goes move, and only to one that comes', () => {
    const all = [0, 1, 2, 3, 4].map((i) => place(i, { weight: 1 + i }));
    const before = allPlaced(all);
    const gone = all[2];
    const after = allPlaced(all.filter((one) => one !== gone));
    for (const [i, key] of before.entries()) {
      if (key !== gone?.key) expect(after[i]).toBe(key);
      else expect(after[i]).not.toBe(key);
    }
    // The other way round: with it back, nobody moves between the others.
    const moved = after.filter((key, i) => key !== before[i]).length;
    expect(moved).toBe(countAt(before, 2));
  });

  test('two nodes place one destination independently', () => {
    const places = [place(0), place(1)];
    const mine = allPlaced(places);
    const other = new StickyPlacements(draw(), rng);
    const same = destinations.filter(
      (destination, i) =>
        other.choose(byteKey(destination), destination, places, false, 0) === mine[i],
    ).length;
    expect(Math.abs(same - destinations.length / 2)).toBeLessThan(bound(destinations.length, 0.5));
  });

  test('of two choices the clearly less loaded one is taken', () => {
    const placed = allPlaced([place(0, { load: 0.7 }), place(1, { load: 0.2 })]);
    expect(countAt(placed, 1)).toBe(destinations.length);
    // Among three the loaded one gets nothing, since it is never better than the second.
    const among = allPlaced([place(0, { load: 0.7 }), place(1), place(2)]);
    expect(countAt(among, 0)).toBe(0);
    const alike = allPlaced([place(0, { load: 0.25 }), place(1, { load: 0.2 })]);
    expect(Math.abs(countAt(alike, 0) - 2_000)).toBeLessThan(bound(4_000, 0.5));
  });
});

describe('a destination', () => {
  const destination = destinations[0] ?? self;
  const id = byteKey(destination);
  const choose = (
    placements: StickyPlacements,
    places: readonly Place[],
    nowMs: number,
    provisional = false,
  ): string | null => placements.choose(id, destination, places, provisional, nowMs);

  test('stays while its gateway is a good one, whoever comes and goes, whatever the weights', () => {
    const others = fc.array(
      fc.record({ i: fc.integer({ min: 1, max: 5 }), weight: fc.double({ min: 0.1, max: 1e9 }) }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(fc.array(others, { maxLength: 10 }), (rounds) => {
        const placements = fresh();
        const first = choose(placements, [place(0)], 0);
        for (const [at, round] of rounds.entries()) {
          const places = round.map(({ i, weight }) => place(i, { weight }));
          expect(choose(placements, [place(0, { takes: false }), ...places], at * 1_000)).toBe(
            first,
          );
        }
        expect(placements.moves).toBe(0);
      }),
    );
  });

  test('leaves at once a gateway that is none any more, and late one that is no good one', () => {
    const placements = fresh();
    const bad = { takes: false, keeps: 'for-now' } as const;
    expect(choose(placements, [place(0)], 0)).toBe(place(0).key);
    expect(choose(placements, [place(0, bad), place(1)], 0)).toBe(place(0).key);
    expect(choose(placements, [place(0, bad), place(1)], LEAVE_MS_MIN - 1)).toBe(place(0).key);
    const late = LEAVE_MS_MIN + LEAVE_MS_SPREAD;
    expect(choose(placements, [place(0, bad), place(1)], late)).toBe(place(1).key);
    const gone = { takes: false, keeps: 'no' } as const;
    expect(choose(placements, [place(0), place(1, gone)], late)).toBe(place(0).key);
    expect(placements.moves).toBe(2);
  });

  test('one that recovers in time keeps what it has', () => {
    const placements = fresh();
    const bad = { takes: false, keeps: 'for-now' } as const;
    choose(placements, [place(0)], 0);
    choose(placements, [place(0, bad), place(1)], 0);
    choose(placements, [place(0), place(1)], 4_000);
    expect(choose(placements, [place(0, bad), place(1)], 30_000)).toBe(place(0).key);
  });

  test('destinations leave a loaded gateway one after the other', () => {
    const placements = fresh();
    const many = destinations.slice(0, 400);
    const at = (places: readonly Place[], nowMs: number): number =>
      many.filter(
        (one) => placements.choose(byteKey(one), one, places, false, nowMs) === place(0).key,
      ).length;
    expect(at([place(0)], 0)).toBe(400);
    const places = [place(0, { takes: false, keeps: 'for-now' }), place(1)];
    at(places, 0);
    const half = at(places, LEAVE_MS_MIN + LEAVE_MS_SPREAD / 2);
    expect(Math.abs(half - 200)).toBeLessThan(bound(400, 0.5));
    // Enough have left: the others stay.
    const enough = [place(0), place(1)];
    expect(at(enough, 60_000)).toBe(half);
  });

  test('one that was not reached through a gateway takes another, and comes back to it later', () => {
    const placements = fresh();
    const places = [place(0, { weight: 1e9 }), place(1)];
    const first = choose(placements, places, 0) ?? '';
    placements.avoid(id, first, 'swallowed', 0);
    expect(choose(placements, places, 1)).not.toBe(first);
    placements.clear(id, first, 'unknown');
    expect(choose(placements, [place(0)], 2)).toBe(place(0).key);
    // Nothing else is left: an avoided one is better than none.
    expect(placements.at(id)?.key).toBe(place(0).key);
    placements.avoid(id, first, 'swallowed', AVOID_MS_MIN);
    expect(choose(placements, places, 2 * AVOID_MS_MIN + 1)).not.toBe(first);
  });

  test('placed when nothing was known it is placed anew when something is', () => {
    const placements = fresh();
    const nearest = place(5, { weight: 0.001 });
    expect(choose(placements, [nearest, place(0, { weight: 1e6 })], 0, true)).toBe(nearest.key);
    expect(choose(placements, [nearest, place(0, { weight: 1e6 })], 1, false)).toBe(place(0).key);
  });

  test('no more are remembered than the bound', () => {
    const placements = fresh();
    for (let i = 0; i < PLACEMENTS_MAX + 100; i += 1) {
      const one = Uint8Array.from([i >> 8, i & 0xff]);
      placements.choose(byteKey(one), one, [place(0)], false, 0);
    }
    const counts = [...placements.counts().values()];
    expect(counts).toEqual([PLACEMENTS_MAX]);
    expect(placements.recent(16)).toHaveLength(16);
  });
});
