// Many nodes of production code on one simulated network: each has an identity, a clock and a mesh; links between them
// come and go as the scenario says; lower ends dial, and dial again after a link broke.

import { assert } from '../../core/assert.ts';
import { utf8 } from '../../core/bytes.ts';
import { identityFromSeed } from '../../crypto/signing.ts';
import type { Compressor } from '../../env/compressor.ts';
import type { Link } from '../../env/link.ts';
import type { Logger } from '../../env/logger.ts';
import type { Metrics } from '../../env/metrics.ts';
import type { Primitives } from '../../env/primitives.ts';
import { createMesh, type Mesh, type MeshConfig } from '../../mesh/mesh.ts';
import type { FailureTimings } from '../../resilience/presets.ts';
import { CURRENT } from '../../versioning/protocol-version.ts';
import { FrameType } from '../../wire/frame.ts';
import { createSimNetwork, type SimEndpoint, type SimNetwork } from '../network.ts';
import type { LinkProfile } from '../path.ts';
import type { SeededRng } from '../seeded-rng.ts';
import type { TopologyLink } from '../topology/topology.ts';
import type { SimClock, World } from '../world.ts';
import { ByteMeter } from './byte-meter.ts';
import {
  newDirection,
  TappedLink,
  type Direction,
  type FleetLink,
  type LinkTap,
} from './fleet-link.ts';
import type { LinkTruth } from './link-truth.ts';
import { TruthPool } from './truth-pool.ts';
import { RecycledBuffers } from './recycled-buffers.ts';
import { PacketWatch, type HopTrace } from './packet-watch.ts';
import { ProcessGate } from './process-gate.ts';

/** The protocol of the messages that measure delivery. */
export const PROBE_PROTOCOL = 1;
const NETWORK_ID = 'sim';
/** Dials are spread over this time, so that no two runs have one order of events. */
const DIAL_SPREAD_MS = 10;
/** After a link broke, its dialler waits so long, and up to half as long again. */
const REDIAL_MS = 1_000;
/** TCP and TLS 1.3 take two round trips. */
const DIAL_ROUND_TRIPS = 2;

export interface FleetConfig {
  readonly world: World;
  readonly nodes: number;
  readonly timings: FailureTimings;
  readonly compressor: Compressor;
  /** What node `index` says of itself and chooses, beyond what all have. */
  nodeConfig(index: number): Partial<MeshConfig>;
  readonly trace: ((hop: HopTrace) => void) | null;
  /** Whether nodes can be paused; costs a little at each timer and frame. */
  readonly pausable?: boolean;
}

export interface FleetNode {
  readonly index: number;
  readonly name: string;
  readonly key: Uint8Array;
  mesh: Mesh;
  clock: SimClock;
  endpoint: SimEndpoint;
  bootEpoch: number;
  alive: boolean;
  /** Its process stands still. */
  paused: boolean;
  /** `null` where nodes cannot be paused. */
  gate: ProcessGate | null;
}

/** A message that arrived. */
export interface Probe {
  readonly from: number;
  readonly to: number;
  readonly payload: Uint8Array;
}

const quiet = (): void => {};
const SILENT: Logger = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  child: () => SILENT,
};
const COUNTER = { add: quiet };
const GAUGE = { set: quiet };
const HISTOGRAM = { observe: quiet };
const NO_METRICS: Metrics = {
  counter: () => COUNTER,
  gauge: () => GAUGE,
  histogram: () => HISTOGRAM,
};

export class Fleet {
  readonly world: World;
  readonly network: SimNetwork;
  readonly nodes: readonly FleetNode[];
  readonly links: FleetLink[] = [];
  readonly meter: ByteMeter = new ByteMeter();
  readonly watch: PacketWatch;
  /** One for all nodes: each signature is checked once. */
  readonly pool: TruthPool;
  onProbe: ((probe: Probe) => void) | null = null;
  /** A node stopped to use a link that carried the mesh: it is suspect, or closed. */
  onLinkDoubted: ((link: FleetLink, at: number) => void) | null = null;
  /** Grows whenever the true graph changes. */
  version = 0;
  readonly #config: FleetConfig;
  readonly #primitives: Primitives;
  readonly #rng: SeededRng;
  readonly #byEnds = new Map<number, FleetLink>();
  readonly #byName = new Map<string, FleetNode>();
  readonly #tap: LinkTap;
  readonly #buffers = new RecycledBuffers();
  /** A mesh makes each of its updates of link state for one link, and its receiver copies what it keeps. */
  readonly #linkOptions = {
    handedOver: {
      includes: (frame: Uint8Array): boolean => frame[0] === FrameType.linkStateUpdate,
      read: (frame: Uint8Array): void => this.#buffers.giveBack(frame),
    },
  };

  constructor(config: FleetConfig) {
    const { world } = config;
    this.#config = config;
    this.world = world;
    this.#primitives = world.primitives;
    this.#rng = world.rng('fleet');
    this.pool = new TruthPool(world.primitives, NETWORK_ID, world.seed);
    this.network = createSimNetwork(world);
    const nodes: FleetNode[] = [];
    this.nodes = nodes;
    for (let index = 0; index < config.nodes; index += 1) nodes.push(this.#createNode(index));
    for (const node of nodes) this.#byName.set(node.name, node);
    this.watch = new PacketWatch({
      peers: nodes.map(({ key }) => key),
      now: () => world.clock.now(),
      trace: config.trace,
    });
    const { meter, watch } = this;
    const { clock } = world;
    this.#tap = {
      sent: (out, back, frame) => {
        meter.sent(out, back, frame, clock.now());
        watch.sent(out, frame);
      },
      arrived: (direction, frame) => {
        meter.arrived(direction, frame, clock.now());
        watch.arrived(direction, frame);
      },
    };
  }

  /** The link between two nodes, known or not. */
  between(x: number, y: number): FleetLink | undefined {
    return this.#byEnds.get(Math.min(x, y) * this.nodes.length + Math.max(x, y));
  }

  /** A link of the true graph; it is dialled within `DIAL_SPREAD_MS`. */
  add(shape: TopologyLink, truth: LinkTruth): FleetLink {
    const { a, b } = shape;
    assert(a < b && this.between(a, b) === undefined, 'a link is added once, lower end first');
    const link: FleetLink = {
      index: this.links.length,
      shape,
      a,
      b,
      truth,
      toB: newDirection(a, b, truth.weightToB),
      toA: newDirection(b, a, truth.weightToA),
      dialMs: DIAL_ROUND_TRIPS * (truth.toB.latencyMs + truth.toA.latencyMs),
      mute: false,
      wanted: true,
      open: 0,
      dialling: false,
    };
    this.links.push(link);
    this.#byEnds.set(a * this.nodes.length + b, link);
    this.network.profileOneWay(nameOf(a), nameOf(b), truth.toB);
    this.network.profileOneWay(nameOf(b), nameOf(a), truth.toA);
    this.version += 1;
    this.#dial(link, this.#rng.unit() * DIAL_SPREAD_MS);
    return link;
  }

  /** Nothing passes any more; nobody is told. */
  cut(link: FleetLink): void {
    if (!link.wanted) return;
    link.wanted = false;
    this.version += 1;
    this.network.cut(nameOf(link.a), nameOf(link.b));
  }

  /** Every transmission is lost, from now on. */
  mute(link: FleetLink): void {
    link.mute = true;
    this.network.cut(nameOf(link.a), nameOf(link.b));
  }

  restore(link: FleetLink): void {
    if (link.wanted) return;
    link.wanted = true;
    this.version += 1;
    this.network.heal(nameOf(link.a), nameOf(link.b));
    if (link.open === 0) this.#dial(link, this.#rng.unit() * DIAL_SPREAD_MS);
  }

  /** From now on each direction takes `byMs` longer, and loses such a share (0–1) more; 0 and 0: as at first. */
  disturb({ a, b, truth }: FleetLink, byMs: number, loss: number): void {
    const worse = (profile: LinkProfile): LinkProfile => ({
      ...profile,
      latencyMs: profile.latencyMs + byMs,
      loss: 1 - (1 - profile.loss) * (1 - loss),
    });
    this.network.profileOneWay(nameOf(a), nameOf(b), worse(truth.toB));
    this.network.profileOneWay(nameOf(b), nameOf(a), worse(truth.toA));
  }

  /** The process stands still; its machine goes on. */
  pause(node: FleetNode): void {
    assert(node.gate !== null, 'the nodes of this fleet can be paused');
    if (!node.alive || node.paused) return;
    node.paused = true;
    this.version += 1;
    node.gate.pause();
  }

  resume(node: FleetNode): void {
    if (!node.paused) return;
    node.paused = false;
    this.version += 1;
    node.gate?.resume();
    this.#dialAll(node);
  }

  /** The machine is off; nobody is told. */
  kill(node: FleetNode): void {
    if (!node.alive) return;
    node.alive = false;
    node.paused = false;
    this.version += 1;
    node.endpoint.powerOff();
    node.clock.kill();
    for (const link of this.links) if (link.a === node.index) link.open = 0;
  }

  /** The machine starts again, its state durable but for what a start makes new. */
  revive(node: FleetNode): void {
    if (node.alive) return;
    const again = this.#createNode(node.index, node.bootEpoch + 1);
    Object.assign(node, again);
    this.version += 1;
    this.#dialAll(node);
  }

  /** Whether the link is in the true graph: wanted, and both ends live. */
  isTrue(link: FleetLink): boolean {
    return link.wanted && this.isUp(link.a) && this.isUp(link.b);
  }

  /** Whether the node lives and does not stand still. */
  isUp(index: number): boolean {
    const node = this.#node(index);
    return node.alive && !node.paused;
  }

  *directions(): Generator<Direction> {
    for (const { toA, toB } of this.links) {
      yield toA;
      yield toB;
    }
  }

  run(ms: number): void {
    this.world.runSync(this.world.clock.now() + ms);
  }

  #node(index: number): FleetNode {
    const node = this.nodes[index];
    assert(node !== undefined, 'the fleet has the node');
    return node;
  }

  #createNode(index: number, bootEpoch = 1): FleetNode {
    const { world, timings, compressor } = this.#config;
    const name = nameOf(index);
    const seed = this.#primitives.sha256(utf8(`identity ${world.seed} ${index}`));
    const identity = identityFromSeed(this.#primitives, seed);
    const endpoint = this.network.endpoint(identity.publicKey, name, this.#linkOptions);
    const gate = this.#config.pausable === true ? new ProcessGate() : null;
    const own = world.clockFor(name);
    const clock = gate?.clock(own) ?? own;
    const mesh = createMesh(
      {
        identity,
        networkId: NETWORK_ID,
        meshName: 'sim',
        version: CURRENT,
        rulesHash: new Uint8Array(32),
        proof: new Uint8Array(8),
        proofBits: 0,
        gateway: false,
        ...timings,
        ...this.#config.nodeConfig(index),
      },
      {
        primitives: this.#primitives,
        clock,
        rng: world.rng(name),
        logger: SILENT,
        metrics: NO_METRICS,
        compressor,
        bootEpoch,
        pool: this.pool,
        buffers: this.#buffers,
      },
    );
    mesh.handle(PROBE_PROTOCOL, ({ source, payload }) => {
      this.onProbe?.({ from: this.watch.indexOf(source), to: index, payload });
    });
    mesh.onLink((event) => {
      const isDoubt = event.kind === 'suspect' || (event.kind === 'closed' && event.established);
      if (!isDoubt) return;
      const link = this.between(index, this.watch.indexOf(event.peer));
      if (link !== undefined) this.onLinkDoubted?.(link, index);
    });
    return {
      index,
      name,
      key: identity.publicKey,
      mesh,
      clock,
      endpoint,
      bootEpoch,
      alive: true,
      paused: false,
      gate,
    };
  }

  #dialAll({ index }: FleetNode): void {
    for (const link of this.links) {
      if (link.a === index || link.b === index) this.#dial(link, this.#rng.unit() * DIAL_SPREAD_MS);
    }
  }

  #dial(link: FleetLink, inMs: number): void {
    if (link.dialling) return;
    link.dialling = true;
    this.world.clock.after(inMs + link.dialMs, () => {
      link.dialling = false;
      // Who comes back into range, or back to life, dials by itself.
      if (this.isTrue(link) && link.open === 0 && !link.mute) this.#open(link);
    });
  }

  #open(link: FleetLink): void {
    const { a, b, toA, toB } = link;
    link.open += 1;
    this.meter.opened();
    const dialer = this.#node(a);
    const [there, here] = this.network.pair(nameOf(a), nameOf(b));
    const ended = (): void => {
      this.watch.broken(toA);
      this.watch.broken(toB);
    };
    this.#give(
      dialer,
      new TappedLink(there, toB, toA, this.#tap, () => {
        ended();
        link.open -= 1;
        if (this.isTrue(link)) this.#dial(link, REDIAL_MS * (1 + this.#rng.unit() / 2));
      }),
    );
    this.#give(this.#node(b), new TappedLink(here, toA, toB, this.#tap, ended));
  }

  #give(node: FleetNode, link: Link): void {
    node.mesh.addLink(node.gate?.link(link) ?? link);
  }
}

function nameOf(index: number): string {
  return `n${index}`;
}
