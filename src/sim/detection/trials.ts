// Two questions to a preset under its disturbances: how soon is a real crash found, and how often is a living neighbour
// suspected, or given up?

import type { Primitives } from '../../env/primitives.ts';
import type { SuspicionCause } from '../../mesh/link-watch-config.ts';
import { disturbances } from '../../resilience/disturbances.ts';
import { presets, type PresetName } from '../../resilience/presets.ts';
import { WatchedLink, type WatchedLinkOptions } from './watched-link.ts';

const DAY_MS = 86_400_000;
/** Beats before a crash: the detector knows the link. */
const WARM_UP_BEATS = 80;
/** A link with traffic is warm once round trips have settled. */
const WARM_UP_TRAFFIC_MS = 20_000;

export interface TrialOptions {
  readonly preset: PresetName;
  /** `null`: the link is idle. */
  readonly packetEveryMs: number | null;
  /** Of crashes: only the end that survives sends packets. Default: both do. */
  readonly oneWay?: boolean;
  readonly seed: number;
  readonly primitives: Primitives;
}

export interface Verdicts {
  /** Of virtual time, of one end of one link. */
  readonly endDays: number;
  readonly suspicions: Readonly<Record<SuspicionCause, number>>;
  /** Links closed as silent although both ends lived. */
  readonly confirmed: number;
}

/** One link whose ends live, watched for so many days by both. */
export function falseVerdicts(options: TrialOptions, days: number): Verdicts {
  const suspicions = { silence: 0, acknowledgement: 0 };
  let confirmed = 0;
  const link = new WatchedLink({
    ...linkOptions(options),
    suspected: (_, cause) => {
      suspicions[cause] += 1;
    },
    silent: () => {
      confirmed += 1;
    },
  });
  link.run(days * DAY_MS);
  return { endDays: 2 * days, suspicions, confirmed };
}

/**
 * Milliseconds from a crash until the other end suspects the link: so many crashes of fresh links, in turn of the end that
 * dialled and of the other, at any moment between two beats.
 */
export function crashTimes(options: TrialOptions, crashes: number): readonly number[] {
  return Array.from({ length: crashes }, (_, index) => crashTime(options, index, crashes));
}

function crashTime(options: TrialOptions, index: number, crashes: number): number {
  const { heartbeatMs, failureTimeoutMs } = presets[options.preset];
  const dead = index % 2 === 0 ? 0 : 1;
  const found = { atMs: Infinity };
  const noticed = (end: 0 | 1, atMs: number): void => {
    if (end !== dead) found.atMs = Math.min(found.atMs, atMs);
  };
  const link = new WatchedLink({
    ...linkOptions({ ...options, seed: options.seed + index }),
    ...(options.oneWay === true ? { senders: [dead === 0 ? 1 : 0] } : {}),
    suspected: (end, _, atMs) => noticed(end, atMs),
    silent: noticed,
  });
  const warmUpMs =
    options.packetEveryMs === null ? WARM_UP_BEATS * heartbeatMs : WARM_UP_TRAFFIC_MS;
  link.run(warmUpMs + (heartbeatMs * index) / crashes);
  // What is suspect already is found, but shows nothing.
  while (link.suspect) link.run(link.nowMs + heartbeatMs);
  const diedAtMs = link.nowMs;
  found.atMs = Infinity;
  link.crash(dead);
  link.run(diedAtMs + 4 * failureTimeoutMs, () => found.atMs < Infinity);
  return found.atMs - diedAtMs;
}

function linkOptions({
  preset,
  packetEveryMs,
  seed,
  primitives,
}: TrialOptions): Omit<WatchedLinkOptions, 'suspected' | 'silent'> {
  const [timings, disturbance] = [presets[preset], disturbances[preset]];
  return { packetEveryMs, seed, primitives, timings, disturbance };
}
