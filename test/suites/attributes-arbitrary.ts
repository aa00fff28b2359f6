// Attributes that a record can carry, as they are read back from one.

import fc from 'fast-check';
import { SPEED_MAX } from '../../src/routing/link-state-attributes.ts';
import type { Location, Mobility, NodeAttributes } from '../../src/routing/node-attributes.ts';

function within(bound: number): fc.Arbitrary<number> {
  // Proto3 leaves out a default, so that −0 comes back as 0.
  const options = { min: -bound, max: bound, noNaN: true } as const;
  return fc.double(options).map((value) => (value === 0 ? 0 : value));
}

const place = (planar: boolean): fc.Arbitrary<{ x: number; y: number }> =>
  planar
    ? fc.record({ x: within(20_000_000), y: within(20_000_000) })
    : fc.record({ x: within(90), y: within(180) });
const speed = within(SPEED_MAX).map(Math.abs);

function mobility(planar: boolean): fc.Arbitrary<Mobility> {
  return fc.oneof(
    fc.constant<Mobility>({ kind: 'static' }),
    fc.record({ kind: fc.constant('random' as const), speed }),
    fc.record({
      kind: fc.constant('linear' as const),
      speed,
      heading: within(359.9).map(Math.abs),
    }),
    fc.record({
      kind: fc.constant('circular' as const),
      speed: within(SPEED_MAX),
      centre: place(planar),
    }),
    fc.record({
      kind: fc.constant('commuter' as const),
      speed,
      other: place(planar),
      pauseMs: fc.nat(86_400_000),
    }),
  );
}

const location: fc.Arbitrary<Location> = fc.boolean().chain((planar) =>
  fc.record({
    planar: fc.constant(planar),
    position: place(planar),
    atMs: fc.nat(Number.MAX_SAFE_INTEGER),
    mobility: mobility(planar),
  }),
);

export const attributesArbitrary: fc.Arbitrary<NodeAttributes> = fc.record({
  gateway: fc.boolean(),
  relays: fc.boolean(),
  energy: fc.option(fc.nat(100).map((percent) => percent / 100)),
  location: fc.option(location),
});
