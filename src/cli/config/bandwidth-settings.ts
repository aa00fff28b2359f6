// The settings of a gateway that bound what it sends. They are read again while it runs, with those of `limit-settings.ts`.

import * as z from 'zod';
import {
  DEFAULT_LIMITS,
  LIMIT_MBPS_MAX,
  LIMIT_MBPS_MIN,
  type ShapingLimits,
} from '../../gateway/shaping/limits.ts';
import { checkWith, type Setting } from './setting.ts';

export interface BandwidthSettings {
  /** 0: no limit, as for the two that follow. */
  readonly localMbpsMax: number;
  readonly internetMbpsMax: number;
  readonly peerMbpsMax: number;
  readonly gamePeerMbpsMax: number;
  readonly controlPeerMbpsMax: number;
  readonly fixedBandwidth: boolean;
}

const NO_LIMIT = 0;
const mbps = z
  .number('a number')
  .min(LIMIT_MBPS_MIN, `at least ${LIMIT_MBPS_MIN} Mbit/s`)
  .max(LIMIT_MBPS_MAX, `at most ${LIMIT_MBPS_MAX} Mbit/s`);
const mbpsOrNone = z.union(
  [z.literal(NO_LIMIT), mbps],
  `0 for no limit, or ${LIMIT_MBPS_MIN} to ${LIMIT_MBPS_MAX} Mbit/s`,
);

function rate(
  key: string,
  value: number | null,
  schema: z.ZodType<number>,
  comment: string,
): Setting<number> {
  return {
    key: `bandwidth.${key}`,
    form: 'number',
    flag: key.replaceAll('_', '-'),
    valueName: 'MBPS',
    default: value ?? NO_LIMIT,
    comment,
    check: checkWith(schema),
  };
}

export const BANDWIDTH_SETTINGS: {
  readonly [K in keyof BandwidthSettings]: Setting<BandwidthSettings[K]>;
} = {
  internetMbpsMax: rate(
    'internet_mbps_max',
    DEFAULT_LIMITS.internetMbpsMax,
    mbpsOrNone,
    'What a gateway sends to other gateways, Mbit/s over all bridges. 0: no limit. Set it a tenth below what the line uploads, so that packets queue here, games first, and not in the modem.',
  ),
  localMbpsMax: rate(
    'local_mbps_max',
    DEFAULT_LIMITS.localMbpsMax,
    mbpsOrNone,
    'What a gateway sends to members of its own mesh, Mbit/s over all links. 0: no limit.',
  ),
  peerMbpsMax: rate(
    'peer_mbps_max',
    DEFAULT_LIMITS.peerMbpsMax,
    mbpsOrNone,
    'The same for the packets of one source, each way. 0: no limit; sources share what there is in equal parts anyway.',
  ),
  gamePeerMbpsMax: rate(
    'game_peer_mbps_max',
    DEFAULT_LIMITS.gamePeerMbpsMax,
    mbps,
    'What one source may send as game traffic, which goes before bulk. Past it all that it sends is bulk until it keeps to it.',
  ),
  controlPeerMbpsMax: rate(
    'control_peer_mbps_max',
    DEFAULT_LIMITS.controlPeerMbpsMax,
    mbps,
    'The same for handshakes and notices, which go first; past it they count as game traffic.',
  ),
  fixedBandwidth: {
    key: 'bandwidth.fixed',
    form: 'switch',
    flag: 'fixed-bandwidth',
    valueName: '',
    default: !DEFAULT_LIMITS.adaptive,
    comment:
      'Whether bridges send as fast as the limits allow although round trips grow. By default a bridge whose path fills up sends less.',
    check: checkWith(z.boolean('true or false')),
  },
};

/** What the shaper of a gateway takes. */
export function shapingLimits(settings: BandwidthSettings): ShapingLimits {
  return {
    localMbpsMax: limit(settings.localMbpsMax),
    internetMbpsMax: limit(settings.internetMbpsMax),
    peerMbpsMax: limit(settings.peerMbpsMax),
    gamePeerMbpsMax: settings.gamePeerMbpsMax,
    controlPeerMbpsMax: settings.controlPeerMbpsMax,
    adaptive: !settings.fixedBandwidth,
  };
}

function limit(value: number): number | null {
  return value === NO_LIMIT ? null : value;
}
