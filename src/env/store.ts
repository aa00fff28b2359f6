// Durable key-value storage as an argument: SQLite in production, a crashable disk in the simulator.

/** One change inside a batch. Keys order bytewise. */
export type StoreWrite =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array };

export interface StoreEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * An ordered map from bytes to bytes.
 * A rejected promise carries a `BitcrapsError`: `STORE_FULL` (no space left), `STORE_CORRUPT`, `STORE_CLOSED`,
 * `STORE_IO`. After a rejected `write` nothing of its batch is stored.
 */
export interface Store {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries with `from` ≤ key < `to` in bytewise order, at most `entriesMax`. */
  range(from: Uint8Array, to: Uint8Array, entriesMax: number): readonly StoreEntry[];
  /** Applies the batch whole or not at all; resolves once it is durable. Concurrent calls may share one sync. */
  write(batch: readonly StoreWrite[]): Promise<void>;
  close(): Promise<void>;
}
