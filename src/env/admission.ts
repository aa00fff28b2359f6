// Who may come in, as an argument of every listener: a transport asks the gate at each step of a connection, before it
// spends anything on the next one. `src/gateway/admission/` implements it; a listener that is given none bounds itself.

/** Why somebody was not let in, or did not stay: the label of the counters, so there are no others. */
export type RefusalReason =
  /** This node takes no new links: it stops soon. */
  | 'draining'
  /** Too many links: in all, of one address, of its prefix (IPv4 /24, IPv6 /56), of its site (IPv6 /48), of one identity. */
  | 'links-of-all'
  | 'links-of-address'
  | 'links-of-prefix'
  | 'links-of-site'
  | 'links-of-identity'
  /** Too many new connections per second. */
  | 'rate-of-all'
  | 'rate-of-address'
  | 'rate-of-prefix'
  | 'rate-of-site'
  /** Too many connections without a proved identity; `half-open-evicted` gave way to a newer one from elsewhere. */
  | 'half-open-of-all'
  | 'half-open-of-address'
  | 'half-open-of-prefix'
  | 'half-open-evicted'
  /** The answer to a challenge: not one, of another address, no solution, used before, of another key. */
  | 'answer-malformed'
  | 'answer-forged'
  | 'answer-weak'
  | 'answer-spent'
  | 'answer-of-another'
  /** A proof of work is asked before anything else is done, or another one, since the first took too long. */
  | 'challenged'
  /** The handshake took too long, trickled, failed, or showed a certificate that proves no identity. */
  | 'handshake-late'
  | 'handshake-slow'
  | 'handshake-failed'
  | 'certificate'
  /** A link sent a longer frame than it may, or too many faulty ones. */
  | 'frame-oversized'
  | 'frames-faulty'
  /** The bytes that wait in this node passed their bound, and this link was the slowest to take its own. */
  | 'memory';

/** What a caller can do wrong. */
export type Failing = Extract<
  RefusalReason,
  'handshake-late' | 'handshake-failed' | 'certificate' | 'frame-oversized' | 'frames-faulty'
>;

/** A connection as its transport shows it to the gate. */
export interface Caller {
  /** The remote host without a port, as the system writes it; an IPv4-mapped IPv6 address counts as IPv4. */
  readonly address: string;
  /** The transport's name, as `Link.transport`. */
  readonly transport: string;
  /** Its transport has no place for a puzzle, and has done before what a handshake costs: limits apply, no challenge. Default: no. */
  readonly isPastPuzzles?: boolean;
  /** Bytes that came so far. The gate asks while the handshake lasts: one that trickles is ended. */
  receivedBytes(): number;
  /** Ends the connection at once. Called by the gate, at most once, never from within a call to the gate by this caller. */
  end(reason: RefusalReason): void;
}

export type Verdict =
  | { readonly kind: 'admitted' }
  /** Send `challenge`, which is never longer than what was asked for, and forget the connection. */
  | { readonly kind: 'challenged'; readonly challenge: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

/** What the gate adds up of a link that was let in, and ends where memory runs out. */
export interface Held {
  /** Bytes that wait for the other end to take them. */
  readonly bufferedBytes: number;
  /** Bytes that it took so far: the rate at which this grows says how slow it is. */
  readonly writtenBytes: number;
  /** Ends the link at once. */
  shed(): void;
}

/** One connection that was let in as far as it has come. */
export interface Visit {
  /** Whether it may have to answer a challenge: then set nothing up before its first bytes are there. */
  readonly looks: boolean;
  /**
   * The costly part of the handshake is next. `answer` is what the dialer sent before it, or `null`. Do nothing costly
   * before. After `challenged` the same connection may try again, with an answer.
   */
  begin(answer: Uint8Array | null): Verdict;
  /** The handshake proved `remoteKey`: a reason to end the connection, or `null`, and it counts as a link from now on. */
  prove(remoteKey: Uint8Array): RefusalReason | null;
  /** What waits in the link counts towards the memory of this node. After `prove`. */
  holds(held: Held): void;
  /** The connection ends by the other end's fault, which costs its address more than others. Includes `leave`. */
  fail(reason: Failing): void;
  /** The connection is gone, at whatever step. Idempotent. */
  leave(): void;
}

export interface AdmissionGate {
  /**
   * A datagram that asks for a challenge: the reply, never longer than the datagram, or `null` for one that deserves
   * none. Keeps no state. For transports whose own handshake does not show that the address is real.
   */
  challengeFor(address: string, datagram: Uint8Array): Uint8Array | null;
  /** A connection came. Where addresses can be made up, only after an answer to a challenge: give it to `begin`. */
  arrive(caller: Caller): Visit | RefusalReason;
}
