// The last seconds of a node that others rely on: it is told to be left alone, and waits until it is.

import { setTimeout as after } from 'node:timers/promises';
import type { CasinoNode } from '../../node/node.ts';

const LOOK_MS = 200;
/** Others hear of it, and use other ways, within this time. */
const HEARD_MS = 1_000;
/** Nothing was carried for so long: nobody relies on it any more. */
const QUIET_MS = 1_000;

/** Resolves when nothing comes any more, after `drainMs` at the most, or when `signal` aborts. */
export async function drainNode(
  node: Pick<CasinoNode, 'drain' | 'carried'>,
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  node.drain();
  const begunAtMs = performance.now();
  let { packets } = node.carried();
  let quietSinceMs = begunAtMs;
  while (!signal.aborted) {
    const nowMs = performance.now();
    const now = node.carried();
    if (now.packets !== packets || now.waitingBytes > 0) quietSinceMs = nowMs;
    ({ packets } = now);
    const isHeard = nowMs - begunAtMs >= Math.min(HEARD_MS, drainMs);
    if (isHeard && nowMs - quietSinceMs >= QUIET_MS) return;
    const leftMs = drainMs - (nowMs - begunAtMs);
    if (leftMs <= 0) return;
    await after(Math.min(LOOK_MS, leftMs), undefined, { signal }).catch(() => undefined);
  }
}
