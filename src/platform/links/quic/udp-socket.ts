// The UDP sockets beneath QUIC: room for a burst, no look-up of names that are numbers, errors where they belong.

import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { Address } from '../address.ts';

/** In and out; the system may grant less. Datagrams that find no room are lost, which costs a round trip. */
const SOCKET_BYTES = 1024 * 1024;

interface ErrorWithCode extends Error {
  readonly code?: string;
}

/** Resolves with a socket that is bound to `local`, or connected to `remote` from any port. Rejects as Node does. */
async function openSocket(
  host: string,
  begin: (socket: Socket, host: string) => void,
  event: 'listening' | 'connect',
): Promise<Socket> {
  const { address, family } = await lookup(host);
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: SOCKET_BYTES,
    sendBufferSize: SOCKET_BYTES,
    lookup: (name, _options, callback) => callback(null, name, isIPv6(name) ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    const failed = (error: ErrorWithCode): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', failed);
    socket.once(event, () => {
      socket.off('error', failed);
      resolve(socket);
    });
    begin(socket, address);
  });
}

export function boundSocket(local: Address): Promise<Socket> {
  return openSocket(local.host, (socket, host) => socket.bind(local.port, host), 'listening');
}

export function connectedSocket(remote: Address): Promise<Socket> {
  return openSocket(remote.host, (socket, host) => socket.connect(remote.port, host), 'connect');
}
