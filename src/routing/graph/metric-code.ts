// What is measured of one direction of a link, in four bytes: each quantity on a logarithmic scale, as a record carries it
// and a graph keeps it. A step is 6.5 to 9 %, so that noise below it does not change a record.

/** `null`: not measured. A stream hides its losses: there `loss` is `null` and not 0. */
export interface LinkMetrics {
  /** One-way, half the round trip when nothing is lost and little waits. */
  readonly latencyMs: number | null;
  /** Median absolute deviation of the round trip. */
  readonly jitterMs: number | null;
  /** 0–1. */
  readonly loss: number | null;
  /** What the link delivered at its best in the window. */
  readonly bytesPerSecond: number | null;
}

interface Scale {
  /** What code 1 stands for. */
  readonly least: number;
  /** Factor between two codes. */
  readonly step: number;
  readonly shift: number;
}

/** 0.01 ms to 62 s. */
const LATENCY: Scale = { least: 0.01, step: 1.0636, shift: 24 };
const JITTER: Scale = { least: 0.01, step: 1.0636, shift: 16 };
/** 10⁻⁴ to 1; code 1 stands for "at most 10⁻⁴". */
const LOSS: Scale = { least: 1e-4, step: 1.037, shift: 8 };
/** 100 B/s to 12 GB/s. */
const RATE: Scale = { least: 100, step: 1.076, shift: 0 };

/** Each quantity as a byte, 0 for `null`; values outside a scale take its end. */
export function encodeMetrics({ latencyMs, jitterMs, loss, bytesPerSecond }: LinkMetrics): number {
  return (
    (codeOf(latencyMs, LATENCY) |
      codeOf(jitterMs, JITTER) |
      codeOf(loss, LOSS) |
      codeOf(bytesPerSecond, RATE)) >>>
    0
  );
}

/** Any 32 bits are metrics. */
export function decodeMetrics(code: number): LinkMetrics {
  const loss = valueOf(code, LOSS);
  return {
    latencyMs: valueOf(code, LATENCY),
    jitterMs: valueOf(code, JITTER),
    loss: loss === null ? null : Math.min(1, loss),
    bytesPerSecond: valueOf(code, RATE),
  };
}

function codeOf(value: number | null, { least, step, shift }: Scale): number {
  if (value === null) return 0;
  const code = value <= least ? 1 : Math.round(Math.log(value / least) / Math.log(step)) + 1;
  return Math.min(255, code) << shift;
}

function valueOf(code: number, { least, step, shift }: Scale): number | null {
  const byte = (code >>> shift) & 0xff;
  return byte === 0 ? null : least * step ** (byte - 1);
}
