// Bridges to gateways of which only the key is known: each is dialled once through the distributed table, when a peer that
// somebody here wants to reach named it as its home. The next packet asks again, and packets may be many: dials are paid for.

import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort, peerIdText, type PeerIdText } from '../core/peer-id.ts';
import type { Dialer, Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { RetryBudget } from '../resilience/recovery/retry-budget.ts';

/** Dials at once; more are not begun, and the next packet asks again. */
export const KEY_DIALS_MAX = 16;

export interface KeyDialingDeps {
  readonly dialer: Dialer;
  readonly logger: Logger;
  readonly budget: RetryBudget;
}

export function createKeyDialing(
  { dialer, logger, budget }: KeyDialingDeps,
  use: (link: Link) => void,
): (gateway: Uint8Array) => void {
  const dialling = new Set<PeerIdText>();

  const dial = async (
    gateway: Uint8Array,
    key: PeerIdText,
    address: `dht:${PeerIdText}`,
  ): Promise<void> => {
    try {
      use(await dialer.dial(address, gateway));
      budget.succeeded(address);
    } catch (error) {
      const code = error instanceof BitcrapsError ? error.code : 'INTERNAL';
      const detail = error instanceof Error ? error.message : String(error);
      logger.info('gateway-not-dialled', { gateway: peerIdShort(gateway), code, detail });
    }
    dialling.delete(key);
  };

  return (gateway) => {
    const key = peerIdText(gateway);
    if (dialling.has(key) || dialling.size >= KEY_DIALS_MAX) return;
    // By address, so that packets use up nothing of what keeps a configured bridge.
    const address = `dht:${key}` as const;
    if (budget.waitMs(address) > 0 || !budget.take(address)) return;
    dialling.add(key);
    void dial(gateway, key, address);
  };
}
