import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { featureOffers, versions } from '../../test/wire/arbitraries.ts';
import { unwrap } from '../core/errors.ts';
import { featureById, greaseId, isGrease } from './features.ts';
import {
  isActive,
  negotiate,
  revisionOf,
  type LackedBy,
  type Negotiation,
  type NegotiationReason,
  type Side,
} from './negotiate.ts';
import { tableOffer, type FeatureOffer, type VersionOffer } from './offer.ts';
import { parseVersion } from './protocol-version.ts';

function flip(side: LackedBy): LackedBy {
  if (side === 'both') return side;
  return side === 'local' ? 'remote' : 'local';
}

function mirrorReason(reason: NegotiationReason): NegotiationReason {
  if ('lackedBy' in reason) return { ...reason, lackedBy: flip(reason.lackedBy) };
  if (reason.kind === 'no-common-wire') {
    return { ...reason, local: reason.remote, remote: reason.local };
  }
  if (reason.kind === 'other-major') {
    return { ...reason, local: reason.remote, remote: reason.local };
  }
  if (reason.kind === 'other-network') {
    return { ...reason, local: reason.remote, remote: reason.local };
  }
  return reason;
}

/** What the other side must see. */
function mirror(negotiation: Negotiation): Negotiation {
  const { upgrade, missing } = negotiation;
  const other: Readonly<Record<Side, Side>> = { local: 'remote', remote: 'local' };
  return {
    ...negotiation,
    missing: missing.map(({ feature, lackedBy, reason }) => ({
      feature,
      lackedBy: flip(lackedBy),
      reason,
    })),
    upgrade: upgrade === null ? null : other[upgrade],
    reason: mirrorReason(negotiation.reason),
  };
}

/** Offers of nearby wires, so that every mode occurs. */
const offers: fc.Arbitrary<VersionOffer> = fc
  .record({
    wire: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    version: fc.oneof(
      versions,
      versions.map(({ patch }) => ({ major: 1, minor: 2, patch })),
    ),
    features: featureOffers,
    networkId: fc.constantFrom('one', 'one', 'one', 'two'),
    rules: fc.constantFrom(0, 0, 0, 1),
  })
  .map(({ wire: [a, b], version, features, networkId, rules }) => ({
    wireMin: Math.min(a, b),
    wireMax: Math.max(a, b),
    version,
    features,
    networkId,
    rulesHash: new Uint8Array(32).fill(rules),
  }));

/** Two offers that only their features and versions tell apart, none required but BasicMesh. */
const compatible: fc.Arbitrary<readonly [VersionOffer, VersionOffer]> = fc
  .tuple(offers, offers)
  .map(([a, b]) => {
    const shared = { wireMin: 1, wireMax: 1, networkId: 'one', rulesHash: new Uint8Array(32) };
    return [
      { ...a, ...shared, features: withBasicMesh(a.features) },
      { ...b, ...shared, features: withBasicMesh(b.features) },
    ];
  });

function withBasicMesh(features: readonly FeatureOffer[]): FeatureOffer[] {
  const rest = features.filter(({ id }) => id !== 1);
  for (const [index, offer] of rest.entries()) rest[index] = { ...offer, required: false };
  return [{ id: 1, min: 1, max: 1, required: true }, ...rest];
}

function version(text: string): VersionOffer {
  return tableOffer(unwrap(parseVersion(text)));
}

function spoken(min: number, max: number): VersionOffer {
  const features = withBasicMesh([{ id: 3, min, max, required: false }]);
  return { ...version('1.0'), features };
}

describe('negotiate', () => {
  test('both sides reach the mirrored answer', () => {
    fc.assert(
      fc.property(offers, offers, (a, b) => {
        expect(negotiate(b, a)).toEqual(mirror(negotiate(a, b)));
      }),
      { numRuns: 1000 },
    );
  });

  test('an offer and itself are full, unless it offers what this build does not know', () => {
    fc.assert(
      fc.property(offers, (offer) => {
        const known = offer.features.filter(({ id }) => featureById(id) !== undefined);
        expect(negotiate({ ...offer, features: known }, { ...offer, features: known }).mode).toBe(
          'full',
        );
      }),
    );
  });

  test('an active feature is used in the highest revision that both ends speak', () => {
    expect(negotiate(spoken(1, 2), spoken(1, 5)).revisions).toEqual({
      BasicMesh: 1,
      EnhancedRouting: 2,
    });
    expect(revisionOf(negotiate(spoken(1, 1), spoken(1, 2)), 'EnhancedRouting')).toBe(1);
    expect(revisionOf(negotiate(spoken(1, 1), spoken(2, 2)), 'EnhancedRouting')).toBe(0);
  });

  test('a link that comes about accounts for every feature of either side', () => {
    fc.assert(
      fc.property(offers, offers, (a, b) => {
        const { mode, features, missing } = negotiate(a, b);
        if (mode === 'incompatible') {
          expect(features).toEqual([]);
          return;
        }
        const ids = new Set([...a.features, ...b.features].map(({ id }) => id));
        const counted = [...ids].filter((id) => !isGrease(id)).length;
        expect(features.length + missing.length).toBe(counted);
        expect(mode === 'full').toBe(missing.length === 0 && a.wireMax === b.wireMax);
        expect(mode === 'legacy').toBe(a.wireMax !== b.wireMax);
      }),
      { numRuns: 1000 },
    );
  });

  test('an optional feature more never costs a link or a feature', () => {
    const extra = fc.record({
      id: fc.oneof(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 2, max: 0xffff })),
      min: fc.constant(1),
      max: fc.integer({ min: 1, max: 3 }),
      required: fc.constant(false),
    });
    fc.assert(
      fc.property(fc.oneof(compatible, fc.tuple(offers, offers)), extra, ([a, b], offer) => {
        fc.pre(a.features.every(({ id }) => id !== offer.id));
        const before = negotiate(a, b);
        const richer = [...a.features, offer].sort((x, y) => x.id - y.id);
        const after = negotiate({ ...a, features: richer }, b);
        if (before.mode !== 'incompatible') expect(after.mode).not.toBe('incompatible');
        for (const feature of before.features) expect(isActive(after, feature)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('reserved ids change nothing, not even required ones', () => {
    fc.assert(
      fc.property(offers, offers, fc.nat({ max: 15 }), fc.boolean(), (a, b, choice, required) => {
        const id = greaseId(choice);
        const plain = a.features.filter((offer) => offer.id !== id);
        const greased = [...plain, { id, min: 1, max: 1, required }].sort((x, y) => x.id - y.id);
        const without = negotiate({ ...a, features: plain }, b);
        expect(negotiate({ ...a, features: greased }, b)).toEqual(without);
      }),
    );
  });

  test.each([
    ['1.2.0', '1.2.7', 'full', null],
    ['1.2.0', '1.2.0', 'full', null],
    ['1.2.0', '1.1.0', 'limited', 'remote'],
    ['1.1.0', '1.2.0', 'limited', 'local'],
    ['1.4.0', '2.0.0', 'legacy', 'local'],
    ['3.0.0', '2.0.0', 'legacy', 'remote'],
    ['1.4.0', '9.0.0', 'incompatible', 'local'],
    ['3.0.0', '1.0.0', 'incompatible', 'remote'],
    ['0.9.0', '1.0.0', 'incompatible', 'local'],
  ])('%s with %s is %s', (local, remote, mode, upgrade) => {
    const negotiation = negotiate(version(local), version(remote));
    expect([negotiation.mode, negotiation.upgrade]).toEqual([mode, upgrade]);
  });

  test('limited names what is missing, who lacks it and why', () => {
    expect(negotiate(version('1.2'), version('1.0'))).toEqual({
      mode: 'limited',
      features: ['BasicMesh'],
      revisions: { BasicMesh: 1 },
      missing: [
        {
          feature: 'GatewayNodes',
          lackedBy: 'remote',
          reason: 'came with 1.1.0; version 1.0.0 does not have it',
        },
        {
          feature: 'EnhancedRouting',
          lackedBy: 'remote',
          reason: 'came with 1.2.0; version 1.0.0 does not have it',
        },
      ],
      upgrade: 'remote',
      reason: { kind: 'some-missing' },
      wire: 1,
    });
  });

  test('legacy keeps BasicMesh and nothing that moves value', () => {
    const { features, missing, wire, reason } = negotiate(version('1.4'), version('2.1'));
    expect(features).toEqual(['BasicMesh']);
    expect(missing.map(({ feature, lackedBy }) => `${feature} ${lackedBy}`)).toEqual([
      'GatewayNodes both',
      'EnhancedRouting both',
      'CompressionV2 both',
      'ProofOfRelay both',
      'CrossChainBridge local',
    ]);
    expect(wire).toBe(1);
    expect(reason).toEqual({ kind: 'other-major', local: 1, remote: 2 });
  });

  const base = version('1.3');
  test('another network is refused and no upgrade helps', () => {
    const { mode, reason, upgrade, wire } = negotiate(base, { ...base, networkId: 'x' });
    expect({ mode, reason, upgrade, wire }).toEqual({
      mode: 'incompatible',
      reason: { kind: 'other-network', local: '', remote: 'x' },
      upgrade: null,
      wire: 0,
    });
  });

  test('other rules are refused, and the older version should be upgraded', () => {
    const rulesHash = new Uint8Array(32).fill(1);
    const older = negotiate(base, { ...version('1.2'), rulesHash });
    expect([older.mode, older.reason.kind, older.upgrade]).toEqual([
      'incompatible',
      'other-rules',
      'remote',
    ]);
    expect(negotiate(base, { ...base, rulesHash }).upgrade).toBeNull();
  });

  test('a required feature that the other lacks is named', () => {
    const demanding = base.features.map((offer) => {
      const { id, min, max } = offer;
      return { id, min, max, required: id === 2 || offer.required };
    });
    const { mode, reason, upgrade } = negotiate({ ...base, features: demanding }, version('1.0'));
    expect({ mode, reason, upgrade }).toEqual({
      mode: 'incompatible',
      reason: { kind: 'required-feature-missing', feature: 'GatewayNodes', lackedBy: 'remote' },
      upgrade: 'remote',
    });
  });

  test('a required feature outside the baseline rules Legacy out', () => {
    const { features } = version('2.0');
    const demanding = [...features];
    demanding[1] = { id: 2, min: 1, max: 1, required: true };
    const { mode, reason, upgrade } = negotiate(base, { ...version('2.0'), features: demanding });
    expect({ mode, reason, upgrade }).toEqual({
      mode: 'incompatible',
      reason: { kind: 'required-feature-missing', feature: 'GatewayNodes', lackedBy: 'both' },
      upgrade: 'local',
    });
  });

  test('revisions that do not meet count as missing at the side that is behind', () => {
    const ahead = [...base.features];
    ahead[1] = { id: 2, min: 4, max: 5, required: false };
    const { mode, missing } = negotiate(base, { ...base, features: ahead });
    expect(mode).toBe('limited');
    expect(missing).toEqual([
      { feature: 'GatewayNodes', lackedBy: 'local', reason: 'no common revision: 1–2 and 4–5' },
    ]);
  });

  test('where each lacks something, the older version should be upgraded', () => {
    const [basic, gateways, routing] = base.features;
    const one = { ...version('1.1'), features: [basic, gateways].flatMap((offer) => offer ?? []) };
    const two = { ...version('1.2'), features: [basic, routing].flatMap((offer) => offer ?? []) };
    expect(negotiate(one, two)).toMatchObject({ mode: 'limited', upgrade: 'local' });
    expect(negotiate(one, { ...two, version: one.version }).upgrade).toBeNull();
  });

  test('a feature of the future makes it limited, and incompatible only if required', () => {
    const features = [...base.features, { id: 0x1234, min: 1, max: 1, required: false }];
    const future = negotiate(base, { ...base, features });
    expect(future.mode).toBe('limited');
    expect(future.missing[0]?.feature).toBe('feature-0x1234');
    const demanding = [...base.features, { id: 0x1234, min: 1, max: 1, required: true }];
    const refused = negotiate(base, { ...base, features: demanding });
    expect([refused.mode, refused.upgrade]).toEqual(['incompatible', 'local']);
  });
});
