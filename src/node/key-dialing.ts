// Bridges to gateways of which only the key is known: each is dialled once through the distributed table, when a peer that
// somebody here wants to reach named it as its home. The next packet asks again, and packets may be many: dials are paid for,
// out of a budget of their own: packets use up nothing of what keeps a configured bridge.

import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort, peerIdText, type PeerIdText } from '../core/peer-id.ts';
import type { Clock } from '../env/clock.ts';
import type { Dialer, Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import { RetryBudget, STRANGERS_BUDGET_LIMITS } from '../resilience/recovery/retry-budget.ts';

/** Dials at once; more are not begun, and the next packet asks again. */
export const KEY_DIALS_MAX = 16;

export interface KeyDialingDeps {
  readonly dialer: Dialer;
  readonly logger: Logger;
  readonly clock: Clock;
}

export function createKeyDialing(
  { dialer, logger, clock }: KeyDialingDeps,
  use: (link: Link) => void,
): (gateway: Uint8Array) => void {
  const budget = new RetryBudget(clock, STRANGERS_BUDGET_LIMITS);
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
    const address = `dht:${key}` as const;
    if (budget.waitMs(address) > 0 || !budget.take(address)) return;
    dialling.add(key);
    void dial(gateway, key, address);
  };
}
