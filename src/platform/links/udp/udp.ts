// Links over UDP: streams of the UDX protocol under Noise, straight to a host and port or, through hyperdht, to a peer's
// key wherever it is; each also in a kind whose frames may be lost. `udp-address.ts` tells how they are written.

import { BitcrapsError } from '../../../core/errors.ts';
import type { Dialer, Listen } from '../../../env/link.ts';
import { DhtAcceptor, dialByKey } from './dht-links.ts';
import { dialDirect } from './direct-dialer.ts';
import { listenDirect } from './direct-listener.ts';
import { parseUdpAddress } from './udp-address.ts';
import { createUdpNode, type UdpOptions } from './udp-node.ts';

export interface Udp {
  /** Silence of the other end is `LINK_DIAL_FAILED`: UDP does not tell an absent node from lost packets. */
  readonly dialer: Dialer;
  readonly listen: Listen;
  /** Ends every listener, pending dial and link that came from here; nothing keeps the process alive after it. */
  close(): Promise<void>;
}

export async function createUdp(options: UdpOptions): Promise<Udp> {
  const node = await createUdpNode(options);
  const dht = new DhtAcceptor(node);
  let isClosed = false;
  return {
    dialer: {
      async dial(address, remoteKey) {
        const parsed = parseUdpAddress(address);
        if (!parsed.ok) throw parsed.error;
        if (isClosed)
          throw new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'this node stops' });
        return parsed.value.kind === 'dht'
          ? dialByKey(node, parsed.value, remoteKey)
          : dialDirect(node, parsed.value, remoteKey);
      },
    },
    async listen(address, accept) {
      const parsed = parseUdpAddress(address);
      if (!parsed.ok) throw parsed.error;
      return parsed.value.kind === 'dht'
        ? dht.listen(parsed.value, accept)
        : listenDirect(node, parsed.value, accept);
    },
    async close() {
      isClosed = true;
      await Promise.all([...node.closers].map(async (close) => close()));
    },
  };
}
