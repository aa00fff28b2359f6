// When a queue is congested: packets have stood in it for longer than a target, without a break for an interval, and
// enough bytes still wait. The standing queue is CoDel's measure (RFC 8289), marking instead of dropping RFC 3168's.

/** A wait that costs a game nothing. */
const WAIT_MS_TARGET = 10;
/** A burst may exceed it for so long. */
const INTERVAL_MS = 50;
/** A few packets that wait for one acknowledgement are no congestion. */
const WAITING_BYTES_MIN = 4 * 1024;

export interface CongestionMark {
  /** A packet leaves after `waitedMs` and `waitingBytes` stay behind: whether it is to be marked. */
  leaves(waitedMs: number, waitingBytes: number, nowMs: number): boolean;
}

export function createCongestionMark(): CongestionMark {
  let aboveSinceMs: number | null = null;
  return {
    leaves(waitedMs, waitingBytes, nowMs) {
      if (waitedMs < WAIT_MS_TARGET || waitingBytes < WAITING_BYTES_MIN) {
        aboveSinceMs = null;
        return false;
      }
      aboveSinceMs ??= nowMs;
      return nowMs - aboveSinceMs >= INTERVAL_MS;
    },
  };
}
