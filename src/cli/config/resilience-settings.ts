// The settings of a node that decide how it notices failures and what it does about them. What is left empty is as the
// preset has it.

import * as z from 'zod';
import { type Result, unwrap } from '../../core/errors.ts';
import { formatDuration, parseDuration } from '../../core/units.ts';
import {
  checkResilience,
  RESILIENCE_DEFAULTS,
  resilienceConfig,
  type ResilienceConfig,
} from '../../resilience/config.ts';
import { presets, type PresetName } from '../../resilience/presets.ts';
import { checkWith, numberSetting, type Setting } from './setting.ts';

/** Every field of the configuration; durations as texts. */
export type ResilienceSettings = {
  readonly [K in keyof ResilienceConfig]: K extends `${string}Ms${string}` ? string : number;
};

/** `minMs`: below it the node does hardly anything else, or takes its own pauses for failures of others. */
function duration(minMs: number): z.ZodType<string> {
  return z
    .string()
    .refine(
      (text) => text === '' || parseDuration(text).ok,
      'a duration such as 500ms or 30s, or empty for what the preset has',
    )
    .refine(
      (text) => {
        const parsed = parseDuration(text);
        return !parsed.ok || parsed.value >= minMs;
      },
      `at least ${formatDuration(minMs)}`,
    );
}

/** Empty where the presets differ. */
function time(
  key: string,
  defaultMs: number | null,
  minMs: number,
  comment: string,
): Setting<string> {
  return {
    key: `resilience.${key}`,
    form: 'text',
    flag: key.replaceAll('_', '-'),
    valueName: 'DURATION',
    default: defaultMs === null ? '' : formatDuration(defaultMs),
    comment,
    check: checkWith(duration(minMs)),
  };
}

const DEFAULTS = RESILIENCE_DEFAULTS;
const HEARTBEATS = Object.entries(presets)
  .map(([name, { heartbeatMs }]) => `${name} ${formatDuration(heartbeatMs)}`)
  .join(', ');

export const RESILIENCE_SETTINGS: {
  readonly [K in keyof ResilienceSettings]: Setting<ResilienceSettings[K]>;
} = {
  heartbeatMs: time(
    'heartbeat',
    null,
    50,
    `Time between two pings on an idle link. Empty: as the preset has it (${HEARTBEATS}). Shorter finds failures sooner and costs traffic and battery.`,
  ),
  failureTimeoutMs: time(
    'failure_timeout',
    null,
    150,
    'Silence after which a link is given up, whatever else is known; at least three heartbeats. Empty: as the preset has it.',
  ),
  ackTimeoutMsMin: time(
    'ack_timeout_min',
    null,
    10,
    'The least time that a neighbour has to acknowledge packets; the measured round trip decides above it. Empty: as the preset has it.',
  ),
  ackTimeoutMsMax: time(
    'ack_timeout_max',
    null,
    10,
    'The most time for that, and what an idle link gets. Empty: as the preset has it.',
  ),
  acceptablePauseMs: time(
    'acceptable_pause',
    null,
    1,
    'What a beat may always be late before silence tells anything. Empty: as the preset has it.',
  ),
  deviationMsMin: time(
    'deviation_min',
    null,
    1,
    'The least deviation that beats are thought to have, so that a steady link is not suspected for the first millisecond. Empty: as the preset has it.',
  ),
  phiThreshold: numberSetting(
    'resilience.phi_threshold',
    DEFAULTS.phiThreshold,
    z.number('a number').min(1, 'at least 1').max(16, 'at most 16'),
    'φ at which silence makes a neighbour suspect, 1 to 16: a living one is silent for so long with a chance of 10^-φ.',
  ),
  redundancy: numberSetting(
    'resilience.redundancy',
    DEFAULTS.redundancy,
    z.int('a whole number').min(1, 'at least 1').max(3, 'at most 3'),
    'Disjoint ways that are kept ready for each destination in use, 1 to 3, as far as the mesh has them.',
  ),
  adaptiveThreshold: numberSetting(
    'resilience.adaptive_threshold',
    DEFAULTS.adaptiveThreshold,
    z.number('a number').min(0, 'at least 0').max(1, 'at most 1'),
    'A way of which less than this share arrives is left for the next one, 0 to 1.',
  ),
  recoveryIntervalMs: time(
    'recovery_interval',
    DEFAULTS.recoveryIntervalMs,
    1_000,
    'The longest pause between two attempts of one recovery, and how long one that gave up rests.',
  ),
  recoveryAttemptsMax: numberSetting(
    'resilience.recovery_attempts',
    DEFAULTS.recoveryAttemptsMax,
    z.int('a whole number').min(1, 'at least 1').max(100, 'at most 100'),
    'Attempts of one plan before the next plan is tried.',
  ),
  partitionHealMs: time(
    'partition_heal',
    DEFAULTS.partitionHealMs,
    1_000,
    'How long a partition may last before bridges are looked for beyond those that are known.',
  ),
  healthCheckMs: time(
    'health_check',
    DEFAULTS.healthCheckMs,
    100,
    'Time between two judgements of the health of this node.',
  ),
};

/** The preset with what was set beside it. Error: `RESILIENCE_CONFIG_INVALID`. */
export function resilienceOf(
  settings: ResilienceSettings & { readonly preset: PresetName },
): Result<ResilienceConfig, 'RESILIENCE_CONFIG_INVALID'> {
  const changes: Partial<Record<keyof ResilienceConfig, number>> = {};
  for (const name of Object.keys(RESILIENCE_SETTINGS) as (keyof ResilienceConfig)[]) {
    const value = settings[name];
    if (typeof value === 'number') changes[name] = value;
    else if (value !== '') changes[name] = unwrap(parseDuration(value));
  }
  return checkResilience(resilienceConfig(settings.preset, changes));
}
