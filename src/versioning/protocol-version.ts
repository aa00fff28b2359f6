// Protocol versions, major.minor.patch: a new major changes the wire, a new minor adds a feature, a new patch neither.

import { assert } from '../core/assert.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { FEATURES } from './features.ts';

export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The largest major, minor or patch. */
export const VERSION_NUMBER_MAX = 0xffff;

const PATTERN = /^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})(?:\.(0|[1-9]\d{0,4}))?$/;

/** `1.2` or `1.2.0`, each number 0…65535 without leading zeros. */
export function parseVersion(text: string): Result<ProtocolVersion, 'VERSION_INVALID'> {
  const match = PATTERN.exec(text);
  if (match === null) return fail('VERSION_INVALID', { text: text.slice(0, 40) });
  const version = {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3] ?? '0'),
  };
  return isVersion(version) ? ok(version) : fail('VERSION_INVALID', { text });
}

export function formatVersion(version: ProtocolVersion): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}

/** Negative, zero or positive. */
export function compareVersions(a: ProtocolVersion, b: ProtocolVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** Whether all three numbers are integers within their bounds. */
export function isVersion(version: ProtocolVersion): boolean {
  return [version.major, version.minor, version.patch].every(
    (number) => Number.isInteger(number) && number >= 0 && number <= VERSION_NUMBER_MAX,
  );
}

/** The newest version of which this build has every feature, up to the first that it lacks. */
function newestComplete(): ProtocolVersion {
  let newest: ProtocolVersion | null = null;
  for (const feature of FEATURES) {
    assert(newest === null || compareVersions(newest, feature.since) <= 0, 'features ascend');
    if (!feature.implemented) break;
    newest = feature.since;
  }
  assert(newest !== null, 'the first feature exists');
  return newest;
}

/** The version that this build speaks. */
export const CURRENT: ProtocolVersion = newestComplete();
