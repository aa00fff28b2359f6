// Meshes of production code joined by gateways on the simulated network, with reliable messages between their members.

import { createGateway, type Gateway, type GatewayDeps } from '../../src/gateway/gateway.ts';
import type { ShapingLimits } from '../../src/gateway/shaping/limits.ts';
import { createShaper } from '../../src/gateway/shaping/shaper.ts';
import { HomeKeeper } from '../../src/gateway/federation/home/home-keeper.ts';
import { createDelivery, type Delivery } from '../../src/mesh/delivery/delivery.ts';
import type { Mesh } from '../../src/mesh/mesh.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { createSimDht, type SimDht } from '../../src/sim/sim-dht.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { MeshRig, noMetrics, silentLogger, testIdentity, type NodeOptions } from './mesh-rig.ts';

const DELIVERY_PROTOCOL = 8;

export interface Correspondent {
  readonly delivery: Delivery;
  /** Texts of what came, in order. */
  readonly got: string[];
  /** Ids. */
  readonly delivered: number[];
  readonly expired: number[];
}

export class FederationRig {
  readonly rig: MeshRig;
  readonly gateways = new Map<string, Gateway>();
  /** Names of gateways that were dialled by key, in order. */
  readonly dialled: string[] = [];
  readonly keepers: HomeKeeper[] = [];
  #dht: SimDht | null = null;

  constructor(seed = 1) {
    this.rig = new MeshRig(seed);
  }

  /** With a table, the member signs where it is at home. A member that is there already starts again in this mesh. */
  member(name: string, meshName: string, options: NodeOptions = {}): void {
    const { mesh, clock } = this.rig.add(name, { ...options, meshName });
    if (this.#dht === null) return;
    const config = { identity: testIdentity(name), networkId: 'test', isGateway: false };
    this.keepers.push(new HomeKeeper(config, { primitives, clock, mesh }));
  }

  /** Gateways and members that are added from now on use a distributed table, and gateways dial each other by key. */
  useTable(): void {
    this.#dht = createSimDht(this.rig.world);
  }

  /** With `claims` it announces those as members of its mesh. */
  addGateway(
    name: string,
    meshName: string,
    limits: Partial<ShapingLimits> = {},
    deps: Pick<GatewayDeps, 'store' | 'accounting'> = {},
    claims: readonly string[] = [],
  ): void {
    const { mesh: own, clock } = this.rig.add(name, { meshName, gateway: true });
    const mesh = claimingMesh(own, claims);
    const rng = this.rig.world.rng(`${name}-gateway`);
    const gateway = createGateway(
      {
        identity: testIdentity(name),
        networkId: 'test',
        meshName,
        version: CURRENT,
        rulesHash: new Uint8Array(32),
        proof: new Uint8Array(8),
        proofBits: 0,
        ...presets.lan,
      },
      {
        primitives,
        clock,
        rng,
        logger: silentLogger,
        metrics: noMetrics,
        compressor: zstd,
        mesh,
        bootEpoch: 1,
        shaper: createShaper({ clock, rng }, limits),
        ...deps,
        ...(this.#dht === null
          ? {}
          : {
              dht: this.#dht.node(name, 'test'),
              dialGateway: (gateway) => {
                const other = this.rig.nameOf(gateway);
                this.dialled.push(other);
                this.bridge(name, other);
              },
            }),
      },
    );
    this.gateways.set(name, gateway);
  }

  gateway(name: string): Gateway {
    const gateway = this.gateways.get(name);
    if (gateway === undefined) throw new Error(`no gateway ${name}`);
    return gateway;
  }

  /** `dialer` dials. */
  bridge(dialer: string, listener: string): void {
    const [there, here] = this.rig.network.pair(dialer, listener);
    this.gateway(dialer).addLink(there);
    this.gateway(listener).addLink(here);
  }

  /** The machine is off: nobody is told. */
  powerOff(name: string): void {
    this.rig.node(name).endpoint.powerOff();
    this.rig.node(name).clock.kill();
  }

  correspondent(name: string, bootEpoch = 1): Correspondent {
    const { mesh, clock } = this.rig.node(name);
    const got: string[] = [];
    const delivered: number[] = [];
    const expired: number[] = [];
    const delivery = createDelivery({
      mesh,
      clock,
      bootEpoch,
      protocol: DELIVERY_PROTOCOL,
      receive: (_, payload) => got.push(new TextDecoder().decode(payload)),
      delivered: (_, id) => delivered.push(id),
      expired: (_, id) => expired.push(id),
    });
    return { delivery, got, delivered, expired };
  }

  id(name: string): Uint8Array {
    return testIdentity(name).publicKey;
  }

  get nowMs(): number {
    return this.rig.world.clock.now();
  }

  until(what: () => boolean, limitMs = 60_000): Promise<void> {
    return this.rig.world.runUntil(what, this.nowMs + limitMs);
  }

  run(ms: number): Promise<void> {
    return this.rig.world.run(this.nowMs + ms);
  }
}

/** The mesh of a gateway that says of strangers that they are members of it. */
export function claimingMesh(own: Mesh, claims: readonly string[]): Mesh {
  const claimed = claims.map((claim) => ({
    peer: testIdentity(claim).publicKey,
    reachable: true,
    gateway: false,
    hops: 1,
    seenMsAgo: 0,
  }));
  return new Proxy(own, {
    get: (target, key) => {
      if (key === 'members') return () => [...target.members(), ...claimed];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
