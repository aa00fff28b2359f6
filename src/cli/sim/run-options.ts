// The flags of `bitcraps sim` as the simulator takes them; everything wrong is `CLI_USAGE`.

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../core/units.ts';
import { isPolicyName, POLICY_NAMES } from '../../routing/policies/policies.ts';
import type { PolicyName } from '../../routing/policies/route-policy.ts';
import { presets, type PresetName } from '../../resilience/presets.ts';
import { MOTION_CLASSES, type MotionClass } from '../../sim/mesh-run/motion.ts';
import type { FaultScript } from '../../sim/faults/fault.ts';
import { parseFaults } from '../../sim/faults/parse-faults.ts';
import type { Amount } from '../../sim/mesh-run/run-options.ts';

export function seedOption(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError('It is a whole number from 0 to 2^53 − 1.');
  }
  return seed;
}

export function countOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}

export function positiveOption(text: string): number {
  const count = countOption(text);
  if (count === 0) throw new InvalidArgumentError('It is at least 1.');
  return count;
}

/** 0–1, such as `0.05`. */
export function probabilityOption(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value > 1) {
    throw new InvalidArgumentError('It is a number from 0 to 1.');
  }
  return value;
}

/** Per second, 0 to 1 000. */
export function rateOption(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value > 1000) {
    throw new InvalidArgumentError('It is a number of events per second, from 0 to 1000.');
  }
  return value;
}

/** `5` or `10%`. */
export function amountOption(text: string): Amount {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent !== null) {
    const share = Number(percent[1]) / 100;
    if (share <= 1) return { kind: 'share', share };
  } else if (/^\d{1,9}$/.test(text)) return { kind: 'count', count: Number(text) };
  throw new InvalidArgumentError('It is a count such as 5, or a share such as 10%.');
}

/** What is to break, as `parseFaults` reads it. */
export function faultsOption(text: string): FaultScript {
  const parsed = parseFaults(text);
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(parsed.error.message);
}

/** Milliseconds, above 0 and at most a day. */
export function durationOption(text: string): number {
  const duration = parseDuration(text);
  if (!duration.ok || duration.value <= 0 || duration.value > 86_400_000) {
    throw new InvalidArgumentError('It is a time such as 60s, above 0 and at most 1d.');
  }
  return duration.value;
}

export function motionOption(text: string): MotionClass {
  const known = MOTION_CLASSES.find((name) => name === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(`There are ${MOTION_CLASSES.join(', ')}.`);
}

/** Metres per second, above 0, at most that of an airliner. */
export function speedOption(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 300) return value;
  throw new InvalidArgumentError('It is a number of metres per second, above 0 and at most 300.');
}

export function policyOption(text: string): PolicyName {
  if (isPolicyName(text)) return text;
  throw new InvalidArgumentError(`There are ${POLICY_NAMES.join(', ')}.`);
}

export function presetOption(text: string): PresetName {
  if (Object.hasOwn(presets, text)) return text as PresetName;
  throw new InvalidArgumentError(`There are ${Object.keys(presets).join(', ')}.`);
}
