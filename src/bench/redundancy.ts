// What an application notices of a relay that crashes while three disjoint ways are there, over many seeds in virtual time,
// and what keeping the ways ready costs. The figures are of the simulation, so the same on every machine.

import { primitives } from '../platform/node/primitives.ts';
import { zstd } from '../platform/node/zstd.ts';
import { crashRelay, quietTalkBytes, type RelayCrash } from '../sim/redundancy/relay-crash.ts';
import { benchDocument, row, type BenchDocument, type Row } from './benchmark.ts';
import { exactly } from './bootstrap.ts';
import type { Threshold } from './verdict.ts';

const SEEDS = 200;
const SEEDS_QUICK = 24;
const SEEDS_OF_COST = 4;
/** With one way its source waits for the detector and for link state. */
const ALONE = 1;
const TOGETHER = 3;
const NONE: Threshold = { kind: 'at-most', value: 0 };
/** Of the round trip on the way that is taken then. */
const ONE_ROUND_TRIP: Threshold = { kind: 'at-most', value: 1 };
/** A link that carries packets is found dead within this time; ends need not wait for it. */
const SECOND_MS: Threshold = { kind: 'at-most', value: 1_000 };

export interface RedundancyBenchOptions {
  readonly quick: boolean;
  readonly seed: number;
}

/** A third of a second of a processor for each seed and redundancy. */
export function benchRedundancy({ quick, seed }: RedundancyBenchOptions): BenchDocument {
  const seeds = Array.from({ length: quick ? SEEDS_QUICK : SEEDS }, (_, i) => seed + i);
  const crashes = seeds.map((one) => crash(one, TOGETHER));
  const alone = seeds.map((one) => crash(one, ALONE));
  const sum = (of: (crash: RelayCrash) => number): number =>
    crashes.reduce((total, one) => total + of(one), 0);
  const rows: Row[] = [
    ...quantiles(
      'detect',
      'until the crash is noticed',
      'ms',
      SECOND_MS,
      crashes,
      (one) => one.detectMs,
    ),
    ...quantiles(
      'after-detection',
      'from then until the application gets something',
      'round trips',
      ONE_ROUND_TRIP,
      crashes,
      (one) => one.stallAfterDetectionMs / one.roundTripMs,
    ),
    ...quantiles(
      'stall',
      'longest wait of the application',
      'ms',
      SECOND_MS,
      crashes,
      (one) => one.stallMs,
    ),
    ...quantiles('stall-alone', 'the same with one way', 'ms', null, alone, (one) => one.stallMs),
    exact(
      'lost',
      'messages lost',
      'messages',
      sum(({ lost }) => lost),
      NONE,
    ),
    exact(
      'duplicated',
      'messages twice',
      'messages',
      sum(({ duplicated }) => duplicated),
      NONE,
    ),
    exact(
      'out-of-order',
      'out of order',
      'messages',
      sum(({ outOfOrder }) => outOfOrder),
      NONE,
    ),
    exact(
      'messages',
      'messages sent',
      'messages',
      sum(({ messages }) => messages),
      null,
    ),
    exact(
      'probing',
      'probes of two ways and their reports, both ends, all links',
      'B/s',
      probingBytes(seed),
      null,
    ),
  ];
  const byAcknowledgements = crashes.filter(({ noticedBy }) => noticedBy === 'acknowledgements');
  return benchDocument('redundancy', seed, rows, [
    `of ${crashes.length} crashes ${byAcknowledgements.length} were noticed by missing acknowledgements first`,
  ]);
}

function crash(seed: number, redundancy: number): RelayCrash {
  return crashRelay(seed, { primitives, compressor: zstd, redundancy });
}

/** What three ways cost beyond one, the mean of a few seeds. */
function probingBytes(seed: number): number {
  const bytes = (redundancy: number): number => {
    let sum = 0;
    for (let i = 0; i < SEEDS_OF_COST; i += 1) {
      sum += quietTalkBytes(seed + i, { primitives, compressor: zstd, redundancy });
    }
    return sum / SEEDS_OF_COST;
  };
  return bytes(TOGETHER) - bytes(ALONE);
}

/** The median, the 99th percentile and the largest; the last one is held to the threshold. */
function quantiles(
  name: string,
  title: string,
  unit: string,
  threshold: Threshold | null,
  crashes: readonly RelayCrash[],
  of: (crash: RelayCrash) => number,
): readonly Row[] {
  const values = crashes.map(of).toSorted((a, b) => a - b);
  const at = (share: number): number =>
    values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;
  return [
    exact(`${name}-p50`, `${title}, median`, unit, at(0.5), null),
    exact(`${name}-p99`, `${title}, p99`, unit, at(0.99), null),
    exact(`${name}-max`, `${title}, longest`, unit, at(1), threshold),
  ];
}

function exact(
  name: string,
  title: string,
  unit: string,
  value: number,
  threshold: Threshold | null,
): Row {
  return row({
    name,
    title,
    unit,
    value,
    interval: exactly(value),
    ...(threshold === null ? {} : { threshold }),
  });
}
