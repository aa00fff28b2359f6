// What one side puts up for negotiation, and what a version puts up by the table.

import { FEATURES, type Feature } from './features.ts';
import { compareVersions, type ProtocolVersion } from './protocol-version.ts';

/** A feature spoken in the revisions `min`…`max`. */
export interface FeatureOffer {
  readonly id: number;
  readonly min: number;
  readonly max: number;
  readonly required: boolean;
}

/** The part of a Hello that `negotiate` reads. */
export interface VersionOffer {
  readonly wireMin: number;
  readonly wireMax: number;
  readonly version: ProtocolVersion;
  /** Ascending by id, no id twice. */
  readonly features: readonly FeatureOffer[];
  readonly networkId: string;
  /** Hash of the casino rules, 32 bytes. */
  readonly rulesHash: Uint8Array;
}

/** A major speaks its own wire and, for Legacy, the one before it; wire 1 is the first. */
export function wireRange(version: ProtocolVersion): {
  readonly wireMin: number;
  readonly wireMax: number;
} {
  const wireMax = version.major;
  return { wireMin: Math.min(wireMax, Math.max(1, wireMax - 1)), wireMax };
}

/** What a complete implementation of `version` offers, whether or not this build has it: for planning upgrades. */
export function tableOffer(version: ProtocolVersion): VersionOffer {
  return {
    ...wireRange(version),
    version,
    features: featuresOf(version).map((feature) => offerOf(feature, feature.required)),
    networkId: '',
    rulesHash: new Uint8Array(32),
  };
}

/** The features that came with `version` or before it, ascending by id. */
export function featuresOf(version: ProtocolVersion): readonly Feature[] {
  return FEATURES.filter(({ since }) => compareVersions(since, version) <= 0);
}

export function offerOf({ id, min, max }: Feature, required: boolean): FeatureOffer {
  return { id, min, max, required };
}
