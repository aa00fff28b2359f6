// Durations and sizes as people write them: `30s`, `16KiB`.

import { fail, ok, type Result } from './errors.ts';

const MS_PER = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES_PER = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

function isUnit<U extends string>(table: Readonly<Record<U, number>>, unit: string): unit is U {
  return Object.hasOwn(table, unit);
}

/** Milliseconds of `500ms`, `30s`, `5m`, `2h` or `1d`; decimals allowed. */
export function parseDuration(text: string): Result<number, 'UNIT_DURATION_INVALID'> {
  const match = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text.trim());
  const unit = match?.[2] ?? '';
  if (match === null || !isUnit(MS_PER, unit)) return fail('UNIT_DURATION_INVALID', { text });
  return ok(Number(match[1]) * MS_PER[unit]);
}

/** Bytes of `512B`, `16KiB`, `4MiB` or `1GiB`. */
export function parseSize(text: string): Result<number, 'UNIT_SIZE_INVALID'> {
  const match = /^(\d+)([A-Za-z]+)$/.exec(text.trim());
  const unit = match?.[2] ?? '';
  if (match === null || !isUnit(BYTES_PER, unit)) return fail('UNIT_SIZE_INVALID', { text });
  return ok(Number(match[1]) * BYTES_PER[unit]);
}

/** The shortest exact text for a duration in whole milliseconds. */
export function formatDuration(ms: number): string {
  if (ms % 3_600_000 === 0 && ms > 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000}m`;
  if (ms % 1000 === 0) return `${ms / 1000}s`;
  return `${ms}ms`;
}

/** The shortest exact text for a size in bytes. */
export function formatSize(bytes: number): string {
  if (bytes > 0 && bytes % BYTES_PER.GiB === 0) return `${bytes / BYTES_PER.GiB}GiB`;
  if (bytes > 0 && bytes % BYTES_PER.MiB === 0) return `${bytes / BYTES_PER.MiB}MiB`;
  if (bytes > 0 && bytes % BYTES_PER.KiB === 0) return `${bytes / BYTES_PER.KiB}KiB`;
  return `${bytes}B`;
}
