// A mesh with several gateways to another mesh, production code in virtual time: players — hub — gateways — far gateway —
// far peers. Players choose their gateways by selection; gateways measure and claim, or lie.

import { ok } from '../../src/core/errors.ts';
import { peerIdShort } from '../../src/core/peer-id.ts';
import type { Clock } from '../../src/env/clock.ts';
import type { LogFields } from '../../src/env/logger.ts';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import type { GatewayClaims } from '../../src/gateway/selection/gateway-offer.ts';
import { GatewaySelection } from '../../src/gateway/selection/gateway-selection.ts';
import { bridgeSource, meshSource } from '../../src/gateway/selection/gateway-source.ts';
import { OfferDesk } from '../../src/gateway/selection/offer-desk.ts';
import { OwnClaims } from '../../src/gateway/selection/own-claims.ts';
import type { SelectionCriteria } from '../../src/gateway/selection/selection-criteria.ts';
import type { Bridge, Mesh } from '../../src/mesh/mesh.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { ReadMetrics } from './read-metrics.ts';
import {
  MeshRig,
  noMetrics,
  silentLogger,
  TEST_PROTOCOL,
  testIdentity,
  type RigNode,
} from './mesh-rig.ts';

export interface SelectionRigOptions {
  readonly seed?: number;
  readonly players: number;
  readonly gateways: number;
  readonly farPeers: number;
  /** Every player has a link to every gateway; nobody is between. */
  readonly direct?: boolean;
  readonly criteria?: Partial<SelectionCriteria>;
  /** What a gateway says instead of what it measured. */
  readonly lies?: (gateway: string, claims: GatewayClaims) => GatewayClaims;
  readonly priceOf?: (gateway: string) => bigint | null;
}

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

export const HUB = 'hub';
export const FAR = 'far';

export class SelectionRig {
  readonly rig: MeshRig;
  readonly players: readonly string[];
  readonly gateways: string[];
  readonly farPeers: readonly string[];
  readonly selections = new Map<string, GatewaySelection>();
  readonly bridges = new Map<string, Gateway>();
  readonly claims = new Map<string, OwnClaims>();
  /** Bytes per second of a gateway, as it is configured now; none where it is not. */
  readonly capacities = new Map<string, number>();
  /** What players logged of gateways: event, gateway, reason. */
  readonly events: { readonly player: string; readonly gateway: string; readonly why: string }[] =
    [];
  /** Of the player p1. */
  readonly metrics: ReadMetrics = new ReadMetrics();
  /** Gateways that are about to stop. */
  readonly draining = new Set<string>();
  /** Share of the packets that a gateway takes and does not carry on; it says nothing. */
  readonly swallowed = new Map<string, number>();
  readonly #options: SelectionRigOptions;
  #messages = 0;

  constructor(options: SelectionRigOptions) {
    this.#options = options;
    this.rig = new MeshRig(options.seed ?? 1);
    this.players = names('p', options.players);
    this.gateways = [...names('g', options.gateways)];
    this.farPeers = names('x', options.farPeers);
    this.rig.add(HUB, { meshName: 'near' });
    for (const name of [...this.players, ...this.gateways]) {
      this.#addNear(name);
      if (options.direct !== true) this.rig.link(name, HUB);
    }
    if (options.direct === true) {
      for (const player of this.players) {
        for (const gateway of this.gateways) this.rig.link(player, gateway);
      }
    }
    const far = this.rig.add(FAR, { meshName: 'far', gateway: true });
    this.#addGateway(FAR, far, 'far');
    for (const name of this.farPeers) {
      this.rig.add(name, { meshName: 'far' });
      this.rig.link(name, FAR);
    }
    for (const name of this.gateways) this.#join(name);
  }

  /** Another gateway comes. */
  addGateway(name: string): void {
    this.gateways.push(name);
    this.#addNear(name);
    this.rig.link(name, HUB);
    this.#join(name);
  }

  selection(name: string): GatewaySelection {
    const selection = this.selections.get(name);
    if (selection === undefined) throw new Error(`no selection at ${name}`);
    return selection;
  }

  bridge(name: string): Gateway {
    const gateway = this.bridges.get(name);
    if (gateway === undefined) throw new Error(`no gateway ${name}`);
    return gateway;
  }

  id(name: string): Uint8Array {
    return testIdentity(name).publicKey;
  }

  get clock(): Clock {
    return this.rig.world.clock;
  }

  /** Every player sends to every far peer, `pauseMs` between two rounds, for `forMs`. */
  async traffic(forMs: number, pauseMs = 250, bytes = 40): Promise<void> {
    const untilMs = this.clock.now() + forMs;
    while (this.clock.now() < untilMs) {
      for (const player of this.players) {
        for (const peer of this.farPeers) this.send(player, peer, bytes);
      }
      await this.rig.run(pauseMs);
    }
  }

  send(player: string, peer: string, bytes = 40): boolean {
    this.#messages += 1;
    const text = `${this.#messages} `.padEnd(bytes, '0123456789abcdefghijklmnopqrstuvwxyz');
    const payload = new TextEncoder().encode(text);
    return this.rig.node(player).mesh.send(this.id(peer), TEST_PROTOCOL, payload).ok;
  }

  /** Packets that each gateway carried out of the near mesh so far. */
  carried(): ReadonlyMap<string, number> {
    return new Map(
      this.gateways.map((name) => [name, this.bridge(name).crossings().packetsOut] as const),
    );
  }

  /** The share of each gateway in what was carried since `before`. */
  shares(before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const since = [...this.carried()].map(
      ([name, count]) => [name, count - (before.get(name) ?? 0)] as const,
    );
    const sum = since.reduce((total, [, count]) => total + count, 0);
    return new Map(since.map(([name, count]) => [name, sum === 0 ? 0 : count / sum]));
  }

  /** How many pairs of player and far peer have each gateway. */
  placed(): ReadonlyMap<string, number> {
    const counts = new Map(this.gateways.map((name) => [name, 0]));
    for (const player of this.players) {
      for (const peer of this.farPeers) {
        const name = this.gatewayOf(player, peer);
        if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    return counts;
  }

  gatewayOf(player: string, peer: string): string | null {
    const route = this.rig.node(player).mesh.route(this.id(peer));
    const last = route?.hops.at(-1)?.peer;
    return last === undefined ? null : this.rig.nameOf(last);
  }

  /** How often destinations moved from one gateway to another, at all players. */
  moves(): number {
    return this.players.reduce((sum, name) => sum + this.selection(name).selectBest().moves, 0);
  }

  /** The messages sent so far. */
  marker(): number {
    return this.#messages;
  }

  /** How many of the messages sent after the marker have arrived. */
  receivedSince(marker: number): number {
    const inboxes = this.farPeers.flatMap((name) => this.rig.node(name).inbox);
    return inboxes.filter(({ text }) => Number.parseInt(text, 10) > marker).length;
  }

  #join(name: string): void {
    const [dialer, listener] = this.rig.network.pair(name, FAR);
    this.bridge(name).addLink(dialer);
    this.bridge(FAR).addLink(listener);
  }

  #addNear(name: string): void {
    const gateway = name.startsWith('g');
    const node = this.rig.add(name, {
      meshName: 'near',
      gateway,
      chooseGateway: (destination, _, except) => this.selection(name).choose(destination, except),
    });
    if (gateway) this.#addGateway(name, node, 'near');
    else this.#addSelection(name, node, null);
  }

  #addGateway(name: string, { mesh, clock }: RigNode, meshName: string): void {
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
        rng: this.rig.world.rng(`${name}-gateway`),
        logger: silentLogger,
        metrics: noMetrics,
        compressor: zstd,
        mesh: this.#swallowing(name, mesh),
        bootEpoch: 1,
      },
    );
    this.bridges.set(name, gateway);
    const claims = new OwnClaims({
      clock,
      gateway,
      capacity: () => this.capacities.get(name) ?? null,
      transports: () => ['tls'],
      limits: () => ({ out: null, in: null }),
      limitUsed: () => 0,
      delayMs: () => 0,
      draining: () => this.draining.has(name),
    });
    this.claims.set(name, claims);
    const desk = new OfferDesk({
      primitives,
      clock,
      identity: testIdentity(name),
      meshName,
      bootEpoch: 1,
      claims: () => this.#options.lies?.(name, claims.now()) ?? claims.now(),
      reaches: (destination) => mesh.reach(destination) !== 'none' || gateway.reaches(destination),
    });
    this.#addSelection(name, this.rig.node(name), desk);
  }

  #heard(player: string, fields: LogFields = {}): void {
    const gateway = this.gateways.find((name) => peerIdShort(this.id(name)) === fields['gateway']);
    const { why } = fields;
    if (gateway === undefined || typeof why !== 'string') return;
    this.events.push({ player, gateway, why });
  }

  /** The mesh of a gateway whose bridge loses what `swallowed` says. */
  #swallowing(name: string, mesh: Mesh): Mesh {
    const rng = this.rig.world.rng(`${name}-swallowed`);
    const wrapped = (bridge: Bridge): Bridge => ({
      reaches: (destination) => bridge.reaches(destination),
      forward: (packet) => {
        const share = this.swallowed.get(name) ?? 0;
        return rng.uint32() < share * 2 ** 32 ? ok(undefined) : bridge.forward(packet);
      },
    });
    return new Proxy(mesh, {
      get: (target, key) => {
        if (key === 'setBridge') return (bridge: Bridge) => target.setBridge(wrapped(bridge));
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #addSelection(name: string, { mesh, clock }: RigNode, desk: OfferDesk | null): void {
    const gateway = this.bridges.get(name);
    const sources = [
      meshSource(mesh, name === FAR ? 'far' : 'near'),
      ...(gateway === undefined ? [] : [bridgeSource(gateway)]),
    ];
    const selection = new GatewaySelection(this.#options.criteria ?? {}, {
      primitives,
      clock,
      rng: this.rig.world.rng(`${name}-selection`),
      metrics: name === 'p1' ? this.metrics : noMetrics,
      logger: { ...silentLogger, info: (_, fields) => this.#heard(name, fields) },
      mesh,
      sources,
      desk,
      priceOf: (gateway) => this.#options.priceOf?.(this.rig.nameOf(gateway)) ?? null,
    });
    this.selections.set(name, selection);
  }
}
