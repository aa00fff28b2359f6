// Which gateway of another mesh a packet leaves the bridges at: of those that announced its destination, one that is reached
// over a bridge that this gateway was told to dial before one that came by itself, since anybody can come and announce
// anything, and one that the destination itself named before either; of these the near ones share the flows.

import { bytesEqual } from '../../core/bytes.ts';
import { byteKey, type ByteKey } from '../../routing/byte-key.ts';
import type { PresenceDirectory } from './presence-directory.ts';

/** Gateways whose way costs at most so many times that of the best one share the load. */
const NEAR = 2;
/** Choices that are remembered for one state of bridges and presence. */
const CHOICES_MAX = 16_384;

export interface Way {
  readonly cost: number;
  /** Whether its first link is one that this gateway dialled. */
  readonly isDialled: boolean;
}

export interface ExitChoiceDeps {
  readonly directory: PresenceDirectory;
  /** The way to a gateway; `null` if none leads there. */
  way(gateway: Uint8Array): Way | null;
  /** The gateways that a peer named as its own, `null` if that is not known. */
  homeOf(peer: Uint8Array): readonly Uint8Array[] | null;
  /** Changes whenever a way or a home may. */
  version(): number;
}

export class ExitChoice {
  readonly #deps: ExitChoiceDeps;
  /** By destination: who shares its flows. */
  readonly #exits = new Map<ByteKey, readonly Uint8Array[]>();
  #version = -1;
  #directoryVersion = -1;

  constructor(deps: ExitChoiceDeps) {
    this.#deps = deps;
  }

  /** For a packet of the flow, another one than `except`; `null` if nobody reaches the destination. */
  exitFor(
    destination: Uint8Array,
    flowId: number | null,
    except: Uint8Array | null = null,
  ): Uint8Array | null {
    let exits = this.#exitsFor(destination);
    if (except !== null) exits = exits.filter((exit) => !bytesEqual(exit, except));
    const only = exits[0];
    if (only === undefined || exits.length === 1) return only ?? null;
    return exits.reduce((best, exit) =>
      score(exit, flowId ?? 0) > score(best, flowId ?? 0) ? exit : best,
    );
  }

  #exitsFor(destination: Uint8Array): readonly Uint8Array[] {
    const { directory } = this.#deps;
    const version = this.#deps.version();
    // Looked at first: what has run out changes its version.
    const gateways = directory.gatewaysFor(destination);
    if (version !== this.#version || directory.version !== this.#directoryVersion) {
      this.#exits.clear();
      this.#version = version;
      this.#directoryVersion = directory.version;
    }
    const key = byteKey(destination);
    const known = this.#exits.get(key);
    if (known !== undefined) return known;
    const exits = this.#choose(gateways, this.#deps.homeOf(destination));
    if (this.#exits.size >= CHOICES_MAX) this.#exits.clear();
    this.#exits.set(key, exits);
    return exits;
  }

  #choose(
    gateways: readonly Uint8Array[],
    home: readonly Uint8Array[] | null,
  ): readonly Uint8Array[] {
    const reachable = gateways.flatMap((gateway) => {
      const way = this.#deps.way(gateway);
      return way === null ? [] : [{ gateway, ...way }];
    });
    const named = reachable.filter(({ gateway }) => home?.some((one) => bytesEqual(one, gateway)));
    const dialled = reachable.filter(({ isDialled }) => isDialled);
    const trusted = [named, dialled, reachable].find((some) => some.length > 0) ?? [];
    const best = Math.min(...trusted.map(({ cost }) => cost));
    return trusted.filter(({ cost }) => cost <= NEAR * best).map(({ gateway }) => gateway);
  }
}

/** Rendezvous hashing (Thaler and Ravishankar 1998): of a flow's exits only its own going moves it. */
function score(exit: Uint8Array, flowId: number): number {
  let hash = flowId | 0;
  for (let at = 0; at < 8; at += 1) hash = Math.imul(hash ^ (exit[at] ?? 0), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
