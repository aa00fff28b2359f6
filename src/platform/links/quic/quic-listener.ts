// Listening: binds a socket, or takes one back that an earlier listener left to its links.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { BitcrapsError } from '../../../core/errors.ts';
import type { Link, Listener } from '../../../env/link.ts';
import type { Address } from '../address.ts';
import { formatQuicAddress, parseQuicAddress } from './quic-address.ts';
import { QuicEndpoint } from './quic-endpoint.ts';
import type { QuicNode } from './quic-node.ts';
import { boundSocket } from './udp-socket.ts';

const SECRET_BYTES = 32;

/** Listens on `address`, with the codes of `Listen`. `endpoints`: those of this node, by address. */
export async function listenQuic(
  node: QuicNode,
  endpoints: Map<string, QuicEndpoint>,
  address: string,
  accept: (link: Link) => void,
): Promise<Listener> {
  const parsed = parseQuicAddress(address);
  if (!parsed.ok) throw parsed.error;
  const wanted = parsed.value;
  const known = endpoints.get(formatQuicAddress(wanted));
  if (known?.listening === true) throw new BitcrapsError('LINK_ADDRESS_IN_USE', { address });
  const endpoint = known ?? createEndpoint(node, endpoints, await bind(wanted, address));
  endpoint.listen(accept);
  const close = (): void => {
    if (!node.closers.delete(close)) return;
    endpoint.stopListening();
  };
  node.closers.add(close);
  return { address: endpoint.address, close: async () => close() };
}

function createEndpoint(
  node: QuicNode,
  endpoints: Map<string, QuicEndpoint>,
  socket: Socket,
): QuicEndpoint {
  const endpoint: QuicEndpoint = new QuicEndpoint(
    node,
    socket,
    new Uint8Array(randomBytes(SECRET_BYTES)),
    () => endpoints.delete(endpoint.address),
  );
  endpoints.set(endpoint.address, endpoint);
  return endpoint;
}

async function bind(wanted: Address, address: string): Promise<Socket> {
  try {
    return await boundSocket(wanted);
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    const cause = { cause: error };
    if (code === 'EADDRINUSE') throw new BitcrapsError('LINK_ADDRESS_IN_USE', { address }, cause);
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      throw new BitcrapsError('LINK_ADDRESS_INVALID', { address }, cause);
    }
    throw new BitcrapsError('LINK_ADDRESS_REFUSED', { address, detail: code ?? message }, cause);
  }
}
