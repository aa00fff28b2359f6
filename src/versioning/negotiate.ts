// What two nodes may do with each other, decided by each alone from both offers: pure, symmetric, no round trip.

import { bytesEqual } from '../core/bytes.ts';
import { featureById, isGrease, type FeatureName } from './features.ts';
import type { FeatureOffer, VersionOffer } from './offer.ts';
import { compareVersions, formatVersion } from './protocol-version.ts';

/**
 * Full: every feature of either side is active. Limited: some are not, none of them required. Legacy: two majors
 * that share a wire keep to the frozen baseline. Incompatible: no link.
 */
export type Mode = 'full' | 'limited' | 'legacy' | 'incompatible';
export type Side = 'local' | 'remote';
export type LackedBy = Side | 'both';
/** A feature, or the id of one that this build does not know. */
export type AnyFeatureName = FeatureName | `feature-0x${string}`;

export interface MissingFeature {
  readonly feature: AnyFeatureName;
  /** `both`: neither may use it on this link. */
  readonly lackedBy: LackedBy;
  /** For people; the same words on both sides. */
  readonly reason: string;
}

/** Why the mode is what it is. */
export type NegotiationReason =
  | { readonly kind: 'all-shared' }
  | { readonly kind: 'some-missing' }
  | { readonly kind: 'other-major'; readonly local: number; readonly remote: number }
  | { readonly kind: 'other-network'; readonly local: string; readonly remote: string }
  | { readonly kind: 'other-rules' }
  | { readonly kind: 'no-common-wire'; readonly local: WireRange; readonly remote: WireRange }
  | {
      readonly kind: 'required-feature-missing';
      readonly feature: AnyFeatureName;
      readonly lackedBy: LackedBy;
    };

export interface WireRange {
  readonly min: number;
  readonly max: number;
}

export interface Negotiation {
  readonly mode: Mode;
  /** The active ones, ascending by id; none if incompatible. */
  readonly features: readonly FeatureName[];
  /** The revision of each active feature that both ends speak, the highest of several. */
  readonly revisions: Readonly<Partial<Record<FeatureName, number>>>;
  /** Every other feature of either side, ascending by id; if incompatible, those that only one side has. */
  readonly missing: readonly MissingFeature[];
  /** Whose upgrade would help; `null` if nobody's alone. */
  readonly upgrade: Side | null;
  readonly reason: NegotiationReason;
  /** The wire version to speak; 0 if incompatible. */
  readonly wire: number;
}

/** Decides mode and features. Mirrored arguments give the mirrored answer. */
export function negotiate(local: VersionOffer, remote: VersionOffer): Negotiation {
  const barrier = findBarrier(local, remote);
  if (barrier !== null) return barrier;

  const wire = Math.min(local.wireMax, remote.wireMax);
  const legacy = local.wireMax !== remote.wireMax;
  const { features, revisions, missing, obstacle } = compareFeatures(local, remote, legacy);
  if (obstacle !== null) {
    const { feature, lackedBy } = obstacle;
    return {
      mode: 'incompatible',
      features: [],
      revisions: {},
      missing,
      upgrade: lackedBy === 'both' ? olderWire(local, remote) : lackedBy,
      reason: { kind: 'required-feature-missing', feature, lackedBy },
      wire: 0,
    };
  }
  if (legacy) {
    const reason = {
      kind: 'other-major',
      local: local.version.major,
      remote: remote.version.major,
    } as const;
    const upgrade = olderWire(local, remote);
    return { mode: 'legacy', features, revisions, missing, upgrade, reason, wire };
  }
  if (missing.length > 0) {
    const upgrade = whoLacks(missing) ?? olderVersion(local, remote);
    const reason = { kind: 'some-missing' } as const;
    return { mode: 'limited', features, revisions, missing, upgrade, reason, wire };
  }
  const reason = { kind: 'all-shared' } as const;
  return { mode: 'full', features, revisions, missing, upgrade: null, reason, wire };
}

/** Whether both ends use the feature on this link. */
export function isActive(negotiation: Negotiation, feature: FeatureName): boolean {
  return negotiation.features.includes(feature);
}

/** The revision of the feature that both ends use on this link, 0 where it is not active. */
export function revisionOf(negotiation: Negotiation, feature: FeatureName): number {
  return negotiation.revisions[feature] ?? 0;
}

/** What forbids the link whatever the features say. */
function findBarrier(local: VersionOffer, remote: VersionOffer): Negotiation | null {
  const refuse = (reason: NegotiationReason, upgrade: Side | null): Negotiation => {
    const { missing } = compareFeatures(local, remote, false);
    return { mode: 'incompatible', features: [], revisions: {}, missing, upgrade, reason, wire: 0 };
  };
  if (local.networkId !== remote.networkId) {
    const reason = {
      kind: 'other-network',
      local: local.networkId,
      remote: remote.networkId,
    } as const;
    return refuse(reason, null);
  }
  if (!bytesEqual(local.rulesHash, remote.rulesHash)) {
    return refuse({ kind: 'other-rules' }, olderVersion(local, remote));
  }
  if (local.wireMin > remote.wireMax || remote.wireMin > local.wireMax) {
    const reason = {
      kind: 'no-common-wire',
      local: { min: local.wireMin, max: local.wireMax },
      remote: { min: remote.wireMin, max: remote.wireMax },
    } as const;
    return refuse(reason, olderWire(local, remote));
  }
  return null;
}

interface FeatureComparison {
  readonly features: readonly FeatureName[];
  readonly revisions: Readonly<Partial<Record<FeatureName, number>>>;
  readonly missing: readonly MissingFeature[];
  /** The first missing feature that either side requires. */
  readonly obstacle: MissingFeature | null;
}

function compareFeatures(
  local: VersionOffer,
  remote: VersionOffer,
  baselineOnly: boolean,
): FeatureComparison {
  const mine = new Map(local.features.map((offer) => [offer.id, offer]));
  const theirs = new Map(remote.features.map((offer) => [offer.id, offer]));
  const ids = [...new Set([...mine.keys(), ...theirs.keys()])].sort((a, b) => a - b);

  const features: FeatureName[] = [];
  const revisions: Partial<Record<FeatureName, number>> = {};
  const missing: MissingFeature[] = [];
  let obstacle: MissingFeature | null = null;
  for (const id of ids) {
    if (isGrease(id)) continue;
    const [ours, others] = [mine.get(id), theirs.get(id)];
    const lack = findLack(id, ours, others, local, remote, baselineOnly);
    if (lack === null) {
      const name = featureById(id)?.name;
      if (name === undefined) continue;
      features.push(name);
      revisions[name] = Math.min(ours?.max ?? 0, others?.max ?? 0);
      continue;
    }
    const entry = { feature: featureName(id), ...lack };
    missing.push(entry);
    const required = ours?.required === true || others?.required === true;
    if (required) obstacle ??= entry;
  }
  return { features, revisions, missing, obstacle };
}

/** Why a feature is not active, or `null` if it is. */
function findLack(
  id: number,
  ours: FeatureOffer | undefined,
  theirs: FeatureOffer | undefined,
  local: VersionOffer,
  remote: VersionOffer,
  baselineOnly: boolean,
): { readonly lackedBy: LackedBy; readonly reason: string } | null {
  if (ours === undefined) return { lackedBy: 'local', reason: absence(id, local) };
  if (theirs === undefined) return { lackedBy: 'remote', reason: absence(id, remote) };
  if (ours.max < theirs.min) return { lackedBy: 'local', reason: disjoint(ours, theirs) };
  if (theirs.max < ours.min) return { lackedBy: 'remote', reason: disjoint(theirs, ours) };
  const feature = featureById(id);
  if (feature === undefined) return { lackedBy: 'both', reason: 'unknown to this build' };
  if (baselineOnly && !feature.baseline) {
    return {
      lackedBy: 'both',
      reason: 'two majors keep to the baseline, and it is not part of it',
    };
  }
  return null;
}

/** Why the side with `offer` has no such feature. */
function absence(id: number, offer: VersionOffer): string {
  const since = featureById(id)?.since;
  const version = formatVersion(offer.version);
  if (since === undefined)
    return `version ${version} does not offer it; it is unknown to this build`;
  if (compareVersions(offer.version, since) >= 0)
    return `version ${version} does not offer it here`;
  return `came with ${formatVersion(since)}; version ${version} does not have it`;
}

function disjoint(lower: FeatureOffer, higher: FeatureOffer): string {
  return `no common revision: ${lower.min}–${lower.max} and ${higher.min}–${higher.max}`;
}

function featureName(id: number): AnyFeatureName {
  return featureById(id)?.name ?? `feature-0x${id.toString(16).padStart(4, '0')}`;
}

/** The one side that lacks everything that is missing, if there is one. */
function whoLacks(missing: readonly MissingFeature[]): Side | null {
  const local = missing.some(({ lackedBy }) => lackedBy === 'local');
  const remote = missing.some(({ lackedBy }) => lackedBy === 'remote');
  if (local === remote) return null;
  return local ? 'local' : 'remote';
}

function olderVersion(local: VersionOffer, remote: VersionOffer): Side | null {
  const order = compareVersions(local.version, remote.version);
  if (order === 0) return null;
  return order < 0 ? 'local' : 'remote';
}

function olderWire(local: VersionOffer, remote: VersionOffer): Side | null {
  if (local.wireMax === remote.wireMax) return null;
  return local.wireMax < remote.wireMax ? 'local' : 'remote';
}
