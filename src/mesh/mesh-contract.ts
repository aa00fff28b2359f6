// What a mesh is to its users: what it is given, what it is told, what it can do. `mesh.ts` is the one implementation.

import type { BitcrapsError, Result } from '../core/errors.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Compressor } from '../env/compressor.ts';
import type { Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Metrics } from '../env/metrics.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import type { SlowHash } from '../env/slow-hash.ts';
import type { MemberReports } from '../resilience/partitions/member-links.ts';
import type { PowerConfig, PowerState } from '../resilience/power/power-plan.ts';
import type { LocalHealth } from '../resilience/detector/local-health.ts';
import type { FailureTimings } from '../resilience/presets.ts';
import type { NodeAttributes } from '../routing/node-attributes.ts';
import type { PolicyName, RouteCriteria } from '../routing/policies/route-policy.ts';
import type { RecordPool } from '../routing/record-pool.ts';
import type { NamedExplanation, NearGateway, Reach } from '../routing/route-planner.ts';
import type { LinkPurpose } from '../versioning/hello.ts';
import type { ProtocolVersion } from '../versioning/protocol-version.ts';
import type { FrameBuffers } from '../wire/frame.ts';
import type { TrafficClass } from '../wire/traffic-class.ts';
import type { Bridge, ChooseGateway } from './bridge.ts';
import type { FlowFeedback } from './flow-feedback.ts';
import type { LinkAccounts } from './link-account.ts';
import type {
  Member,
  MeshCounters,
  MeshLinkEvent,
  NeighbourInfo,
  RedundancyInfo,
  RouteInfo,
} from './mesh-view.ts';
import type { PacketQueue } from './packet-queue.ts';
import type { SwitchErrorCode } from './packet-switch-config.ts';
import type { SessionInfo } from './peer-sessions.ts';
import type { SessionSendErrorCode } from './session-table-config.ts';

export interface MeshDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly compressor: Compressor;
  /** Where proofs of work of neighbours are checked. Default: on this thread. */
  readonly slowHash?: SlowHash;
  /** Durable; grows at each start of the node. 0…2^32 − 1. */
  readonly bootEpoch: number;
  /** Link-state records of this network, shared with other nodes of this process. Default: one for this node. */
  readonly pool?: RecordPool;
  /** Where the packets of a link wait for it. Default: a `FifoPacketQueue`. */
  readonly packetQueue?: (link: Link) => PacketQueue;
  /** Where frames of link state are written. Default: `FRESH_BUFFERS`. */
  readonly buffers?: FrameBuffers;
  /** Who accounts for the packets of links. Default: nobody. */
  readonly accounts?: LinkAccounts;
  /** How far this node trusts itself, where more than this mesh asks. Default: one for this mesh. */
  readonly localHealth?: LocalHealth;
  /** Where packets for other meshes go. Default: the nearest gateway. */
  readonly chooseGateway?: ChooseGateway;
  /**
   * Takes a presence frame of a neighbour; what is wrong with it counts against that one. Default: any is a fault.
   */
  readonly presence?: (from: Uint8Array, payload: Uint8Array) => BitcrapsError | null;
}

export interface MeshConfig extends FailureTimings {
  /** See `ResilienceConfig`; default: as in `RESILIENCE_DEFAULTS`. */
  readonly phiThreshold?: number;
  readonly identity: Identity;
  readonly networkId: string;
  readonly meshName: string;
  /** The version to speak, 1.0.0 up to `CURRENT`. */
  readonly version: ProtocolVersion;
  /** 32 bytes. */
  readonly rulesHash: Uint8Array;
  /** Proof of work of `identity` for `networkId`, 8 bytes. */
  readonly proof: Uint8Array;
  /** The difficulty that this node demands of its neighbours. */
  readonly proofBits: number;
  readonly gateway: boolean;
  /** What its links are: of a mesh, or bridges between the gateways of several. Default `mesh`. */
  readonly purpose?: LinkPurpose;
  /** How this node chooses ways for its own packets; default `dijkstra`. */
  readonly policy?: PolicyName;
  /** What matters to them; default `DEFAULT_CRITERIA`. */
  readonly criteria?: RouteCriteria;
  /** Ways that are kept ready to each member in use, and when one is left; default `RESILIENCE_DEFAULTS`. */
  readonly redundancy?: number;
  readonly adaptiveThreshold?: number;
  /** What this node tells the mesh of itself; default: it stands still on mains power, and relays. */
  readonly attributes?: Partial<Omit<NodeAttributes, 'gateway'>>;
  /** How energy is saved as batteries fall, this node's and its neighbours'; default `POWER_DEFAULTS`. */
  readonly power?: PowerConfig;
  /** What gateways are asked to take messages for, by protocol; `unspecified` where it is not given. */
  readonly trafficClasses?: ReadonlyMap<number, TrafficClass>;
}

export interface MeshMessage {
  /** PeerId of the sender, authenticated. */
  readonly source: Uint8Array;
  readonly payload: Uint8Array;
}

export type MeshSendErrorCode =
  | SwitchErrorCode
  | SessionSendErrorCode
  | 'MESH_PAYLOAD_TOO_LONG'
  | 'MESH_STOPPED';

export interface Mesh {
  /** PeerId of this node. */
  readonly self: Uint8Array;
  /** Takes ownership: handshake, keepalive, link state, forwarding. */
  addLink(link: Link): void;
  /**
   * An end-to-end sealed datagram of at most `PAYLOAD_BYTES_MAX` bytes; `protocol` is 1…`PROTOCOL_MAX`. Unreliable,
   * never delivered twice: callers retry. `MESH_NO_ROUTE`, `MESH_FEATURE_LACKING`, `MESH_PAYLOAD_TOO_LONG`,
   * `MESH_PENDING_FULL`, `MESH_QUEUE_FULL`, … at once; what fails later comes by `onUnreachable`, if at all.
   */
  send(
    destination: Uint8Array,
    protocol: number,
    payload: Uint8Array,
  ): Result<void, MeshSendErrorCode>;
  /** Sets the receiver of a protocol, 1…`PROTOCOL_MAX`; one for each. */
  handle(protocol: number, receive: (message: MeshMessage) => void): void;
  /** Advice, not authenticated: the code is whatever a relay wrote, or `MESH_SESSION_…` of this node. */
  onUnreachable(listener: (destination: Uint8Array, code: string) => void): void;
  onLink(listener: (event: MeshLinkEvent) => void): void;
  /** What became of packets that this node sent, as their destinations report it, some times a second at most. */
  onFeedback(listener: (feedback: FlowFeedback) => void): void;
  /** Tells the mesh where this node is from now on and how it moves; `null` for no more. At most once a second goes out. */
  setLocation(location: NodeAttributes['location']): void;
  /**
   * Tells the mesh from now on how much energy this node has, and whether it carries packets of others: if not, it is no
   * gateway either.
   */
  setPower(power: PowerState): void;
  /** Times between what this node does of itself are to be so many times as long, to save its energy; 1 on mains. */
  readonly stretch: number;
  setBridge(bridge: Bridge): void;
  /** Tells the mesh from now on that this gateway is none, so that others are used; it still takes across what comes. */
  retireGateway(): void;
  /** A packet from another mesh for a member of this one: it gets a route here and goes on. The bytes are not changed. */
  inject(packet: Uint8Array): Result<void, SwitchErrorCode>;
  /** A packet for somebody in no record here gets the way to `exit`, which takes it on. The bytes are not changed. */
  carry(packet: Uint8Array, exit: Uint8Array): Result<void, SwitchErrorCode>;
  /** The way to a member for packets of a flow, or the cheapest (`null`), as packets carry it; `null` if none leads there. */
  wayTo(peer: Uint8Array, flowId: number | null): Uint8Array | null;
  /** A packet from another mesh takes a way that `wayTo` gave. A frame: a type byte, then the packet; its bytes are given up. */
  passOn(frame: Uint8Array, route: Uint8Array, nowMs: number): Result<void, SwitchErrorCode>;
  /** A presence frame for one neighbour; `false` if there is no link to it, or that takes none. */
  sendPresence(neighbour: Uint8Array, payload: Uint8Array): boolean;
  /** Grows whenever a way, or what is known of members, may have changed. */
  readonly version: number;
  /** Calls `listener` when `version` has grown. What ages is noticed with the next change. */
  onChange(listener: () => void): void;
  /** Which links the members report, to look for partitions in. Made anew by each call, in some milliseconds at 10 000. */
  memberReports(): MemberReports;
  /** What the cheapest way to a member costs; `null` if none leads there. */
  cost(peer: Uint8Array): number | null;
  /** Every node with a link-state record, this one included, ascending by PeerId. */
  members(): readonly Member[];
  /** Gateways of this mesh that links lead to, without this node, the nearest first. */
  gateways(): readonly NearGateway[];
  /** Whether links lead to a member now. */
  reach(peer: Uint8Array): Reach;
  neighbours(): readonly NeighbourInfo[];
  /** `null` if nothing leads there as far as this node knows. */
  route(destination: Uint8Array): RouteInfo | null;
  /** Node-disjoint ways to a member, up to three, the cheapest first; as many as the mesh has. */
  disjointRoutes(destination: Uint8Array): readonly RouteInfo[];
  /**
   * What was sent to a member at `sinceMs` as a message of `protocol` should have been acknowledged by now: its way is left
   * for another one. Whether messages go another way since then.
   */
  doubt(destination: Uint8Array, protocol: number, sinceMs: number): boolean;
  /** The way to a member was left, whoever noticed: what is under way there is probably lost, and had better be repeated. */
  onWayLeft(listener: (destination: Uint8Array) => void): void;
  /** A member that links lead to and that is sent to does not answer on any way; or it does again. */
  onSilence(listener: (destination: Uint8Array, isSilent: boolean) => void): void;
  /** Asks a member that is sent to on every way that is known, so that one that works again is found at once. */
  probeWays(destination: Uint8Array): void;
  /** The ways that are kept ready, and how often that helped. */
  redundancy(): RedundancyInfo;
  /** Why packets to a member go the way they go; `null` if it is not known. */
  explain(destination: Uint8Array): NamedExplanation | null;
  sessions(): readonly SessionInfo[];
  /** Bytes that link state and routing hold for this node. */
  readonly stateBytes: number;
  counters(): MeshCounters;
  /** Says goodbye to all neighbours; nothing is delivered afterwards. */
  stop(): void;
}
