// The settings of a node that bound what strangers may take of it. They are read again while it runs: on SIGHUP, and on
// `bitcraps config reload`.

import * as z from 'zod';
import { formatSize, parseSize } from '../../core/units.ts';
import { unwrap } from '../../core/errors.ts';
import { PUZZLE_BITS_MAX } from '../../crypto/connection-puzzle.ts';
import { ADMISSION_LIMITS, type AdmissionLimits } from '../../gateway/admission/limits.ts';
import { checkWith, type Setting } from './setting.ts';

export interface LimitSettings extends Omit<
  AdmissionLimits,
  'bufferedBytesMax' | 'loopDelayMsMax' | 'linksPerSiteMax' | 'dialsPerSecondPerSiteMax'
> {
  readonly bufferedMax: string;
}

const COUNT_MAX = 1_000_000;

function count(
  name: Exclude<keyof LimitSettings, 'bufferedMax'>,
  key: string,
  comment: string,
  [min, max]: readonly [number, number] = [1, COUNT_MAX],
): Setting<number> {
  return {
    key: `limits.${key}`,
    form: 'number',
    flag: key.replaceAll('_', '-'),
    valueName: 'N',
    default: ADMISSION_LIMITS[name],
    comment,
    check: checkWith(
      z.int('a whole number').min(min, `at least ${min}`).max(max, `at most ${max}`),
    ),
  };
}

export const LIMIT_SETTINGS: { readonly [K in keyof LimitSettings]: Setting<LimitSettings[K]> } = {
  linksMax: count(
    'linksMax',
    'links_max',
    'Connections that others opened, in all. Each takes some 60 KiB and a file descriptor.',
  ),
  linksPerAddressMax: count(
    'linksPerAddressMax',
    'links_per_address_max',
    'The same from one address: a household, or all nodes of a test on one machine.',
  ),
  linksPerPrefixMax: count(
    'linksPerPrefixMax',
    'links_per_prefix_max',
    'The same from one IPv4 /24 or IPv6 /56. An IPv6 /48 gets half as many again.',
  ),
  linksPerIdentityMax: count(
    'linksPerIdentityMax',
    'links_per_identity_max',
    'Links of one identity. One for each transport, and those that its network dropped without a word.',
  ),
  halfOpenMax: count(
    'halfOpenMax',
    'half_open_max',
    'Connections that have not yet proved an identity; the oldest of the most crowded prefix gives way.',
  ),
  halfOpenPerAddressMax: count(
    'halfOpenPerAddressMax',
    'half_open_per_address_max',
    'The same from one address.',
  ),
  halfOpenPerPrefixMax: count(
    'halfOpenPerPrefixMax',
    'half_open_per_prefix_max',
    'The same from one IPv4 /24 or IPv6 /56.',
  ),
  dialsPerSecondMax: count(
    'dialsPerSecondMax',
    'dials_per_second_max',
    'Handshakes that begin in a second; each costs a millisecond or two. At half of it strangers must work first.',
  ),
  dialsPerSecondPerAddressMax: count(
    'dialsPerSecondPerAddressMax',
    'dials_per_second_per_address_max',
    'New connections in a second from one address, twice as many at once.',
  ),
  dialsPerSecondPerPrefixMax: count(
    'dialsPerSecondPerPrefixMax',
    'dials_per_second_per_prefix_max',
    'The same from one IPv4 /24 or IPv6 /56. An IPv6 /48 gets twice as many.',
  ),
  bufferedMax: {
    key: 'limits.buffered_max',
    form: 'text',
    flag: 'buffered-max',
    valueName: 'SIZE',
    default: formatSize(ADMISSION_LIMITS.bufferedBytesMax),
    comment:
      'Bytes that may wait on all links together. Past it the link that takes its own most slowly ends.',
    check: checkWith(z.string().refine((text) => parseSize(text).ok, 'a size such as 256MiB')),
  },
  puzzleBitsMax: count(
    'puzzleBitsMax',
    'puzzle_bits_max',
    `Work that a stranger must do under load, at most: zero bits, 0 (never any) to ${PUZZLE_BITS_MAX}. 16 take a dialer about a tenth of a second.`,
    [0, PUZZLE_BITS_MAX],
  ),
};

/** What the gate takes. An IPv6 site has several prefixes, so it gets more than one of them. */
export function admissionLimits(settings: LimitSettings): Partial<AdmissionLimits> {
  const { linksPerPrefixMax, dialsPerSecondPerPrefixMax } = settings;
  return {
    linksMax: settings.linksMax,
    linksPerAddressMax: settings.linksPerAddressMax,
    linksPerPrefixMax,
    linksPerSiteMax: Math.ceil(1.5 * linksPerPrefixMax),
    linksPerIdentityMax: settings.linksPerIdentityMax,
    halfOpenMax: settings.halfOpenMax,
    halfOpenPerAddressMax: settings.halfOpenPerAddressMax,
    halfOpenPerPrefixMax: settings.halfOpenPerPrefixMax,
    dialsPerSecondMax: settings.dialsPerSecondMax,
    dialsPerSecondPerAddressMax: settings.dialsPerSecondPerAddressMax,
    dialsPerSecondPerPrefixMax,
    dialsPerSecondPerSiteMax: 2 * dialsPerSecondPerPrefixMax,
    bufferedBytesMax: unwrap(parseSize(settings.bufferedMax)),
    puzzleBitsMax: settings.puzzleBitsMax,
  };
}
