// The simulated network: hosts with an identity and an address, paths between them that can be slow, lossy or cut, and
// links that behave like the real transports of `src/platform/links/`.

import { assert } from '../core/assert.ts';
import { bytesEqual, utf8 } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort } from '../core/peer-id.ts';
import type { Dialer, Link, Listen, Listener } from '../env/link.ts';
import {
  checkProfile,
  createPath,
  LAN_PROFILE,
  streamDelayMs,
  type LinkProfile,
  type Path,
} from './path.ts';
import { SimEnd, type SimLinkCounters, type SimLinkOptions } from './sim-link.ts';
import type { World } from './world.ts';

/** As the transports of production: 1 MiB frames, 4 MiB waiting, 15 s without progress. */
export const SIM_LINK_DEFAULTS: SimLinkOptions = {
  reliable: true,
  frameBytesMax: 1024 * 1024,
  queueBytesMax: 4 * 1024 * 1024,
  stallTimeoutMs: 15_000,
};
const DIAL_TIMEOUT_MS = 5000;
const ADDRESS = /^([a-z0-9][a-z0-9.-]*)(?::(\d{1,5}))?$/;
const EPHEMERAL_PORT_FIRST = 49_152;
const PORT_MAX = 65_535;

/** One host of the network. Its address is `name` or `name:port`. */
export interface SimEndpoint {
  readonly dialer: Dialer;
  readonly listen: Listen;
  /** The process dies: no handler is called any more, its kernel resets every link, its listeners are gone. */
  kill(): void;
  /** The machine dies: as `kill`, but nobody is told, and nothing reaches it until the address has an endpoint again. */
  powerOff(): void;
}

export interface SimNetwork {
  /** Adds a host, or starts it again after `kill` or `powerOff`. `options` override `SIM_LINK_DEFAULTS`. */
  endpoint(key: Uint8Array, address: string, options?: Partial<SimLinkOptions>): SimEndpoint;
  /** An established link between two hosts without dialling: the first end is the dialer. */
  pair(dialer: string, listener: string): readonly [Link, Link];
  /** How packets travel between two hosts, both ways, from now on. Others behave like `LAN_PROFILE`. */
  profile(a: string, b: string, profile: LinkProfile): void;
  profileOneWay(from: string, to: string, profile: LinkProfile): void;
  /** Nothing passes between the two hosts until `heal`. */
  cut(a: string, b: string): void;
  cutOneWay(from: string, to: string): void;
  /** Ends every cut between the two. */
  heal(a: string, b: string): void;
  /** Totals over all links since the start. */
  counters(): Readonly<SimLinkCounters>;
}

interface Host {
  readonly key: Uint8Array;
  readonly name: string;
  readonly options: SimLinkOptions;
  readonly listeners: Map<string, (link: Link) => void>;
  readonly ends: Set<SimEnd>;
  alive: boolean;
}

export function createSimNetwork(world: World): SimNetwork {
  return new Network(world);
}

class Network implements SimNetwork {
  readonly #world: World;
  readonly #hosts = new Map<string, Host>();
  readonly #poweredOff = new Set<string>();
  readonly #paths = new Map<string, Path>();
  readonly #counters: SimLinkCounters = {
    framesSent: 0,
    framesDelivered: 0,
    framesLost: 0,
    bytesDelivered: 0,
  };
  /** Links so far; each gets a channel binding of its own. */
  #joined = 0;
  #nextPort = EPHEMERAL_PORT_FIRST;

  constructor(world: World) {
    this.#world = world;
  }

  endpoint(key: Uint8Array, address: string, options?: Partial<SimLinkOptions>): SimEndpoint {
    assert(ADDRESS.exec(address)?.[1] === address, 'a host is named in lower case');
    assert(this.#hosts.get(address)?.alive !== true, 'one live endpoint for an address');
    const host: Host = {
      key,
      name: address,
      options: { ...SIM_LINK_DEFAULTS, ...options },
      listeners: new Map(),
      ends: new Set(),
      alive: true,
    };
    this.#hosts.set(address, host);
    this.#world.log(`up ${address} ${peerIdShort(key)}`);
    if (this.#poweredOff.delete(address)) {
      for (const path of this.#paths.values()) {
        if (path.from === address || path.to === address) wake(path);
      }
    }
    return {
      dialer: { dial: (to, remoteKey) => this.#dial(host, to, remoteKey) },
      listen: (at, accept) => this.#listen(host, at, accept),
      kill: () => this.#stop(host, true),
      powerOff: () => this.#stop(host, false),
    };
  }

  pair(dialer: string, listener: string): readonly [Link, Link] {
    const a = this.#hosts.get(dialer);
    const b = this.#hosts.get(listener);
    assert(a !== undefined && b !== undefined, 'both hosts are on the network');
    return this.#join(a, b, listener, null);
  }

  profile(a: string, b: string, profile: LinkProfile): void {
    this.profileOneWay(a, b, profile);
    this.profileOneWay(b, a, profile);
  }

  profileOneWay(from: string, to: string, profile: LinkProfile): void {
    checkProfile(profile);
    this.#path(from, to).profile = profile;
  }

  cut(a: string, b: string): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  cutOneWay(from: string, to: string): void {
    this.#world.log(`cut ${from} → ${to}`);
    this.#path(from, to).cut = true;
  }

  heal(a: string, b: string): void {
    this.#world.log(`heal ${a} ↔ ${b}`);
    const there = this.#path(a, b);
    const back = this.#path(b, a);
    there.cut = false;
    back.cut = false;
    wake(there);
    wake(back);
  }

  counters(): Readonly<SimLinkCounters> {
    return { ...this.#counters };
  }

  #path(from: string, to: string): Path {
    const id = `${from} ${to}`;
    const known = this.#paths.get(id);
    if (known !== undefined) return known;
    const path = createPath(this.#world, from, to, LAN_PROFILE);
    this.#paths.set(id, path);
    return path;
  }

  readonly #blocked = (path: Path): boolean =>
    path.cut ||
    (this.#poweredOff.size > 0 &&
      (this.#poweredOff.has(path.from) || this.#poweredOff.has(path.to)));

  #stop(host: Host, tellPeers: boolean): void {
    if (!host.alive) return;
    this.#world.log(`${tellPeers ? 'kill' : 'power-off'} ${host.name}`);
    host.alive = false;
    host.listeners.clear();
    if (!tellPeers) this.#poweredOff.add(host.name);
    for (const end of host.ends) end.vanish(tellPeers);
  }

  async #listen(host: Host, address: string, accept: (link: Link) => void): Promise<Listener> {
    const match = ADDRESS.exec(address);
    const port = Number(match?.[2] ?? '0');
    if (match?.[1] !== host.name || port > PORT_MAX) {
      throw new BitcrapsError('LINK_ADDRESS_INVALID', { address });
    }
    let bound = address;
    if (match[2] !== undefined && port === 0) {
      bound = `${host.name}:${this.#nextPort}`;
      this.#nextPort = this.#nextPort === PORT_MAX ? EPHEMERAL_PORT_FIRST : this.#nextPort + 1;
    }
    if (host.listeners.has(bound)) throw new BitcrapsError('LINK_ADDRESS_IN_USE', { address });
    host.listeners.set(bound, accept);
    return {
      address: bound,
      close: async () => {
        if (host.listeners.get(bound) === accept) host.listeners.delete(bound);
      },
    };
  }

  /** Two round trips as TCP and TLS 1.3 take them; then both ends exist, and the listener hears half a trip later. */
  #dial(host: Host, address: string, remoteKey: Uint8Array | null): Promise<Link> {
    const name = ADDRESS.exec(address)?.[1];
    if (name === undefined) {
      return Promise.reject(new BitcrapsError('LINK_ADDRESS_INVALID', { address }));
    }
    const out = this.#path(host.name, name);
    const back = this.#path(name, host.name);
    return new Promise<Link>((resolve, reject) => {
      let over = false;
      const settle = (act: () => void): void => {
        if (over || !host.alive) return;
        over = true;
        timeout.cancel();
        this.#world.settled();
        act();
      };
      const refuse = (error: BitcrapsError): void => settle(() => reject(error));
      const timeout = this.#world.clock.after(DIAL_TIMEOUT_MS, () =>
        refuse(new BitcrapsError('LINK_DIAL_TIMEOUT', { address, timeoutMs: DIAL_TIMEOUT_MS })),
      );
      const connected = (remote: Host): void => {
        const actual = peerIdShort(remote.key);
        if (remoteKey !== null && !bytesEqual(remoteKey, remote.key)) {
          const expected = peerIdShort(remoteKey);
          refuse(new BitcrapsError('LINK_WRONG_IDENTITY', { address, actual, expected }));
          return;
        }
        const accept = remote.listeners.get(address) ?? null;
        if (accept === null) {
          refuse(new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'connection reset' }));
          return;
        }
        settle(() => resolve(this.#join(host, remote, address, accept)[0]));
      };
      this.#hop(out, () => {
        const remote = this.#hosts.get(name);
        if (remote?.listeners.has(address) !== true) {
          const detail = 'connection refused';
          this.#hop(back, () => refuse(new BitcrapsError('LINK_DIAL_FAILED', { address, detail })));
          return;
        }
        this.#hop(back, () => this.#hop(out, () => this.#hop(back, () => connected(remote))));
      });
    });
  }

  /** Carries one packet of a handshake, sent again until the path lets it through. */
  #hop(path: Path, arrive: () => void): void {
    const travel = (): void => {
      if (this.#blocked(path)) {
        path.waiting.add(travel);
        return;
      }
      this.#world.clock.after(streamDelayMs(path), () => {
        if (this.#blocked(path)) path.waiting.add(travel);
        else arrive();
      });
    };
    travel();
  }

  #join(
    dialing: Host,
    listening: Host,
    address: string,
    accept: ((link: Link) => void) | null,
  ): readonly [Link, Link] {
    const { seed, primitives } = this.#world;
    const channelBinding = primitives.sha256(utf8(`binding ${seed} ${this.#joined}`));
    this.#joined += 1;
    const there = this.#path(dialing.name, listening.name);
    const back = this.#path(listening.name, dialing.name);
    const end = (role: 'dialer' | 'listener'): SimEnd => {
      const [local, remote] = role === 'dialer' ? [dialing, listening] : [listening, dialing];
      return new SimEnd({
        world: this.#world,
        options: local.options,
        role,
        localKey: local.key,
        remoteKey: remote.key,
        remoteAddress: role === 'dialer' ? address : dialing.name,
        channelBinding: channelBinding.slice(),
        out: role === 'dialer' ? there : back,
        back: role === 'dialer' ? back : there,
        blocked: this.#blocked,
        counters: this.#counters,
        onOver: (over) => local.ends.delete(over),
      });
    };
    const dialerEnd = end('dialer');
    const listenerEnd = end('listener');
    SimEnd.join(dialerEnd, listenerEnd);
    dialing.ends.add(dialerEnd);
    listening.ends.add(listenerEnd);
    this.#world.log(`link ${dialing.name} → ${listening.name}`);
    if (accept !== null) {
      this.#hop(there, () => {
        if (listening.listeners.get(address) === accept) accept(listenerEnd);
        else listenerEnd.destroy({ code: 'LINK_RESET', detail: 'the listener closed' });
      });
    }
    return [dialerEnd, listenerEnd];
  }
}

function wake(path: Path): void {
  const waiting = [...path.waiting];
  path.waiting.clear();
  for (const retry of waiting) retry();
}
