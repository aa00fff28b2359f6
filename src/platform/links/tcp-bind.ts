// Binding a TCP server to an address, with the refusals that `Listen` promises.

import type { AddressInfo, Server } from 'node:net';
import { BitcrapsError } from '../../core/errors.ts';
import type { Address } from './address.ts';

/** Connections that the kernel holds before we take them. */
const BACKLOG = 256;

/** Resolves with the address that the kernel gave. `address` is what people wrote, for the errors. */
export function bindTcp(tcp: Server, wanted: Address, address: string): Promise<Address> {
  return new Promise((resolve, reject) => {
    tcp.once('error', (error: Error & { readonly code?: string }) =>
      reject(bindError(error, address)),
    );
    tcp.listen({ ...wanted, backlog: BACKLOG }, () => {
      tcp.removeAllListeners('error');
      // What can fail from now on is one `accept`, for want of file descriptors: the next one may succeed.
      tcp.on('error', () => undefined);
      const { address: host, port } = tcp.address() as AddressInfo;
      resolve({ host, port });
    });
  });
}

function bindError(error: Error & { readonly code?: string }, address: string): BitcrapsError {
  const cause = { cause: error };
  const { code, message } = error;
  if (code === 'EADDRINUSE') return new BitcrapsError('LINK_ADDRESS_IN_USE', { address }, cause);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new BitcrapsError('LINK_ADDRESS_INVALID', { address }, cause);
  }
  return new BitcrapsError('LINK_ADDRESS_REFUSED', { address, detail: code ?? message }, cause);
}
