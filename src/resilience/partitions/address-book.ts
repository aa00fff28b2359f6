// Addresses at which peers were linked or found: where to look for them when they are lost. The most recent ones, of the
// peers that were last heard of; what is not known of an address is forgotten, not guessed.

/** Peers that are remembered; the one heard of longest ago goes first. */
export const PEERS_MAX = 1_024;
/** Addresses of one peer, one for each transport and a few that it had before; the oldest goes first. */
export const ADDRESSES_PER_PEER_MAX = 6;

export interface KnownPeer {
  /** PeerId. */
  readonly peer: Uint8Array;
  /** The most recent first. */
  readonly addresses: readonly string[];
}

export class AddressBook {
  /** The peer heard of longest ago first. */
  readonly #peers = new Map<string, KnownPeer>();

  /** The peer answered, or announced itself, at this address. */
  remember(peer: Uint8Array, address: string): void {
    const key = String.fromCharCode(...peer);
    const known = this.#peers.get(key)?.addresses ?? [];
    const addresses = [address, ...known.filter((other) => other !== address)];
    this.#peers.delete(key);
    this.#peers.set(key, { peer, addresses: addresses.slice(0, ADDRESSES_PER_PEER_MAX) });
    if (this.#peers.size <= PEERS_MAX) return;
    const [oldest] = this.#peers.keys();
    if (oldest !== undefined) this.#peers.delete(oldest);
  }

  addressesOf(peer: Uint8Array): readonly string[] {
    return this.#peers.get(String.fromCharCode(...peer))?.addresses ?? [];
  }

  peers(): Iterable<KnownPeer> {
    return this.#peers.values();
  }
}
