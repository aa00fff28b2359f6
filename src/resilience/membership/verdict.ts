// What a node thinks of another one, what it asks about it and is told, and what it tells those who listen.

/** `suspect`: silent, and not yet found dead. `left`: it said goodbye, which is no failure. */
export type Verdict = 'alive' | 'suspect' | 'confirmed' | 'left';

/**
 * What a witness found. `unsure`: nothing was heard of the subject, but of too few others either: it may be the witness
 * that is cut off.
 */
export type Finding = 'alive' | 'silent' | 'unsure';

export type MembershipMessage =
  | {
      /** Sent to a witness: is the subject there? Sent to the subject itself: somebody suspects you. */
      readonly kind: 'query';
      /** Comes back in the answer; unsigned 32 bits. */
      readonly number: number;
      /** PeerId. */
      readonly subject: Uint8Array;
      /** The highest one known of the subject; unsigned 64 bits. */
      readonly incarnation: bigint;
    }
  | {
      readonly kind: 'answer';
      readonly number: number;
      readonly subject: Uint8Array;
      readonly finding: Finding;
      readonly incarnation: bigint;
    };

/**
 * How a suspicion was disproved: its own link carries again, the subject was heard itself, a witness heard it, or the
 * records of the mesh show links that lead to it.
 */
export type Refutation = 'link' | 'subject' | 'witness' | 'records';

/** PeerIds are the subjects'. */
export type MembershipEvent =
  | {
      readonly kind: 'suspected';
      readonly peer: Uint8Array;
      /** An own link to it is silent, or no link of the mesh leads to it any more. */
      readonly by: 'link' | 'records';
    }
  | { readonly kind: 'refuted'; readonly peer: Uint8Array; readonly by: Refutation }
  | {
      readonly kind: 'confirmed';
      readonly peer: Uint8Array;
      /** Others that were linked to it and do not hear it either. */
      readonly witnesses: number;
      readonly silentMs: number;
    }
  | { readonly kind: 'left'; readonly peer: Uint8Array }
  | {
      /** It was confirmed or had left, and is there again. */
      readonly kind: 'returned';
      readonly peer: Uint8Array;
      readonly after: 'confirmed' | 'left';
    };

/** Fields of `ResilienceStatistics`. */
export interface MembershipStatistics {
  readonly suspectedFailures: number;
  readonly confirmedFailures: number;
  readonly suspicions: number;
  readonly refutations: number;
  readonly confirmations: number;
  readonly departures: number;
  readonly indirectProbes: number;
}
