// One node, composed: a mesh, perhaps a gateway, perhaps a casino that it runs or follows, and the events of all three.

import type { AlertSink, Severity } from '../env/alert-sink.ts';
import type { Clock } from '../env/clock.ts';
import type { Discover } from '../env/discovery.ts';
import type { Compressor } from '../env/compressor.ts';
import type { Dht } from '../env/dht.ts';
import type { Dialer, Link } from '../env/link.ts';
import type { EnergySource } from '../env/energy.ts';
import type { Logger } from '../env/logger.ts';
import type { Metrics } from '../env/metrics.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import type { SlowHash } from '../env/slow-hash.ts';
import type { Store } from '../env/store.ts';
import { bytesEqual } from '../core/bytes.ts';
import type { Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { CheckedBlock } from '../casino/replica.ts';
import { rulesHash } from '../casino/rules-hash.ts';
import type { Identity } from '../crypto/signing.ts';
import type { NodeGate } from '../gateway/admission/gate.ts';
import type { OwnPrice } from '../gateway/accounting/own-price.ts';
import { HomeKeeper } from '../gateway/federation/home/home-keeper.ts';
import { PayerBook } from '../gateway/accounting/payer-book.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { ShapingLimits } from '../gateway/shaping/limits.ts';
import { createShaper } from '../gateway/shaping/shaper.ts';
import { watchMembers } from '../mesh/membership.ts';
import { createMesh, type Mesh, type MeshConfig } from '../mesh/mesh.ts';
import { RESILIENCE_DEFAULTS, type ResilienceConfig } from '../resilience/config.ts';
import { LocalHealth } from '../resilience/detector/local-health.ts';
import type { Membership } from '../resilience/membership/membership.ts';
import { POWER_DEFAULTS, type PowerConfig } from '../resilience/power/power-plan.ts';
import { AddressBook } from '../resilience/partitions/address-book.ts';
import { RetryBudget } from '../resilience/recovery/retry-budget.ts';
import type { FailureTimings } from '../resilience/presets.ts';
import type { PolicyName } from '../routing/policies/route-policy.ts';
import type { Hello } from '../versioning/hello.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import { formatVersion, type ProtocolVersion } from '../versioning/protocol-version.ts';
import { TrafficClass } from '../wire/traffic-class.ts';
import { startBot, type Bot, type BotStyle } from './bot.ts';
import type { CasinoClient, Trouble } from './casino-client.ts';
import { createCasinoEvents, type CasinoEvents } from './casino-events.ts';
import { hostCasino } from './casino-host.ts';
import { CASINO_PROTOCOL } from './casino-service.ts';
import { createDialing, type Dialing, type DialingDeps, type DialTarget } from './dialing.ts';
import { openLocalCasino, type LocalCasino, type TableOptions } from './local-casino.ts';
import {
  createGatewayChoice,
  type GatewayChoice,
  type GatewayChoiceConfig,
} from './gateway-choice.ts';
import { createKeyDialing } from './key-dialing.ts';
import { Healing } from './healing.ts';
import { isPeersFault } from './link-faults.ts';
import { joinNearby, type Nearby } from './nearby.ts';
import { createNodeEvents, memberEvent, type NodeEvents } from './node-event.ts';
import { partitionLine } from './partition-report.ts';
import { followCasino } from './remote-casino.ts';
import { PowerWatch } from './power.ts';
import { NodeResilience } from './resilience.ts';

/** What a node's messages are to gateways. */
const TRAFFIC_CLASSES: ReadonlyMap<number, TrafficClass> = new Map([
  [CASINO_PROTOCOL, TrafficClass.game],
]);

/** What is not given of resilience is as in `RESILIENCE_DEFAULTS`. */
export interface NodeConfig
  extends
    FailureTimings,
    Partial<Omit<ResilienceConfig, keyof FailureTimings>>,
    GatewayChoiceConfig {
  readonly identity: Identity;
  /** For people; proves nothing. */
  readonly name: string;
  readonly networkId: string;
  readonly meshName: string;
  /** The highest protocol version to offer. */
  readonly version: ProtocolVersion;
  readonly proof: Uint8Array;
  readonly proofBits: number;
  readonly gateway: boolean;
  /** Of a gateway; what is not given is `DEFAULT_LIMITS`. */
  readonly bandwidth?: Partial<ShapingLimits>;
  /** See `MeshConfig`. */
  readonly policy: PolicyName;
  readonly attributes: NonNullable<MeshConfig['attributes']>;
  /** Default `POWER_DEFAULTS`. */
  readonly power?: PowerConfig;
}

export interface NodeDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly compressor: Compressor;
  /** Where proofs of work of neighbours are checked. Default: on this thread. */
  readonly slowHash?: SlowHash;
  readonly dialer: Dialer;
  /** The casino's ledger, where this node runs one. */
  readonly store: Store;
  /** Durable, grows at each start. */
  readonly bootEpoch: number;
  /** Where a gateway tells and learns which peers are reached through whom; the dialler then takes `dht:` addresses. */
  readonly dht?: Dht;
  /** Who may come in, where this node listens. */
  readonly gate?: NodeGate;
  /** What this node asks for crossings, if it is a gateway that asks for something. */
  readonly ownPrice?: OwnPrice;
  /** How much energy this device has. Default: it is on mains. */
  readonly energy?: EnergySource;
  /** Where alerts go. Default: to events and the log alone. */
  readonly alertSinks?: readonly AlertSink[];
  /** Alerts that are less severe do not go there. Default: all do. */
  readonly alertSeverityMin?: Severity;
}

/** What this node has to do with a casino. */
export type CasinoRole =
  | { readonly kind: 'none' }
  | { readonly kind: 'validator'; readonly local: LocalCasino; readonly events: CasinoEvents }
  | {
      readonly kind: 'player';
      readonly client: CasinoClient;
      readonly events: CasinoEvents;
      readonly bot: Bot | null;
    };

export interface CasinoNode {
  readonly config: NodeConfig;
  readonly startedAt: number;
  readonly mesh: Mesh;
  readonly gateway: Gateway | null;
  /** `null` for a version that has no gateways. */
  readonly gatewayChoice: GatewayChoice | null;
  /** What this node had carried to other meshes. */
  readonly payer: PayerBook;
  readonly gate: NodeGate | null;
  readonly events: NodeEvents;
  readonly resilience: NodeResilience;
  readonly casino: CasinoRole;
  /** Takes a link from a listener. A bridge link at a node that is no gateway is closed. */
  acceptMesh(link: Link): void;
  acceptBridge(link: Link): void;
  /** Keeps links to these neighbours. */
  connect(targets: readonly DialTarget[]): void;
  /** Announces `addresses`, where neighbours reach this node, and links to some who are found. Rejects as `discover` does. */
  joinNearby(discover: Discover, addresses: readonly string[]): Promise<void>;
  /** Keeps bridges to these gateways of other meshes. */
  bridgeTo(targets: readonly DialTarget[]): void;
  /** Founds or resumes this node's own casino, opens its table and serves it to the mesh. */
  runCasino(casinoName: string, table: TableOptions): Promise<Result<void>>;
  /** Follows a casino; with a style it also plays there by itself. */
  follow(casino: Uint8Array, style: BotStyle | null): void;
  /** Lets nobody new in, and tells gateways and members to use others. What still comes is carried, until `stop`. */
  drain(): void;
  /** Packets of others that were passed on so far, and bytes that wait to be: both stand still when it is drained. */
  carried(): { readonly packets: number; readonly waitingBytes: number };
  stop(): Promise<void>;
}

export function createNode(config: NodeConfig, deps: NodeDeps): CasinoNode {
  return new ComposedNode(config, deps);
}

class ComposedNode implements CasinoNode {
  readonly config: NodeConfig;
  readonly gatewayChoice: GatewayChoice | null;
  readonly payer: PayerBook;
  readonly startedAt: number;
  readonly mesh: Mesh;
  readonly gateway: Gateway | null;
  readonly gate: NodeGate | null;
  readonly events: NodeEvents = createNodeEvents();
  readonly resilience: NodeResilience;
  casino: CasinoRole = { kind: 'none' };
  readonly #deps: NodeDeps;
  readonly #book = new AddressBook();
  readonly #budget: RetryBudget;
  readonly #healing: Healing;
  readonly #dialings: Dialing[] = [];
  readonly #membership: Membership;
  readonly #targets: DialTarget[] = [];
  #wantedBridges = 0;
  readonly #power: PowerWatch | null;
  #casinoTrouble: Trouble | null = null;
  #nearby: Nearby | null = null;
  readonly #home: HomeKeeper | null;
  #stopServing: (() => void) | null = null;

  constructor(config: NodeConfig, deps: NodeDeps) {
    this.config = config;
    this.#deps = deps;
    this.startedAt = deps.clock.now();
    this.gate = deps.gate ?? null;
    this.#budget = new RetryBudget(deps.clock);
    const localHealth = new LocalHealth();
    const shared = { ...config, rulesHash: rulesHash(deps.primitives) };
    const shaper = config.gateway ? createShaper(deps, config.bandwidth) : null;
    this.mesh = createMesh(
      { ...shared, trafficClasses: TRAFFIC_CLASSES },
      {
        ...deps,
        localHealth,
        chooseGateway: (peer, _, except) => this.#chooseGateway(peer, except),
        ...(shaper === null ? {} : { packetQueue: (link: Link) => shaper.queue('local', link) }),
      },
    );
    const ofGateway = { ...deps, localHealth, mesh: this.mesh };
    this.gateway =
      shaper === null
        ? null
        : createGateway(shared, {
            ...ofGateway,
            shaper,
            dialGateway: createKeyDialing(deps, (link) => this.acceptBridge(link)),
          });
    const { mesh, gateway } = this;
    this.gatewayChoice = createGatewayChoice(config, { ...deps, mesh, gateway });
    this.payer = new PayerBook(mesh.self, {
      ...deps,
      mesh,
      priceOf: (peer) => this.gatewayChoice?.prices.book.termsOf(peer, deps.clock.wallMs()) ?? null,
    });
    this.#home = config.gateway
      ? null
      : new HomeKeeper({ ...config, isGateway: false }, { ...deps, mesh: this.mesh });
    this.#membership = watchMembers({
      ...deps,
      mesh,
      health: localHealth,
      timings: config,
      tell: (event) => {
        this.events.emit(memberEvent(event));
        this.#healing.partitions.changed();
      },
    });
    this.#power =
      deps.energy === undefined
        ? null
        : new PowerWatch(config.power ?? POWER_DEFAULTS, {
            ...deps,
            mesh: this.gateway ?? mesh,
            source: deps.energy,
            relays: config.attributes.relays !== false,
          });
    const resilience = { ...RESILIENCE_DEFAULTS, ...config };
    this.#healing = new Healing(resilience, {
      ...deps,
      mesh,
      book: this.#book,
      budget: this.#budget,
      targets: () => this.#targets,
      nearby: () => this.#nearby?.nodes ?? [],
      hasTable: deps.dht !== undefined,
      fateOf: (peer) => this.#membership.fate(peer),
    });
    this.resilience = new NodeResilience(resilience, {
      ...deps,
      mesh,
      membership: this.#membership,
      localHealth,
      healing: this.#healing,
      events: this.events,
      name: config.name,
      wantedNeighbours: () => this.#targets.length,
      bridges: () => ({
        wanted: this.#wantedBridges,
        up: this.gateway?.bridges().filter(({ suspect }) => !suspect).length ?? 0,
      }),
      power: () => this.#power?.report() ?? null,
      casinoTrouble: () => this.#casinoTrouble,
      alertSinks: deps.alertSinks ?? [],
      severityMin: deps.alertSeverityMin ?? 'warning',
    });
    this.#healing.partitions.onEvent(({ kind, partition }) => {
      this.events.emit({ kind: `partition-${kind}`, ...partitionLine(partition) });
    });
    this.#watchLinks();
  }

  acceptMesh(link: Link): void {
    this.mesh.addLink(link);
  }

  acceptBridge(link: Link): void {
    if (this.gateway !== null) this.gateway.addLink(link);
    else link.close();
  }

  connect(targets: readonly DialTarget[]): void {
    const { mesh } = this;
    this.#targets.push(...targets);
    const isConnected = (peer: Uint8Array): boolean =>
      mesh.neighbours().some((neighbour) => bytesEqual(neighbour.peer, peer));
    this.#keep(targets, { isConnected, book: this.#book }, (link) => mesh.addLink(link));
    this.resilience.judge();
  }

  async joinNearby(discover: Discover, addresses: readonly string[]): Promise<void> {
    const { mesh } = this;
    const deps = {
      ...this.#deps,
      book: this.#book,
      found: (peer: Uint8Array) => this.#healing.foundNearby(peer),
      self: mesh.self,
      isConnected: (peer: Uint8Array): boolean =>
        mesh.neighbours().some((neighbour) => bytesEqual(neighbour.peer, peer)),
      links: (): number => mesh.neighbours().length,
    };
    this.#nearby = await joinNearby(discover, addresses, deps, (link) => mesh.addLink(link));
  }

  bridgeTo(targets: readonly DialTarget[]): void {
    const { gateway } = this;
    if (gateway === null || targets.length === 0) return;
    this.#wantedBridges += targets.length;
    this.resilience.judge();
    const isConnected = (peer: Uint8Array): boolean => gateway.isConnected(peer);
    this.#keep(targets, { isConnected }, (link) => gateway.addLink(link));
  }

  async runCasino(casinoName: string, table: TableOptions): Promise<Result<void>> {
    const { primitives, clock, logger } = this.#deps;
    const { identity, networkId } = this.config;
    const opened = await openLocalCasino({ ...this.#deps, identity, networkId, casinoName, table });
    if (!opened.ok) return opened;
    const local = opened.value;
    const events = createCasinoEvents(primitives);
    // The past of the ledger is known, not news.
    for (const block of local.blocks()) events.read(block);
    local.onBlock((block) => this.#tell(events, block));
    const { engine, genesis } = local;
    this.#stopServing = hostCasino({
      mesh: this.mesh,
      engine,
      genesis: genesis.bytes,
      clock,
      logger,
    });
    this.casino = { kind: 'validator', local, events };
    logger.warn('casino-mode', { mode: genesis.mode, disclosure: genesis.disclosure });
    return local.openTable();
  }

  follow(casino: Uint8Array, style: BotStyle | null): void {
    const { primitives, clock, logger } = this.#deps;
    const { identity } = this.config;
    const onTrouble = (trouble: Trouble | null): void => {
      this.#casinoTrouble = trouble;
      this.events.emit(
        trouble === null ? { kind: 'casino-reached' } : { kind: 'casino-unreachable', ...trouble },
      );
    };
    const client = followCasino(casino, {
      mesh: this.mesh,
      identity,
      primitives,
      clock,
      logger,
      onTrouble,
    });
    const events = createCasinoEvents(primitives);
    client.onBlock((block) => this.#tell(events, block));
    const me = identity.publicKey;
    const bot =
      style === null ? null : startBot({ client, me, clock, logger, events: this.events, style });
    this.casino = { kind: 'player', client, events, bot };
  }

  drain(): void {
    this.gate?.drain();
    this.gateway?.drain();
  }

  carried(): { readonly packets: number; readonly waitingBytes: number } {
    const { forwarded } = this.mesh.counters().total;
    const { packetsIn, packetsOut } = this.gateway?.crossings() ?? { packetsIn: 0, packetsOut: 0 };
    const links = [...this.mesh.neighbours(), ...(this.gateway?.bridges() ?? [])];
    return {
      packets: forwarded + packetsIn + packetsOut,
      waitingBytes: links.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0),
    };
  }

  async stop(): Promise<void> {
    for (const dialing of this.#dialings) dialing.stop();
    await this.#nearby?.stop();
    this.#stopServing?.();
    if (this.casino.kind === 'player') {
      this.casino.bot?.stop();
      this.casino.client.stop();
    }
    if (this.casino.kind === 'validator') await this.casino.local.stop();
    this.resilience.stop();
    this.#healing.stop();
    this.#membership.stop();
    this.#power?.stop();
    this.gatewayChoice?.stop();
    this.#home?.stop();
    await this.gateway?.stop();
    await this.payer.stop();
    this.mesh.stop();
  }

  #chooseGateway(peer: Uint8Array, except: Uint8Array | null): Uint8Array | null {
    const { gatewayChoice, mesh } = this;
    if (gatewayChoice !== null) return gatewayChoice.selection.choose(peer, except);
    // An older version sends nothing to gateways; it only tells whether there is one.
    return mesh.gateways()[0]?.peer ?? null;
  }

  #tell(events: CasinoEvents, block: CheckedBlock): void {
    for (const event of events.read(block)) this.events.emit(event);
  }

  #watchLinks(): void {
    this.mesh.onLink((event) => {
      if (event.kind === 'established')
        this.#linkUp(event.peer, 'mesh', event.negotiation, event.remote);
      else if (event.kind === 'closed' && event.established) this.#linkDown(event.peer, event.code);
      else if (event.kind === 'closed')
        this.#notLinked(event.peer, event.code, event.by === 'local');
    });
    this.gateway?.onBridge((event) => {
      this.resilience.heardOfBridge(event);
      if (event.kind === 'established')
        this.#linkUp(event.gateway, 'bridge', event.negotiation, event.remote);
      else this.#linkDown(event.gateway, event.code);
    });
  }

  #keep(
    targets: readonly DialTarget[],
    deps: Pick<DialingDeps, 'isConnected' | 'book'>,
    use: (link: Link) => void,
  ): void {
    const { recoveries } = this.#healing;
    const budget = this.#budget;
    this.#dialings.push(
      createDialing(targets, { ...this.#deps, ...deps, budget, recoveries }, use),
    );
  }

  #linkUp(
    peer: Uint8Array,
    purpose: 'mesh' | 'bridge',
    negotiation: Negotiation,
    remote: Hello,
  ): void {
    for (const dialing of this.#dialings) dialing.connected(peer);
    this.events.emit({
      kind: 'link-up',
      peer: peerIdText(peer),
      purpose,
      mode: negotiation.mode,
      features: negotiation.features,
      remoteVersion: formatVersion(remote.version),
    });
  }

  #linkDown(peer: Uint8Array, code: string | null): void {
    this.#blame(peer, code);
    this.events.emit({ kind: 'link-down', peer: peerIdText(peer), code });
  }

  #notLinked(peer: Uint8Array, code: string | null, isOurWord: boolean): void {
    if (isOurWord) this.#blame(peer, code);
    if (code !== null) for (const dialing of this.#dialings) dialing.refused(peer, code);
  }

  /** What a neighbour did wrong within its link costs its address at the gate. */
  #blame(peer: Uint8Array, code: string | null): void {
    if (code !== null && isPeersFault(code)) this.gate?.fault(peer);
  }
}
