// Who is measured, and what each needs.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { OpenCarrier } from './carrier.ts';
import { openBare, openDirect } from './carriers/bare.ts';
import { openCoturn } from './carriers/coturn.ts';
import { openLibp2p } from './carriers/libp2p.ts';
import { openNats } from './carriers/nats.ts';
import { openOurGateway, openOurMesh } from './carriers/ours.ts';
import { openYggdrasil } from './carriers/yggdrasil.ts';
import { isLibp2pInstalled } from './libp2p-node.ts';

export interface Contender {
  readonly title: string;
  readonly open: OpenCarrier;
  /** The longest message that it takes, where that is less than 16 KiB. */
  readonly messageBytesMax?: number;
  /** Other processes that carry its messages run beside the load. */
  readonly sharesLoadCore?: boolean;
  /** Its Debian package, and the program in it. */
  readonly debian?: { readonly name: string; readonly program: string };
  /** Why it cannot run here although it is installed, `null` if it can. */
  readonly lacks?: () => string | null;
}

function lacksNamespaces(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root for network namespaces';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  return spawnSync('ip', ['netns', 'list']).status === 0 ? null : '`ip netns` does not work';
}

export const CONTENDERS = {
  bare: { title: 'bare relay on node:tls', open: openBare },
  mesh: { title: 'ours, inside a mesh', open: openOurMesh },
  gateway: { title: 'ours, gateway to gateway', open: openOurGateway, sharesLoadCore: true },
  nats: {
    title: 'nats-server, TLS',
    open: openNats,
    debian: { name: 'nats-server', program: 'nats-server' },
  },
  coturn: {
    title: 'coturn, TURN over TLS',
    open: openCoturn,
    // Channel data over TLS is read by the TLS record: its head and padding have to fit.
    messageBytesMax: 16_372,
    debian: { name: 'coturn', program: 'turnserver' },
  },
  libp2p: {
    title: 'js-libp2p circuit relay',
    open: openLibp2p,
    lacks: () => (isLibp2pInstalled() ? null : 'run `npm ci` in bench/peers/gateway'),
  },
  yggdrasil: {
    title: 'yggdrasil, TLS links',
    open: openYggdrasil,
    sharesLoadCore: true,
    debian: { name: 'yggdrasil', program: 'yggdrasil' },
    lacks: lacksNamespaces,
  },
} as const satisfies Record<string, Contender>;

export type ContenderName = keyof typeof CONTENDERS;

export function isContender(name: string): name is ContenderName {
  return Object.hasOwn(CONTENDERS, name);
}

/** Nobody between the load's two ends. */
export const openBaseline: typeof openDirect = openDirect;
