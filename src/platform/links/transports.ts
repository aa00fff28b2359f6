// Every transport of a node behind one dialler and one way to listen: the word before an address names it, `ws:host:port`; a
// plain `host:port` is TLS. One is started when its first address comes.

import type { Dialer, Link, Listen, Listener } from '../../env/link.ts';
import type { Rng } from '../../env/rng.ts';
import { createBluetooth } from './bluetooth/bluetooth.ts';
import { loadRadio } from './bluetooth/load-radio.ts';
import { createQuic } from './quic/quic.ts';
import { createTls } from './tls.ts';
import type { DhtNode } from '../dht/dht-node.ts';
import type { TlsOptions } from './tls-node.ts';
import { createUdp } from './udp/udp.ts';
import { createWebSockets } from './websocket/websocket.ts';

/** What each transport is, once started. */
export interface Transport {
  readonly dialer: Dialer;
  readonly listen: Listen;
  /** Ends every listener, pending dial and link that came from here; nothing keeps the process alive after it. */
  close(): Promise<void>;
}

export interface TransportOptions extends Omit<TlsOptions, 'bounds'> {
  readonly rng: Rng;
  /** For links by key; without it their addresses are refused. Closed by whoever started it, after the transports. */
  readonly dht?: DhtNode;
  /** Pages of these origins may connect over WebSockets; `null`, the default: of any. */
  readonly origins?: readonly string[] | null;
  /** The package that brings a Bluetooth radio; without it Bluetooth's addresses are refused. */
  readonly radioPackage?: string;
}

export type TransportName = 'tls' | 'websocket' | 'quic' | 'udp' | 'bluetooth';

/** Words before an address, and whose they are. A word with only a port behind it is a host. */
const SCHEMES: readonly (readonly [RegExp, TransportName])[] = [
  [/^wss?:.+:\d+/, 'websocket'],
  [/^quic:.+:\d+/, 'quic'],
  [/^udp(-datagram)?:.+:\d+/, 'udp'],
  [/^dht(-datagram)?:([a-z2-7]{52})?$/, 'udp'],
  [/^ble:(?!\d{1,5}$)/, 'bluetooth'],
];

/** Starts a transport with the node's options. */
const START: Readonly<Record<TransportName, (options: TransportOptions) => Promise<Transport>>> = {
  tls: (options) => createTls(options),
  websocket: async (options) => createWebSockets(options),
  quic: async (options) => createQuic(options),
  udp: (options) => createUdp(options),
  bluetooth: async (options) =>
    createBluetooth({ ...options, radio: await loadRadio(options.radioPackage ?? null) }),
};

export function transportOf(address: string): TransportName {
  return SCHEMES.find(([scheme]) => scheme.test(address))?.[1] ?? 'tls';
}

/** Addresses are those of the transports. Rejects as they do. */
export function createTransports(options: TransportOptions): Transport {
  const started = new Map<TransportName, Promise<Transport>>();
  let closed = false;

  const transport = (address: string): Promise<Transport> => {
    const name = transportOf(address);
    const known = started.get(name);
    if (known !== undefined) return known;
    const starting = START[name](options);
    started.set(name, starting);
    // What failed to start may do so later.
    starting.catch(() => started.delete(name));
    return starting;
  };

  return {
    dialer: {
      async dial(address: string, remoteKey: Uint8Array | null): Promise<Link> {
        const { dialer } = await transport(address);
        return dialer.dial(address, remoteKey);
      },
    },
    async listen(address: string, accept: (link: Link) => void): Promise<Listener> {
      const { listen } = await transport(address);
      return listen(address, accept);
    },
    async close() {
      if (closed) return;
      closed = true;
      const all = await Promise.allSettled(started.values());
      for (const one of all) if (one.status === 'fulfilled') await one.value.close();
    },
  };
}
