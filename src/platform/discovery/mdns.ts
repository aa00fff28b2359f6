// Discovery over multicast DNS in Node: the socket, this machine's name and addresses.

import { hostname, networkInterfaces } from 'node:os';
import multicastDns, { type MulticastDns } from 'multicast-dns';
import { BitcrapsError } from '../../core/errors.ts';
import type { Clock } from '../../env/clock.ts';
import type { Discover } from '../../env/discovery.ts';
import type { Logger } from '../../env/logger.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Rng } from '../../env/rng.ts';
import { networkMark } from './announcement.ts';
import { LanDiscovery } from './lan-discovery.ts';
import { readQuery, readResponse, SERVICE, type MdnsPacket, type MdnsWire } from './mdns-wire.ts';
import { placeOf } from './places.ts';

export interface MdnsOptions {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly publicKey: Uint8Array;
  /** As in Hello; only a hash of it is told. */
  readonly networkId: string;
  /** Nodes of other meshes are none of ours: gateways join them. */
  readonly meshName: string;
  /** The IPv4 address of the interface to use; without it all, and the system's choice for sending. */
  readonly interfaceAddress?: string;
  /** For tests; 5353 is where everybody listens. */
  readonly port?: number;
}

/** Discovery for one node. */
export function createMdns(options: MdnsOptions): Discover {
  const { primitives, clock, rng, logger, publicKey, networkId, meshName, interfaceAddress } =
    options;
  return async (addresses, handlers) => {
    const wire = await openWire(interfaceAddress, options.port);
    const places = addresses.flatMap((address) => placeOf(address) ?? []);
    const self = { network: networkMark(primitives, networkId, meshName), publicKey, places };
    return new LanDiscovery({ wire, clock, rng, logger, self, handlers });
  };
}

function openWire(
  interfaceAddress: string | undefined,
  port: number | undefined,
): Promise<MdnsWire> {
  const mdns = multicastDns({
    ...(interfaceAddress === undefined ? {} : { interface: interfaceAddress, bind: '0.0.0.0' }),
    ...(port === undefined ? {} : { port }),
  });
  return new Promise((resolve, reject) => {
    mdns.on('error', (error) => {
      // After the promise is settled this does nothing: a socket that broke is silent.
      mdns.destroy();
      reject(
        new BitcrapsError('DISCOVERY_UNAVAILABLE', { detail: error.message }, { cause: error }),
      );
    });
    // Packets that are none, and interfaces without multicast.
    mdns.on('warning', () => undefined);
    mdns.on('ready', () => resolve(wireOn(mdns, interfaceAddress)));
  });
}

function wireOn(mdns: MulticastDns, interfaceAddress: string | undefined): MdnsWire {
  const wire: MdnsWire = {
    hostName: `${hostname().split('.')[0] ?? 'node'}.local`,
    hostAddresses: interfaceAddress === undefined ? ownAddresses() : [interfaceAddress],
    onPacket: () => undefined,
    ask: () => mdns.query({ questions: [{ name: SERVICE, type: 'PTR' }] }),
    respond: (records) => mdns.respond({ answers: records }),
    close: (goodbye) =>
      new Promise((resolve) => {
        const end = (): void => mdns.destroy(resolve);
        if (goodbye.length === 0) end();
        else mdns.respond({ answers: goodbye }, end);
      }),
  };
  const pass = (packet: MdnsPacket): void => wire.onPacket(packet);
  mdns.on('query', (packet, from) => pass(readQuery(packet, from.address)));
  mdns.on('response', (packet, from) => pass(readResponse(packet, from.address)));
  return wire;
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
