// The pieces of js-libp2p that both the relay and the load's ends are made of, loaded only where they are installed; and the
// little of its interface that is used here.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Multiaddr {
  toString(): string;
}

/** A stream of libp2p 3: messages come as events, and `send` answers whether it takes more. */
export interface Libp2pStream extends EventTarget {
  send(bytes: Uint8Array): boolean;
}

export interface Libp2p {
  getMultiaddrs(): readonly Multiaddr[];
  dialProtocol(address: Multiaddr, protocol: string, options: object): Promise<Libp2pStream>;
  handle(protocol: string, handler: (stream: Libp2pStream) => void, options: object): Promise<void>;
  stop(): Promise<void>;
}

/** Circuits here have no limits, so every protocol may use them. */
export const ON_CIRCUITS = { runOnLimitedConnection: true };

export function isLibp2pInstalled(): boolean {
  return existsSync(join(import.meta.dirname, 'node_modules', 'libp2p'));
}

type Make = (options?: object) => unknown;

async function load<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

/** A node on TCP with Noise and yamux, as their READMEs put it together. */
export async function createNode(listen: readonly string[], isRelay: boolean): Promise<Libp2p> {
  const { createLibp2p } = await load<{ createLibp2p: (options: object) => Promise<Libp2p> }>(
    'libp2p',
  );
  const { tcp } = await load<{ tcp: Make }>('@libp2p/tcp');
  const { noise } = await load<{ noise: Make }>('@chainsafe/libp2p-noise');
  const { yamux } = await load<{ yamux: Make }>('@chainsafe/libp2p-yamux');
  const { identify } = await load<{ identify: Make }>('@libp2p/identify');
  const { circuitRelayServer, circuitRelayTransport } = await load<{
    circuitRelayServer: Make;
    circuitRelayTransport: Make;
  }>('@libp2p/circuit-relay-v2');
  const unlimited = { reservations: { applyDefaultLimit: false } };
  return createLibp2p({
    addresses: { listen },
    transports: [tcp(), ...(isRelay ? [] : [circuitRelayTransport()])],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      ...(isRelay ? { relay: circuitRelayServer(unlimited) } : {}),
    },
  });
}

export async function multiaddrOf(text: string): Promise<Multiaddr> {
  const { multiaddr } = await load<{ multiaddr: (text: string) => Multiaddr }>(
    '@multiformats/multiaddr',
  );
  return multiaddr(text);
}
