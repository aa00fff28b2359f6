// The numbers that a gateway keeps of each source: meters of its game and control traffic, tokens, and what it sent lately.
// They lie in one array, two cache lines for each source, since with ten thousand sources memory is what a packet costs
// (`bitcraps bench shaping`).

/** Numbers of one source, and where each group begins. */
export const STATE_NUMBERS = 16;
const GAME = 0;
const RATE = 3;
const CONTROL = 8;
const BUCKET = 11;

/** A meter's burst: the longest packet twice, or this long at the rate. */
const METER_BYTES_MIN: number = 128 * 1024;
const METER_MS = 500;

export type Metered = 'game' | 'control';

/** Where the group of a source begins; `slot` counts sources. */
export function meterAt(slot: number, metered: Metered): number {
  return slot * STATE_NUMBERS + (metered === 'game' ? GAME : CONTROL);
}

/** A source of which nothing is known yet. */
export function resetState(state: Float64Array, slot: number): void {
  state.fill(0, slot * STATE_NUMBERS, (slot + 1) * STATE_NUMBERS);
  for (const at of [meterAt(slot, 'game'), meterAt(slot, 'control')]) state[at] = Infinity;
  state[slot * STATE_NUMBERS + BUCKET] = Infinity;
  state[slot * STATE_NUMBERS + RATE] = -1;
}

/**
 * A packet came that claims a class: whether it is within the budget of `perMs` bytes a millisecond. A meter, not a gate:
 * while a source sends faster all its packets of the class are demoted, and stay so until the meter has recovered by half,
 * so that a steady flood is one class and in order, not a mix of two.
 */
export function meterAdmits(
  state: Float64Array,
  at: number,
  bytes: number,
  perMs: number,
  nowMs: number,
): boolean {
  const burst = Math.max(METER_BYTES_MIN, perMs * METER_MS);
  const filled = Math.min(burst, (state[at] ?? 0) + (nowMs - (state[at + 1] ?? 0)) * perMs);
  // What exceeds the budget counts too: only who sends less recovers.
  const tokens = filled > bytes ? filled - bytes : 0;
  state[at] = tokens;
  state[at + 1] = nowMs;
  let isExceeded = state[at + 2] === 1;
  if (filled < bytes) isExceeded = true;
  else if (isExceeded && tokens >= burst / 2) isExceeded = false;
  state[at + 2] = isExceeded ? 1 : 0;
  return !isExceeded;
}

/** Tokens of a source under the limit for sources: like `ByteBucket`, whose rate and burst all of them share. */
export function sourceLevel(
  state: Float64Array,
  slot: number,
  perMs: number,
  burst: number,
  nowMs: number,
): number {
  const at = slot * STATE_NUMBERS + BUCKET;
  const filled = (state[at] ?? 0) + Math.max(0, nowMs - (state[at + 1] ?? 0)) * perMs;
  const tokens = Math.min(burst, filled);
  state[at] = tokens;
  state[at + 1] = nowMs;
  return tokens;
}

/** After `sourceLevel` at this time. */
export function sourceTake(state: Float64Array, slot: number, bytes: number): void {
  const at = slot * STATE_NUMBERS + BUCKET;
  state[at] = (state[at] ?? 0) - bytes;
}

/** A packet of the source left: counts in windows of `windowMs`, the present one and the one before. */
export function countSent(
  state: Float64Array,
  slot: number,
  bytes: number,
  nowMs: number,
  windowMs: number,
): void {
  const at = slot * STATE_NUMBERS + RATE;
  if (nowMs >= (state[at] ?? 0) + windowMs || state[at] === -1) turn(state, at, nowMs, windowMs);
  state[at + 1] = (state[at + 1] ?? 0) + bytes;
  state[at + 2] = (state[at + 2] ?? 0) + 1;
}

/** What the source sent a second over the last `windowMs`: the window before counts by the part that lies in them. */
export function sentRate(
  state: Float64Array,
  slot: number,
  nowMs: number,
  windowMs: number,
): { readonly bytesPerSecond: number; readonly packetsPerSecond: number } {
  const at = slot * STATE_NUMBERS + RATE;
  if (nowMs >= (state[at] ?? 0) + windowMs || state[at] === -1) turn(state, at, nowMs, windowMs);
  const before = 1 - (nowMs - (state[at] ?? 0)) / windowMs;
  const perSecond = 1000 / windowMs;
  return {
    bytesPerSecond: ((state[at + 1] ?? 0) + (state[at + 3] ?? 0) * before) * perSecond,
    packetsPerSecond: ((state[at + 2] ?? 0) + (state[at + 4] ?? 0) * before) * perSecond,
  };
}

/** Begins the window that `nowMs` lies in. */
function turn(state: Float64Array, at: number, nowMs: number, windowMs: number): void {
  const began = state[at] ?? 0;
  const begins = Math.floor(nowMs / windowMs) * windowMs;
  const isNext = began >= 0 && begins - began < 1.5 * windowMs;
  state[at + 3] = isNext ? (state[at + 1] ?? 0) : 0;
  state[at + 4] = isNext ? (state[at + 2] ?? 0) : 0;
  state[at] = begins;
  state[at + 1] = 0;
  state[at + 2] = 0;
}
