// Meshes of production code on the simulated network, for tests: named nodes, links between them, restarts.

import { utf8 } from '../../src/core/bytes.ts';
import { unwrap } from '../../src/core/errors.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import type { Link } from '../../src/env/link.ts';
import type { Logger } from '../../src/env/logger.ts';
import type { Metrics } from '../../src/env/metrics.ts';
import { createMesh, type ChooseGateway, type Mesh, type MeshConfig } from '../../src/mesh/mesh.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import type { LocalHealth } from '../../src/resilience/detector/local-health.ts';
import { presets } from '../../src/resilience/presets.ts';
import { createSimNetwork, type SimEndpoint, type SimNetwork } from '../../src/sim/network.ts';
import type { SimLinkOptions } from '../../src/sim/sim-link.ts';
import { createWorld, type SimClock, type World } from '../../src/sim/world.ts';
import { CURRENT, parseVersion } from '../../src/versioning/protocol-version.ts';

/** The protocol that the nodes of a rig listen to. */
export const TEST_PROTOCOL = 7;

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};

export const noMetrics: Metrics = {
  counter: () => ({ add: () => {} }),
  gauge: () => ({ set: () => {} }),
  histogram: () => ({ observe: () => {} }),
};

export function testIdentity(name: string): Identity {
  return identityFromSeed(primitives, primitives.sha256(utf8(name)));
}

export interface NodeOptions extends Partial<MeshConfig> {
  /** For example `1.0.0`. */
  readonly speaks?: string;
  readonly bootEpoch?: number;
  readonly chooseGateway?: ChooseGateway;
  readonly localHealth?: LocalHealth;
  /** Limits of the links at this end. */
  readonly link?: Partial<SimLinkOptions>;
}

export interface RigNode {
  readonly name: string;
  readonly mesh: Mesh;
  readonly clock: SimClock;
  readonly endpoint: SimEndpoint;
  /** Text of what arrived on `TEST_PROTOCOL`, with the sender's name. */
  readonly inbox: { readonly from: string; readonly text: string }[];
  readonly unreachable: { readonly destination: string; readonly code: string }[];
}

/** What becomes of frames on a link. */
export interface LinkFate {
  /** It swallows all and says nothing. */
  dead: boolean;
  /** It swallows some of those that a node sends, and goes on with the rest. */
  swallows: ((from: string, frame: Uint8Array) => boolean) | null;
}

export class MeshRig {
  readonly world: World;
  readonly network: SimNetwork;
  readonly nodes = new Map<string, RigNode>();
  /** Called with every frame that a node sends over a link. */
  tap: (from: string, to: string, frame: Uint8Array) => void = () => {};
  readonly #names = new Map<string, string>();

  constructor(seed = 1) {
    this.world = createWorld({ seed, primitives });
    this.network = createSimNetwork(this.world);
  }

  add(name: string, options: NodeOptions = {}): RigNode {
    const { speaks, bootEpoch, chooseGateway, localHealth, link, ...config } = options;
    const identity = testIdentity(name);
    this.#names.set(identity.publicKey.join(), name);
    const endpoint = this.network.endpoint(identity.publicKey, name, link);
    const clock = this.world.clockFor(name);
    const mesh = createMesh(
      {
        identity,
        networkId: 'test',
        meshName: 'home',
        version: speaks === undefined ? CURRENT : unwrap(parseVersion(speaks)),
        rulesHash: new Uint8Array(32),
        proof: new Uint8Array(8),
        proofBits: 0,
        gateway: false,
        ...presets.lan,
        ...config,
      },
      {
        primitives,
        clock,
        rng: this.world.rng(name),
        logger: silentLogger,
        metrics: noMetrics,
        compressor: zstd,
        bootEpoch: bootEpoch ?? 1,
        ...(chooseGateway === undefined ? {} : { chooseGateway }),
        ...(localHealth === undefined ? {} : { localHealth }),
      },
    );
    const node: RigNode = { name, mesh, clock, endpoint, inbox: [], unreachable: [] };
    mesh.handle(TEST_PROTOCOL, ({ source, payload }) => {
      const text = new TextDecoder().decode(payload);
      this.world.log(`${name} got ${text}`);
      node.inbox.push({ from: this.nameOf(source), text });
    });
    mesh.onUnreachable((destination, code) => {
      node.unreachable.push({ destination: this.nameOf(destination), code });
    });
    this.nodes.set(name, node);
    return node;
  }

  node(name: string): RigNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  nameOf(peer: Uint8Array): string {
    return this.#names.get(peer.join()) ?? '?';
  }

  /** Links the nodes: `a` is the dialer. */
  link(a: string, b: string): LinkFate {
    const fate: LinkFate = { dead: false, swallows: null };
    const [dialer, listener] = this.network.pair(a, b);
    this.node(a).mesh.addLink(this.#tapped(dialer, a, b, fate));
    this.node(b).mesh.addLink(this.#tapped(listener, b, a, fate));
    return fate;
  }

  /** Nodes in a row, each linked to the next. */
  line(names: readonly string[], options: (name: string) => NodeOptions = () => ({})): void {
    for (const name of names) this.add(name, options(name));
    names.forEach((name, i) => {
      const next = names[i + 1];
      if (next !== undefined) this.link(name, next);
    });
  }

  send(from: string, to: string, text: string): ReturnType<Mesh['send']> {
    return this.node(from).mesh.send(this.node(to).mesh.self, TEST_PROTOCOL, utf8(text));
  }

  /** Names of the nodes on the way, the destination last; `null` without a route. */
  hops(from: string, to: string): readonly string[] | null {
    const route = this.node(from).mesh.route(testIdentity(to).publicKey);
    return route === null ? null : route.hops.map(({ peer }) => this.nameOf(peer));
  }

  async run(ms: number): Promise<void> {
    await this.world.run(this.world.clock.now() + ms);
  }

  #tapped(link: Link, from: string, to: string, fate: LinkFate): Link {
    return new Proxy(link, {
      get: (target, property) => {
        if (property === 'send') {
          return (frame: Uint8Array) => {
            this.tap(from, to, frame);
            const isSwallowed = fate.dead || fate.swallows?.(from, frame) === true;
            return isSwallowed ? 'sent' : target.send(frame);
          };
        }
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}
