// Argon2id on another thread, for whoever must not be held up for the 13 ms that a check of a proof of work takes.

export interface SlowHash {
  /** As `Primitives.argon2id`, answered later. Rejects where memory runs out. */
  argon2id(
    password: Uint8Array,
    salt: Uint8Array,
    opsLimit: number,
    memoryBytes: number,
    outBytes: number,
  ): Promise<Uint8Array>;
}
