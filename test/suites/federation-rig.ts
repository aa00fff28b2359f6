// Meshes of production code joined by gateways on the simulated network, with reliable messages between their members.

import { createGateway, type Gateway, type GatewayDeps } from '../../src/gateway/gateway.ts';
import type { ShapingLimits } from '../../src/gateway/shaping/limits.ts';
import { createShaper } from '../../src/gateway/shaping/shaper.ts';
import { createDelivery, type Delivery } from '../../src/mesh/delivery/delivery.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
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

  constructor(seed = 1) {
    this.rig = new MeshRig(seed);
  }

  member(name: string, meshName: string, options: NodeOptions = {}): void {
    this.rig.add(name, { ...options, meshName });
  }

  addGateway(
    name: string,
    meshName: string,
    limits: Partial<ShapingLimits> = {},
    deps: Pick<GatewayDeps, 'store' | 'accounting'> = {},
  ): void {
    const { mesh, clock } = this.rig.add(name, { meshName, gateway: true });
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

  correspondent(name: string): Correspondent {
    const { mesh, clock } = this.rig.node(name);
    const got: string[] = [];
    const delivered: number[] = [];
    const expired: number[] = [];
    const delivery = createDelivery({
      mesh,
      clock,
      bootEpoch: 1,
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
