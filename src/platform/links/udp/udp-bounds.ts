// The bounds of one node's UDP links.

import { STOP_TIMEOUT_MS } from '../stop-timeout.ts';

export interface UdpBounds {
  /** Largest frame of a reliable link, both ways. */
  readonly frameBytesMax: number;
  /** Waiting to be sent on one link; `send` then answers `full`. */
  readonly queueBytesMax: number;
  /** From `dial` to a proved identity. */
  readonly dialTimeoutMs: number;
  /** From a dialer's proved address to its proved identity. */
  readonly handshakeTimeoutMs: number;
  /** Nothing at all from the other end for so long, while bytes wait for it, breaks the link with `LINK_STALLED`. */
  readonly stallTimeoutMs: number;
  /** An orderly close that the other end does not answer within this time ends anyway. */
  readonly closeTimeoutMs: number;
  /** An orderly close that is under way when the node stops ends within this time. */
  readonly stopTimeoutMs: number;
  /** Without a gate: dialers with a proved address and without a proved identity; more are refused. */
  readonly halfOpenMax: number;
  /** Without a gate: the same from one address. */
  readonly halfOpenPerAddressMax: number;
  /**
   * Handshakes by key that the DHT's table holds, where each stays for `handshakeTimeoutMs`; more are ignored. Their
   * senders' addresses are not proved, so there is no bound for one address.
   */
  readonly dhtHandshakesMax: number;
  /** Without a gate: accepted links; more are refused. */
  readonly acceptedLinksMax: number;
  /** An idle link says something this often, so that address translators and firewalls keep its entry. */
  readonly keepAliveMs: number;
}

export const UDP_BOUNDS: UdpBounds = {
  frameBytesMax: 1024 * 1024,
  queueBytesMax: 4 * 1024 * 1024,
  dialTimeoutMs: 5000,
  handshakeTimeoutMs: 5000,
  stallTimeoutMs: 30_000,
  closeTimeoutMs: 5000,
  stopTimeoutMs: STOP_TIMEOUT_MS,
  halfOpenMax: 256,
  halfOpenPerAddressMax: 64,
  dhtHandshakesMax: 1024,
  acceptedLinksMax: 1024,
  // RFC 4787 section 4.3 asks translators for two minutes; many keep an entry for 30 s.
  keepAliveMs: 10_000,
};

/**
 * The largest frame of a datagram link: UDX's header (20), our counter (8) and tag (16) make it a UDP payload of 1200
 * bytes, which QUIC relies on as well (RFC 9000 section 14), so that nothing is fragmented.
 */
export const DATAGRAM_FRAME_BYTES_MAX: number = 1200 - 20 - 8 - 16;
