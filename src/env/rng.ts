// Randomness as an argument. Production draws from libsodium, the simulator from a seeded generator.

/** The only source of randomness below `platform/`. */
export interface Rng {
  /** Overwrites `out` with uniform random bytes. */
  fill(out: Uint8Array): void;
  /** A uniform integer in [0, 2^32). */
  uint32(): number;
}
