// What each preset keeps of its promises under its own disturbances, in virtual time: how soon a crash is found on an idle
// link and on one with traffic, and how often a node takes living neighbours for dead.

import { disturbances } from '../resilience/disturbances.ts';
import type { PresetName } from '../resilience/presets.ts';
import { primitives } from '../platform/node/primitives.ts';
import {
  crashTimes,
  falseVerdicts,
  type TrialOptions,
  type Verdicts,
} from '../sim/detection/trials.ts';
import { benchDocument, row, type BenchDocument, type Row } from './benchmark.ts';
import { CONFIDENCE, type Interval } from './bootstrap.ts';
import { poissonMeanInterval } from './poisson.ts';

/** Seconds until a crash on an idle link is found, p99; on a link with traffic, whatever the preset. */
const IDLE_SECONDS: Readonly<Record<PresetName, number>> = {
  local: 1,
  lan: 3,
  wan: 8,
  default: 15,
};
const TRAFFIC_SECONDS = 1;
const CONFIRMED_PER_NODE_DAY = 1;
/** What a node has on average in the meshes of docs/routing.md, about. */
const LINKS_PER_NODE = 4;
const PACKET_EVERY_MS = 50;

interface Sizes {
  readonly crashes: number;
  readonly nodeDays: number;
  /** Traffic costs a hundred times as many events as beats do. */
  readonly trafficNodeDays: number;
}

const FULL: Sizes = { crashes: 4_000, nodeDays: 20, trafficNodeDays: 4 };
const QUICK: Sizes = { crashes: 1_000, nodeDays: 4, trafficNodeDays: 0.2 };

export interface DetectionBenchOptions {
  readonly quick: boolean;
  readonly seed: number;
}

/** About five minutes of one core; where quick, half a minute. */
export function benchDetection({ quick, seed }: DetectionBenchOptions): BenchDocument {
  const sizes = quick ? QUICK : FULL;
  const names = Object.keys(IDLE_SECONDS) as readonly PresetName[];
  const rows = names.flatMap((preset) => rowsOf(preset, sizes, seed));
  const notes = names.map((preset) => `${preset}: ${JSON.stringify(disturbances[preset])}`);
  return benchDocument('detection', seed, rows, notes);
}

function rowsOf(preset: PresetName, sizes: Sizes, seed: number): readonly Row[] {
  const idle: TrialOptions = { preset, packetEveryMs: null, seed, primitives };
  const busy: TrialOptions = { ...idle, packetEveryMs: PACKET_EVERY_MS };
  const quiet = falseVerdicts(idle, (LINKS_PER_NODE / 2) * sizes.nodeDays);
  const traffic = falseVerdicts(busy, (LINKS_PER_NODE / 2) * sizes.trafficNodeDays);
  return [
    foundRow(preset, 'idle', crashTimes(idle, sizes.crashes), IDLE_SECONDS[preset]),
    foundRow(preset, 'traffic', crashTimes(busy, sizes.crashes), TRAFFIC_SECONDS),
    foundRow(
      preset,
      'sending',
      crashTimes({ ...busy, oneWay: true }, sizes.crashes),
      TRAFFIC_SECONDS,
    ),
    countRow(
      `${preset}-confirmed`,
      `${preset}: the living given up, idle`,
      quiet.confirmed,
      quiet,
      true,
    ),
    countRow(
      `${preset}-confirmed-traffic`,
      `${preset}: the living given up, with traffic`,
      traffic.confirmed,
      traffic,
      true,
    ),
    countRow(`${preset}-suspected`, `${preset}: suspected, idle`, suspicions(quiet), quiet, false),
    countRow(
      `${preset}-suspected-traffic`,
      `${preset}: suspected, with traffic`,
      suspicions(traffic),
      traffic,
      false,
    ),
  ];
}

function suspicions({ suspicions: { silence, acknowledgement } }: Verdicts): number {
  return silence + acknowledgement;
}

const LOADS = { idle: 'idle link', traffic: 'with traffic', sending: 'with traffic to it alone' };

function foundRow(
  preset: PresetName,
  load: keyof typeof LOADS,
  times: readonly number[],
  seconds: number,
): Row {
  const sorted = times.map((ms) => ms / 1_000).toSorted((a, b) => a - b);
  return row({
    name: `${preset}-${load}`,
    title: `${preset}: a crash is found, ${LOADS[load]}, p99`,
    unit: 's',
    value: at(sorted, 0.99 * sorted.length),
    interval: quantileInterval(sorted, 0.99),
    threshold: { kind: 'at-most', value: seconds },
  });
}

/** By order statistics: how many samples lie below the quantile is binomial, and nearly normal where they are many. */
function quantileInterval(sorted: readonly number[], share: number): Interval {
  const count = sorted.length;
  const reach = 1.96 * Math.sqrt(count * share * (1 - share));
  return {
    low: at(sorted, count * share - reach),
    high: at(sorted, count * share + reach),
    confidence: CONFIDENCE,
  };
}

function at(sorted: readonly number[], index: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.floor(index)))] ?? NaN;
}

function countRow(
  name: string,
  title: string,
  count: number,
  { endDays }: Verdicts,
  isJudged: boolean,
): Row {
  const nodeDays = endDays / LINKS_PER_NODE;
  const { low, high } = poissonMeanInterval(count);
  return row({
    name,
    title,
    unit: '/node-day',
    value: count / nodeDays,
    interval: { low: low / nodeDays, high: high / nodeDays, confidence: CONFIDENCE },
    ...(isJudged ? { threshold: { kind: 'at-most', value: CONFIRMED_PER_NODE_DAY } } : {}),
  });
}
