// Whole nodes of production code on the simulated network: the casino that `bitcraps up` runs, in virtual time.

import { unwrap } from '../../src/core/errors.ts';
import { createNode, type CasinoNode } from '../../src/node/node.ts';
import type { NodeEvent } from '../../src/node/node-event.ts';
import type { PlannedNode } from '../../src/cli/up/plan.ts';
import { crap } from '../../src/core/amount.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { createSimNetwork, type SimEndpoint, type SimNetwork } from '../../src/sim/network.ts';
import { createWorld, type World } from '../../src/sim/world.ts';
import { CURRENT, parseVersion } from '../../src/versioning/protocol-version.ts';
import { MemoryStore } from '../casino/memory-store.ts';
import { noMetrics, silentLogger, testIdentity } from './mesh-rig.ts';

const PACE_MS = 300;

export interface RigNode {
  readonly planned: PlannedNode;
  readonly node: CasinoNode;
  readonly endpoints: readonly SimEndpoint[];
}

export interface RigEvent {
  readonly at: string;
  readonly event: NodeEvent;
}

/** A player or relay of the plan may speak an older version. */
export type Speaks = Readonly<Record<string, string>>;

export class CasinoRig {
  readonly world: World;
  readonly network: SimNetwork;
  readonly nodes = new Map<string, RigNode>();
  readonly events: RigEvent[] = [];
  readonly #plan: readonly PlannedNode[];
  readonly #speaks: Speaks;
  readonly #stores = new Map<string, MemoryStore>();
  readonly #epochs = new Map<string, number>();

  constructor(plan: readonly PlannedNode[], seed: number, speaks: Speaks = {}) {
    this.#plan = plan;
    this.#speaks = speaks;
    this.world = createWorld({ seed, primitives });
    this.network = createSimNetwork(this.world);
  }

  /** Starts every node of the plan. */
  async startAll(): Promise<void> {
    for (const planned of this.#plan) await this.start(planned.name);
  }

  /** Starts a node, or starts it again with what its store holds. */
  async start(name: string): Promise<RigNode> {
    const planned = this.#plan.find((candidate) => candidate.name === name);
    if (planned === undefined) throw new Error(`no node ${name} in the plan`);
    const identity = testIdentity(name);
    const epoch = (this.#epochs.get(name) ?? 0) + 1;
    this.#epochs.set(name, epoch);
    const store = this.#stores.get(name) ?? new MemoryStore();
    this.#stores.set(name, store);
    const mesh = this.network.endpoint(identity.publicKey, name);
    const speaks = this.#speaks[name];
    const node = createNode(
      {
        identity,
        name,
        networkId: 'test',
        meshName: planned.mesh,
        version: speaks === undefined ? CURRENT : unwrap(parseVersion(speaks)),
        proof: new Uint8Array(8),
        proofBits: 0,
        gateway: planned.role === 'gateway',
        policy: 'dijkstra',
        attributes: {},
        ...presets.local,
      },
      {
        primitives,
        clock: this.world.clockFor(name),
        rng: this.world.rng(name),
        logger: silentLogger,
        metrics: noMetrics,
        compressor: zstd,
        dialer: mesh.dialer,
        store,
        bootEpoch: epoch,
      },
    );
    node.events.listen((event) => {
      this.world.log(`${name} ${JSON.stringify(event)}`);
      this.events.push({ at: name, event });
    });
    if (planned.role === 'validator') {
      const table = {
        bankroll: crap(500_000),
        stakeMin: crap(1),
        shooterTimeoutMs: 5_000,
        field12x3: false,
      };
      unwrap(await node.runCasino('simulated', table));
    }
    await mesh.listen(`${name}:1`, (link) => node.acceptMesh(link));
    await mesh.listen(`${name}:2`, (link) => node.acceptBridge(link));
    node.connect(
      planned.joins.map((peer) => ({ address: `${peer}:1`, peer: testIdentity(peer).publicKey })),
    );
    node.bridgeTo(
      planned.bridges.map((peer) => ({ address: `${peer}:2`, peer: testIdentity(peer).publicKey })),
    );
    const validator = this.#plan.find(({ role }) => role === 'validator');
    if (planned.role === 'player' && validator !== undefined) {
      const companyMin = this.#plan.filter(({ role }) => role === 'player').length;
      node.follow(testIdentity(validator.name).publicKey, { paceMs: PACE_MS, companyMin });
    }
    const running = { planned, node, endpoints: [mesh] };
    this.nodes.set(name, running);
    return running;
  }

  /** The process dies without a word. */
  async kill(name: string): Promise<void> {
    const { node, endpoints } = this.node(name);
    for (const endpoint of endpoints) endpoint.kill();
    await node.stop();
    this.nodes.delete(name);
  }

  node(name: string): RigNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name} runs`);
    return node;
  }

  /** Events of one kind at one node. */
  seen<K extends NodeEvent['kind']>(at: string, kind: K): Extract<NodeEvent, { kind: K }>[] {
    return this.events.flatMap((entry) =>
      entry.at === at && entry.event.kind === kind
        ? [entry.event as Extract<NodeEvent, { kind: K }>]
        : [],
    );
  }

  /** Runs until `what` holds. */
  async until(what: () => boolean, withinMs: number): Promise<void> {
    await this.world.runUntil(what, this.world.clock.now() + withinMs);
  }
}
