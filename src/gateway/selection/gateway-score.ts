// How good a gateway is to a sender, as one number in 0–1: a weighted sum over five dimensions, each normalised by a
// fixed scale and not by the other candidates. So a score says the same whoever else is there, and a gateway that comes or
// goes moves nobody between the others.
//
//   score = trust · Σ weight(preference, dimension) · value(dimension)
//   reliability   1 − (1 − success · uptime) ÷ 0.2, at least 0: a fifth of failures is worth nothing
//   latency       100 ms ÷ (100 ms + round trip + 2 · jitter): half at 100 ms
//   cost          0.01 CRAP ÷ (0.01 CRAP + price of a MiB): half at one hundredth of a CRAP, 1 where it is free
//   bandwidth     log₂(free ÷ 16 KiB/s) ÷ 16, within 0–1: from 16 KiB/s to 1 GiB/s
//   headroom      1 − load
//
// What is not known counts 0: silence wins nothing.

import type { Believed } from './claim-check.ts';
import type { Measured } from './gateway-measurement.ts';

export type Preference =
  | 'MostReliable'
  | 'LowestLatency'
  | 'LowestCost'
  | 'HighestBandwidth'
  | 'Balanced';

export const PREFERENCES: readonly Preference[] = [
  'MostReliable',
  'LowestLatency',
  'LowestCost',
  'HighestBandwidth',
  'Balanced',
];

export type Dimension = 'reliability' | 'latency' | 'cost' | 'bandwidth' | 'headroom';

export const DIMENSIONS: readonly Dimension[] = [
  'reliability',
  'latency',
  'cost',
  'bandwidth',
  'headroom',
];

/** Each row sums to 1. What is preferred weighs about half; the rest decides among those that are alike in it. */
export const WEIGHTS: Readonly<Record<Preference, Readonly<Record<Dimension, number>>>> = {
  MostReliable: { reliability: 0.6, latency: 0.1, cost: 0.05, bandwidth: 0.05, headroom: 0.2 },
  LowestLatency: { reliability: 0.2, latency: 0.55, cost: 0.05, bandwidth: 0.05, headroom: 0.15 },
  LowestCost: { reliability: 0.2, latency: 0.1, cost: 0.5, bandwidth: 0.05, headroom: 0.15 },
  HighestBandwidth: { reliability: 0.2, latency: 0.1, cost: 0.05, bandwidth: 0.5, headroom: 0.15 },
  Balanced: { reliability: 0.3, latency: 0.2, cost: 0.15, bandwidth: 0.15, headroom: 0.2 },
};

const FAILURES_WORTH_NOTHING = 0.2;
const LATENCY_HALF_MS = 100;
const JITTERS = 2;
/** Units of CRAP for each MiB: 0.01 CRAP. */
const COST_HALF = 10_000;
const BANDWIDTH_LEAST = 16 * 1024;
const BANDWIDTH_OCTAVES = 16;

export interface Score {
  /** 0–1. */
  readonly total: number;
  /** The same without headroom: what does not change with those who come. */
  readonly quality: number;
  /** 0–1 each, before weights and trust. */
  readonly dimensions: Readonly<Record<Dimension, number>>;
}

export interface Scorable {
  readonly measured: Measured;
  readonly believed: Believed;
  /** `null` where it was not told. */
  readonly pricePerMiB: bigint | null;
  readonly trust: number;
}

export function scoreOf(gateway: Scorable, preference: Preference): Score {
  const { measured, believed, pricePerMiB, trust } = gateway;
  const dimensions = {
    reliability: reliability(measured.successRate, believed.uptime),
    latency: latency(measured),
    cost: pricePerMiB === null ? 0 : COST_HALF / (COST_HALF + Number(pricePerMiB)),
    bandwidth: bandwidth(believed.bandwidth),
    headroom: believed.load === null ? 0 : 1 - believed.load,
  };
  const weights = WEIGHTS[preference];
  const sum = DIMENSIONS.reduce((total, one) => total + weights[one] * dimensions[one], 0);
  const quality = trust * (sum - weights.headroom * dimensions.headroom);
  return { total: trust * sum, quality, dimensions };
}

function reliability(successRate: number | null, uptime: number | null): number {
  if (successRate === null) return 0;
  return Math.max(0, 1 - (1 - successRate * (uptime ?? 1)) / FAILURES_WORTH_NOTHING);
}

function latency({ roundTripMs, jitterMs }: Measured): number {
  if (roundTripMs === null) return 0;
  return LATENCY_HALF_MS / (LATENCY_HALF_MS + roundTripMs + JITTERS * (jitterMs ?? 0));
}

function bandwidth(bytesPerSecond: number | null): number {
  if (bytesPerSecond === null || bytesPerSecond <= BANDWIDTH_LEAST) return 0;
  return Math.min(1, Math.log2(bytesPerSecond / BANDWIDTH_LEAST) / BANDWIDTH_OCTAVES);
}
