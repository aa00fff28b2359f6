// Bandwidth management of a gateway: one shaped side towards its own mesh and one towards other gateways, their limits, and
// what they carried. Links take their packet queues from here.

import type { Clock } from '../../env/clock.ts';
import type { Link } from '../../env/link.ts';
import type { Rng } from '../../env/rng.ts';
import type { Result } from '../../core/errors.ts';
import type { PacketQueue } from '../../mesh/packet-queue.ts';
import type { BandwidthUsage, InterfaceName } from './bandwidth-usage.ts';
import { checkLimits, DEFAULT_LIMITS, type ShapingLimits } from './limits.ts';
import { ShapedInterface } from './shaped-interface.ts';
import { ShapedQueue } from './shaped-queue.ts';

export interface Shaper {
  readonly limits: ShapingLimits;
  /** In force at once for all links; nothing that waits is lost. Errors: `GATEWAY_BANDWIDTH_INVALID`, and then nothing changes. */
  setLimits(limits: Partial<ShapingLimits>): Result<void, 'GATEWAY_BANDWIDTH_INVALID'>;
  /** Where the packets of a link are to wait. */
  queue(side: InterfaceName, link: Pick<Link, 'remoteKey'>): PacketQueue;
  /** Bytes of a packet came in from that side, for `usage`. */
  received(side: InterfaceName, bytes: number, nowMs: number): void;
  usage(): BandwidthUsage;
  stop(): void;
}

/** Limits that are not given are `DEFAULT_LIMITS`; throws `GATEWAY_BANDWIDTH_INVALID` where `checkLimits` fails. */
export function createShaper(
  { clock, rng }: { readonly clock: Clock; readonly rng: Rng },
  initial: Partial<ShapingLimits> = {},
): Shaper {
  let limits = checked({ ...DEFAULT_LIMITS, ...initial });
  const local = new ShapedInterface(clock, rng.uint32(), limits, limits.localMbpsMax);
  const internet = new ShapedInterface(clock, rng.uint32(), limits, limits.internetMbpsMax);
  const sides = { local, internet };

  return {
    get limits() {
      return limits;
    },
    setLimits(changed) {
      const next = checkLimits({ ...limits, ...changed });
      if (!next.ok) return next;
      limits = next.value;
      local.setLimits(limits, limits.localMbpsMax);
      internet.setLimits(limits, limits.internetMbpsMax);
      return { ok: true, value: undefined };
    },
    queue: (side, link) => new ShapedQueue(sides[side], link.remoteKey),
    received: (side, bytes, nowMs) => sides[side].received(bytes, nowMs),
    usage() {
      const nowMs = clock.now();
      return {
        windowMs: internet.windowMs(nowMs),
        interfaces: { local: local.usage(nowMs), internet: internet.usage(nowMs) },
      };
    },
    stop() {
      local.stop();
      internet.stop();
    },
  };
}

function checked(limits: ShapingLimits): ShapingLimits {
  const result = checkLimits(limits);
  if (!result.ok) throw result.error;
  return result.value;
}
