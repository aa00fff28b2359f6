// Finding nodes of the same network nearby, without being told an address. What is found is hearsay: a key counts once
// a link has proved it.

/** A node that says of itself that it is near. */
export interface FoundNode {
  /** The 32 bytes that it claims. */
  readonly publicKey: Uint8Array;
  /** Where a `Dialer` may try, best first; each as transports write addresses. Never another machine than the one that spoke. */
  readonly addresses: readonly string[];
}

/** Never called within a call to `Discovery`. */
export interface DiscoveryHandlers {
  /** A node, or new addresses of one that was found before. */
  found(node: FoundNode): void;
  /** A node said goodbye, or was not heard of for too long. */
  lost(node: FoundNode): void;
}

export interface Discovery {
  /** Those who are there now. */
  readonly nodes: readonly FoundNode[];
  /** Says goodbye and falls silent. */
  close(): Promise<void>;
}

/**
 * Announces `addresses`, where this node listens (as `Listener.address` gives them), and looks for others.
 * Rejects with `DISCOVERY_UNAVAILABLE` where the network cannot be used for it.
 */
export interface Discover {
  (addresses: readonly string[], handlers: DiscoveryHandlers): Promise<Discovery>;
}
