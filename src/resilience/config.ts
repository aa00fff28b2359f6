// Everything that decides how a node notices failures and what it does about them: one record, one default for each
// field with its reason, and the four presets of `presets.ts`, which differ in their timings alone.

import { fail, ok, type Result } from '../core/errors.ts';
import { presets, type FailureTimings, type PresetName } from './presets.ts';

/** Durations in milliseconds. */
export interface ResilienceConfig extends FailureTimings {
  /** φ at which silence convicts, 1–16: the chance that a living neighbour is silent for so long is 10^−φ. */
  readonly phiThreshold: number;
  /** Disjoint ways that are kept ready for each active destination, 1–3. */
  readonly redundancy: number;
  /** 0–1. A way of which less than this share arrives is left for the next one, before anybody speaks of failure. */
  readonly adaptiveThreshold: number;
  /** The longest pause between two attempts of one recovery, and how long one that gave up rests before another. */
  readonly recoveryIntervalMs: number;
  /** Attempts of one plan before the next plan is tried. */
  readonly recoveryAttemptsMax: number;
  /** How long a partition may last before bridges are looked for beyond those that are known. */
  readonly partitionHealMs: number;
  /** Between two judgements of the node's health. */
  readonly healthCheckMs: number;
}

/** What presets do not change. */
export const RESILIENCE_DEFAULTS: Omit<ResilienceConfig, keyof FailureTimings> = {
  // One in a hundred million: with a beat each ten seconds, a living neighbour is suspected once in thirty years.
  phiThreshold: 8,
  // Two may fail at once, as far as the mesh has three.
  redundancy: 3,
  // One packet in five lost: ten times what reliable links lose, and half of what stops a stream.
  adaptiveThreshold: 0.8,
  recoveryIntervalMs: 60_000,
  recoveryAttemptsMax: 5,
  // People who moved a table next door come back within minutes; radios that changed channels do not.
  partitionHealMs: 300_000,
  healthCheckMs: 5_000,
};

export function resilienceConfig(
  preset: PresetName,
  changes: Partial<ResilienceConfig> = {},
): ResilienceConfig {
  return { ...RESILIENCE_DEFAULTS, ...presets[preset], ...changes };
}

/** A neighbour that is well must be able to answer before it is given up: as the presets promise, so must what people set. */
export function checkResilience(
  config: ResilienceConfig,
): Result<ResilienceConfig, 'RESILIENCE_CONFIG_INVALID'> {
  const detail = conflict(config);
  return detail === null ? ok(config) : fail('RESILIENCE_CONFIG_INVALID', { detail });
}

function conflict(config: ResilienceConfig): string | null {
  const { heartbeatMs, failureTimeoutMs, ackTimeoutMsMin, ackTimeoutMsMax } = config;
  const zero = Object.entries(config).find(
    ([name, value]) => name.includes('Ms') && !(Number(value) > 0),
  );
  if (zero !== undefined) return `${zero[0]} is not above 0`;
  if (failureTimeoutMs < 3 * heartbeatMs) {
    return `a failure timeout of ${failureTimeoutMs} ms is less than three heartbeats`;
  }
  if (ackTimeoutMsMin > ackTimeoutMsMax) {
    return 'the least time for acknowledgements is longer than the most';
  }
  return 2 * ackTimeoutMsMax > failureTimeoutMs
    ? 'two acknowledgements may take longer than the failure timeout'
    : null;
}
