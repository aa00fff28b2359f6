// The trade-off of saving energy, as a table: what an idle device sends, how often it wakes, and how late it and its
// neighbours notice a dead link, by what is left of its battery.

import { primitives } from '../platform/node/primitives.ts';
import { zstd } from '../platform/node/zstd.ts';
import type { PresetName } from '../resilience/presets.ts';
import { heartbeatStretch, POWER_DEFAULTS } from '../resilience/power/power-plan.ts';
import { runPowerTrial, type PowerTrial } from '../sim/power-trial.ts';
import { mean } from './statistics.ts';

const ENERGIES: readonly number[] = [1, 0.5, 0.2, 0.1];
const PRESETS: readonly PresetName[] = ['lan', 'default'];
const TRIALS = 100;
const TRIALS_QUICK = 20;
const IDLE_MS = 1_200_000;

export interface PowerRow {
  readonly preset: PresetName;
  readonly energy: number;
  readonly stretch: number;
  readonly relays: boolean;
  readonly bytesPerSecond: number;
  readonly wakingsPerMinute: number;
  /** Of either end of the link, milliseconds. */
  readonly detectionMs: { readonly p50: number; readonly p99: number };
}

export interface PowerDocument {
  readonly name: 'power';
  readonly seed: number;
  readonly trials: number;
  readonly rows: readonly PowerRow[];
}

export function benchPower(options: {
  readonly quick: boolean;
  readonly seed: number;
}): PowerDocument {
  const trials = options.quick ? TRIALS_QUICK : TRIALS;
  const rows = PRESETS.flatMap((preset) =>
    ENERGIES.map((energy) => {
      const runs = Array.from({ length: trials }, (_, index) =>
        // The figures of an idle device differ little: one run in ten measures them for long.
        runPowerTrial({
          seed: options.seed + index,
          preset,
          energy,
          idleMs: index % 10 === 0 ? IDLE_MS : 0,
          primitives,
          compressor: zstd,
        }),
      );
      return rowOf(preset, energy, runs);
    }),
  );
  return { name: 'power', seed: options.seed, trials, rows };
}

function rowOf(preset: PresetName, energy: number, runs: readonly PowerTrial[]): PowerRow {
  const idle = runs.filter(({ bytesPerSecond }) => Number.isFinite(bytesPerSecond));
  const detected = runs
    .flatMap(({ deviceNoticedMs, neighbourNoticedMs }) => [deviceNoticedMs, neighbourNoticedMs])
    .toSorted((a, b) => a - b);
  return {
    preset,
    energy,
    stretch: heartbeatStretch(energy, POWER_DEFAULTS),
    relays: energy > POWER_DEFAULTS.relayAbove,
    bytesPerSecond: mean(idle.map((run) => run.bytesPerSecond)),
    wakingsPerMinute: mean(idle.map((run) => run.wakingsPerMinute)),
    detectionMs: { p50: quantile(detected, 0.5), p99: quantile(detected, 0.99) },
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Cells of a table with a heading. */
export function powerTable({ rows }: PowerDocument): readonly (readonly string[])[] {
  return [
    ['preset', 'energy', 'heartbeat ×', 'relays', 'B/s', 'wakings/min', 'noticed p50', 'p99'],
    ...rows.map((row) => [
      row.preset,
      row.energy.toFixed(1),
      row.stretch.toFixed(1),
      row.relays ? 'yes' : 'no',
      row.bytesPerSecond.toFixed(2),
      row.wakingsPerMinute.toFixed(1),
      `${(row.detectionMs.p50 / 1_000).toFixed(1)} s`,
      `${(row.detectionMs.p99 / 1_000).toFixed(1)} s`,
    ]),
  ];
}
