// What a node sees of its links and of its mesh, as membership needs it.

/** A link of this node that is open. */
export interface ViewedLink {
  /** PeerId. */
  readonly peer: Uint8Array;
  /** When anything was last heard over it. */
  readonly heardAtMs: number;
  /** It does not answer. */
  readonly suspect: boolean;
}

/** A member that another one's last record names as its neighbour. */
export interface Witness {
  /** PeerId. */
  readonly peer: Uint8Array;
  /** Links lead to it from here. */
  readonly reached: boolean;
  /** Its own record names no link to the other one, or no more. */
  readonly denies: boolean;
}

export interface Unreached {
  /** PeerId. */
  readonly peer: Uint8Array;
  /** Its last record names no link at all: it took itself out. */
  readonly saidGoodbye: boolean;
}

export interface MembershipView {
  /** From one look at who is unreached to the next, at least, in milliseconds: the more there is to see, the longer. */
  looksApartMs(): number;
  links(): readonly ViewedLink[];
  /** Whether links lead to a member that are not known to be silent. */
  reaches(peer: Uint8Array): boolean;
  /** Whom the last record of a member names, this node included; `null` if there is no record of it. */
  witnesses(peer: Uint8Array): readonly Witness[] | null;
  /** Members that links led to once and lead to no more. Asked after `changed`, now and then. */
  unreached(): readonly Unreached[];
}
