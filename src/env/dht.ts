// A distributed table of signed records, one for each identity: small values that anybody of the same network can look
// up by a peer's key and only that peer can change. Gateways keep there who is reachable through whom.

/** The longest value, in bytes: record, signature and the table's own fields fit into one unfragmented UDP packet. */
export const DHT_VALUE_BYTES_MAX = 900;
/** The highest sequence number. It is an integer that every implementation can hold exactly. */
export const DHT_SEQUENCE_MAX: bigint = 2n ** 53n - 1n;

export interface DhtRecord {
  readonly value: Uint8Array;
  readonly sequence: bigint;
}

/** Whose record is written: an Ed25519 key pair as `Primitives.signKeypair` gives it. */
export interface DhtSigner {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly secretKey: Uint8Array;
}

/** A record that its owner sealed and signed, for others to write. */
export interface SignedDhtRecord {
  /** Whose it is: an Ed25519 key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly sequence: bigint;
  /** The value as only the network reads it. */
  readonly sealed: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** One node's view of the table of one network. Records of other networks are neither seen nor touched. */
export interface Dht {
  /**
   * Writes the signer's record. The same value under the same sequence again refreshes it; records fade after hours
   * (48 in the implementation on hyperdht), so their writers repeat them.
   * Rejects with a `BitcrapsError`: `DHT_VALUE_TOO_LONG`, `DHT_SEQUENCE_INVALID` (outside 1 … `DHT_SEQUENCE_MAX`),
   * `DHT_SEQUENCE_STALE` (the table holds a newer record, or another value under this sequence), `DHT_UNREACHABLE`
   * (nobody stored it).
   */
  put(signer: DhtSigner, value: Uint8Array, sequence: bigint): Promise<void>;
  /** Writes a record for its owner. Rejects as `put` does, and with `DHT_RECORD_FORGED`. */
  putSigned(record: SignedDhtRecord): Promise<void>;
  /**
   * The newest record of `publicKey` that any of the nodes asked holds, or `null` if they hold none. What is not
   * signed by that key for this network does not count. Rejects with `DHT_UNREACHABLE` if nobody answers.
   */
  get(publicKey: Uint8Array): Promise<DhtRecord | null>;
}
