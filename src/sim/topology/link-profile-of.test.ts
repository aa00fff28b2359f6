import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkProfile } from '../path.ts';
import { linkProfiles } from './link-profile-of.ts';
import type { LinkDirection, LinkKind, Topology, TopologyLink } from './topology.ts';

const UNKNOWN: LinkDirection = { quality: null, cost: null, bytesPerSecond: null };

function topologyOf(link: Partial<TopologyLink>, planar = false): Topology {
  const node = { name: null, planar };
  return {
    name: null,
    nodes: [
      { ...node, id: 'New York', position: { x: 40.71, y: -74.01 } },
      { ...node, id: 'Chicago', position: { x: 41.85, y: -87.65 } },
      { ...node, id: 'nowhere', position: null },
    ],
    links: [{ a: 0, b: 1, toA: UNKNOWN, toB: UNKNOWN, latencyMs: null, kind: 'wifi', ...link }],
  };
}

function profilesOf(topology: Topology): ReturnType<typeof linkProfiles> {
  const [link] = topology.links;
  if (link === undefined) throw new Error('no link');
  return linkProfiles(topology, link);
}

test('every link has a profile that a wire can have', () => {
  const unit = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
  const rate = fc.option(fc.double({ min: 1e-3, max: 1e12, noNaN: true }));
  const direction = fc.record({ quality: unit, cost: fc.constant(null), bytesPerSecond: rate });
  const link = fc.record({
    b: fc.constantFrom(1, 2),
    toA: direction,
    toB: direction,
    latencyMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    kind: fc.constantFrom<LinkKind>('wifi', 'vpn', 'wired', 'other'),
  });
  const property = fc.property(link, fc.boolean(), (parts, planar) => {
    const { toA, toB } = profilesOf(topologyOf(parts, planar));
    for (const profile of [toA, toB]) {
      checkProfile(profile);
      expect(profile.latencyMs).toBeGreaterThan(0);
      expect(profile.latencyMs).toBeLessThanOrEqual(20e6);
    }
  });
  fc.assert(property);
});

test('latency is that of the expected transmissions, by direction', () => {
  const { toA, toB } = profilesOf(
    topologyOf({ toB: { ...UNKNOWN, quality: 0.5 }, toA: { ...UNKNOWN, quality: 0.8 } }),
  );
  expect([toB.latencyMs, toA.latencyMs]).toEqual([2, 1.25]);
});

test('a direction of which nobody speaks is as the other one; of quality 0, it still carries', () => {
  const { toA, toB } = profilesOf(
    topologyOf({ toA: { ...UNKNOWN, quality: 0, bytesPerSecond: 5 } }),
  );
  expect([toB.latencyMs, toA.latencyMs]).toEqual([20, 20]);
  expect([toB.bytesPerSecond, toA.bytesPerSecond]).toEqual([5, 5]);
});

test('where nothing is known it is 1 ms, without a bound of rate', () => {
  expect(profilesOf(topologyOf({})).toA).toMatchObject({ latencyMs: 1, bytesPerSecond: Infinity });
});

test('a line between two places takes the light its time', () => {
  // 1 145 km.
  expect(profilesOf(topologyOf({ kind: 'wired' })).toB.latencyMs).toBeCloseTo(5.72, 1);
  expect(profilesOf(topologyOf({ kind: 'wired', latencyMs: 7 })).toB.latencyMs).toBe(7);
  expect(profilesOf(topologyOf({ kind: 'wired', b: 2 })).toB.latencyMs).toBe(1);
  expect(profilesOf(topologyOf({ kind: 'wired' }, true)).toB.latencyMs).toBe(1);
});
