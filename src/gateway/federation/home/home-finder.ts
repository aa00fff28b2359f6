// Where a peer is at home, as it says itself: looked up in the distributed table when a packet for it comes, remembered for
// a while, and looked up again when the gateways that it named do not know it any more.

import { peerIdShort } from '../../../core/peer-id.ts';
import type { Clock } from '../../../env/clock.ts';
import type { Dht } from '../../../env/dht.ts';
import type { Logger } from '../../../env/logger.ts';
import { byteKey, type ByteKey } from '../../../routing/byte-key.ts';
import { decodeHome } from './home-record.ts';

/** Look-ups at once; others wait for another packet. */
export const LOOKUPS_MAX = 32;
/** Peers that are remembered; the one looked up longest ago goes first. */
export const REMEMBERED_MAX = 4_096;
/** What was found counts for so long, if it does not run out before; that nothing was found, so long. */
export const FOUND_MS = 600_000;
export const NOT_FOUND_MS = 10_000;
/** Nobody is looked up again sooner. */
const AGAIN_MS = 5_000;

export interface HomeFinderDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dht: Dht;
  /** A home was found. */
  found(peer: Uint8Array, gateways: readonly Uint8Array[]): void;
}

interface Remembered {
  /** `null`: none was found. */
  readonly gateways: readonly Uint8Array[] | null;
  readonly lookedUpAtMs: number;
  readonly untilMs: number;
}

export class HomeFinder {
  /** Grows when what is known of any home has changed. */
  version = 0;
  readonly #deps: HomeFinderDeps;
  readonly #remembered = new Map<ByteKey, Remembered>();
  readonly #looking = new Set<ByteKey>();

  constructor(deps: HomeFinderDeps) {
    this.#deps = deps;
  }

  /** The gateways that the peer named, as far as known; `null` if it is not known. Does not look up. */
  gatewaysOf(peer: Uint8Array): readonly Uint8Array[] | null {
    return this.#remembered.get(byteKey(peer))?.gateways ?? null;
  }

  /**
   * Looks the peer up unless it is known. `isStale`: those that are known do not lead to it, so that it is looked up again
   * if that was not just done.
   */
  seek(peer: Uint8Array, isStale: boolean): void {
    const key = byteKey(peer);
    const nowMs = this.#deps.clock.now();
    const known = this.#remembered.get(key);
    if (this.#looking.has(key) || this.#looking.size >= LOOKUPS_MAX) return;
    if (known !== undefined) {
      const isYoung = nowMs < known.lookedUpAtMs + AGAIN_MS;
      if (isYoung || (nowMs < known.untilMs && !(isStale && known.gateways !== null))) return;
    }
    this.#looking.add(key);
    void this.#lookUp(key, peer.slice());
  }

  async #lookUp(key: ByteKey, peer: Uint8Array): Promise<void> {
    const { clock, dht, logger } = this.#deps;
    const before = this.#remembered.get(key)?.gateways ?? null;
    let gateways: readonly Uint8Array[] | null = null;
    let validMs = FOUND_MS;
    try {
      const record = await dht.get(peer);
      const home = record === null ? null : decodeHome(record.value, clock.wallMs());
      if (home?.ok === true) {
        ({ gateways } = home.value);
        validMs = Math.min(validMs, Math.max(0, home.value.validUntilMs - clock.wallMs()));
      }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      logger.debug('home-not-found', { peer: peerIdShort(peer), detail });
      // That nobody answered says nothing about the peer: what was known holds a little longer.
      gateways = before;
      validMs = NOT_FOUND_MS;
    }
    this.#looking.delete(key);
    const nowMs = clock.now();
    this.#remembered.delete(key);
    const oldest =
      this.#remembered.size >= REMEMBERED_MAX ? this.#remembered.keys().next().value : undefined;
    if (oldest !== undefined) this.#remembered.delete(oldest);
    const untilMs = nowMs + (gateways === null ? NOT_FOUND_MS : validMs);
    this.#remembered.set(key, { gateways, lookedUpAtMs: nowMs, untilMs });
    this.version += 1;
    if (gateways !== null) this.#deps.found(peer, gateways);
  }
}
