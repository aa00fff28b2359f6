// A node of the distributed table that hyperdht keeps: the sockets, the way into the table, and how it ends. Records and
// links by key are built on it. A node joins through the bootstrap nodes that it is told, never through others.

import { isIPv4 } from 'node:net';
import { BitcrapsError } from '../../core/errors.ts';
import { formatAddress, parseAddress, type Address } from '../links/address.ts';
import type { HyperDht as Engine, UdxAddress } from './hyperdht-api.ts';
import { loadHyperDht } from './load-engine.ts';

/** Idle links across the internet say something this often, so that address translators keep their entry. */
const KEEP_ALIVE_MS = 5000;

export interface DhtNodeOptions {
  /** `host:port`, IPv4, port 0 for any. `0.0.0.0` for every interface. */
  readonly listen: string;
  /** `host:port` of each, at least one; `public` for the public ones of hyperdht, which are foreign machines. */
  readonly bootstrap: readonly string[] | 'public';
  /**
   * Whether the node keeps records and routes for others, for which it must be reachable at its address from anywhere
   * on that network. Default `false`.
   */
  readonly persistent?: boolean;
}

export interface BootstrapNodeOptions {
  /** `host:port`, IPv4, port 0 for any. */
  readonly listen: string;
  /** The IPv4 address by which others reach the node. Default: the host of `listen`, which must then be a real one. */
  readonly publicHost?: string;
  /** Other bootstrap nodes of the same table, `host:port`. */
  readonly peers?: readonly string[];
}

export interface DhtNode {
  /** `host:port` of its socket; what a bootstrap node is known by. */
  readonly address: string;
  /** Resolves once the bootstrap nodes have answered, or have not within some seconds. Records and links need not wait. */
  readonly joined: Promise<void>;
  /** The engine beneath, for records and links. */
  readonly engine: Engine;
  /** After the links and listeners on it have been closed; nothing keeps the process alive after it. */
  close(): Promise<void>;
}

/**
 * Joins the table. Resolves once the socket is bound; while the bootstrap nodes are away, the node goes on asking them.
 * Rejects with `DHT_BOOTSTRAP_INVALID`, `LINK_ADDRESS_INVALID`, `LINK_ADDRESS_IN_USE` or
 * `LINK_ADDRESS_REFUSED`.
 */
export async function startDhtNode(options: DhtNodeOptions): Promise<DhtNode> {
  const { bootstrap, persistent = false } = options;
  const HyperDht = await loadHyperDht();
  const asked = bootstrap === 'public' ? HyperDht.BOOTSTRAP.map(publicNode) : bootstrap.map(nodeOf);
  if (asked.length === 0) throw new BitcrapsError('DHT_BOOTSTRAP_INVALID', { address: 'none' });
  const address = listenAddress(options.listen);
  return started(
    options.listen,
    new HyperDht({
      ...socketOptions(address),
      bootstrap: asked,
      ...(persistent ? { ephemeral: false, firewalled: false } : {}),
    }),
  );
}

/**
 * Starts a node by which others find the table: it keeps records and routes from the first moment, alone if it must.
 * Rejects as `startDhtNode` does.
 */
export async function startBootstrapNode(options: BootstrapNodeOptions): Promise<DhtNode> {
  const address = listenAddress(options.listen);
  const host = options.publicHost ?? address.host;
  if (!isIPv4(host) || host === '0.0.0.0') {
    throw new BitcrapsError('LINK_ADDRESS_INVALID', { address: `${host}:${address.port}` });
  }
  const HyperDht = await loadHyperDht();
  const engine = new HyperDht({
    ...socketOptions(address),
    bootstrap: (options.peers ?? []).map(nodeOf),
    ephemeral: false,
    firewalled: false,
  });
  // Nobody could tell the first node its address, from which its place in the table follows; so it is told here.
  engine.on('listening', () => engine._nat.add(host, engine.address()?.port ?? 0));
  return started(options.listen, engine);
}

function socketOptions(address: Address): {
  readonly host: string;
  readonly port: readonly [number, number];
  readonly anyPort: boolean;
  readonly connectionKeepAlive: number;
} {
  const { host, port } = address;
  return {
    host,
    port: port === 0 ? [0, 0] : [port, port + 1],
    anyPort: port === 0,
    connectionKeepAlive: KEEP_ALIVE_MS,
  };
}

async function started(listen: string, engine: Engine): Promise<DhtNode> {
  const bound = Promise.withResolvers<UdxAddress>();
  engine.on('listening', () => {
    const address = engine.io.serverSocket?.address() ?? null;
    if (address !== null) bound.resolve(address);
  });
  const joined = engine.fullyBootstrapped();
  // After binding, it fails when the node is closed meanwhile.
  joined.catch((error: unknown) => bound.reject(error));
  try {
    const address = formatAddress(await bound.promise);
    return {
      address,
      engine,
      joined: joined.catch(() => undefined),
      close: () => engine.destroy(),
    };
  } catch (error) {
    await engine.destroy().catch(() => undefined);
    // The engine stops halfway when its socket was never bound, and would keep the process alive.
    engine.io.networkInterfaces.destroy();
    throw bindError(error, listen);
  }
}

function bindError(error: unknown, address: string): BitcrapsError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const cause = { cause: error };
  if (code === 'EADDRINUSE') return new BitcrapsError('LINK_ADDRESS_IN_USE', { address }, cause);
  return new BitcrapsError('LINK_ADDRESS_REFUSED', { address, detail: code }, cause);
}

function listenAddress(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw parsed.error;
  if (!isIPv4(parsed.value.host))
    throw new BitcrapsError('LINK_ADDRESS_INVALID', { address: text });
  return parsed.value;
}

function nodeOf(text: string): UdxAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok || parsed.value.port === 0 || parsed.value.host.includes(':')) {
    throw new BitcrapsError('DHT_BOOTSTRAP_INVALID', { address: text });
  }
  return parsed.value;
}

/** hyperdht writes a public node as `address@name:port` and tries the address first. */
function publicNode(text: string): UdxAddress {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}
