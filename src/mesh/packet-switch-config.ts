// What a packet switch is given, and what it answers.

import type { ErrorCode } from '../core/errors.ts';
import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Rng } from '../env/rng.ts';
import type { Route, RoutePlanner } from '../routing/route-planner.ts';
import type { ProtocolVersion } from '../versioning/protocol-version.ts';
import type { DecodedPacketHeader } from '../wire/packet.ts';
import type { TrafficClass } from '../wire/traffic-class.ts';
import type { ChooseGateway } from './bridge.ts';
import type { MeshLinks } from './mesh-links.ts';
import type { SendErrorCode } from './neighbour.ts';
import type { RouteErrorCode } from './plan.ts';
import type { SessionDropCode } from './session-table-config.ts';
import type { TrafficMeter } from './traffic.ts';

export type SwitchErrorCode = RouteErrorCode | SendErrorCode | ErrorCode;

/** Which of several ways to a member of this mesh is taken. */
export interface ChosenWays {
  /** `primary` is what the policy says. */
  choose(destination: Uint8Array, primary: Route): Route;
  /** Whether what goes another way has not been answered yet. */
  isUnanswered(destination: Uint8Array): boolean;
}

export interface OriginateOptions {
  /**
   * Gets the flow id of a packet that was sent, with the label of its way in it, its packet id, and its way; `null` where
   * that does not end at the destination.
   */
  readonly follow?: (flowId: number, packetId: bigint, route: Route | null) => void;
  readonly trafficClass?: TrafficClass;
  /** The way to take, to the destination. Default: as planned and chosen. */
  readonly over?: Route;
}

export interface PacketSwitchConfig {
  /** PeerId. */
  readonly self: Uint8Array;
  readonly version: ProtocolVersion;
  /** Whether this node's version has GatewayNodes. */
  readonly usesGateways: boolean;
  readonly gateway: boolean;
  /** Whether its links are bridges: packets for this node itself then belong into the mesh beyond. */
  readonly bridging: boolean;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly meter: TrafficMeter;
  readonly routes: RoutePlanner;
  readonly links: Pick<MeshLinks, 'byPort'>;
  /** See `MeshDeps`. */
  readonly chooseGateway?: ChooseGateway;
  readonly ways: ChosenWays;
  /** A packet for this node, by the link of `port`, `null` if by none; a code if it was of no use. */
  deliver(
    header: DecodedPacketHeader,
    body: Uint8Array,
    port: number | null,
  ): DeliverDropCode | null;
  /** A packet of this node that was under way on a link that died had no other way. */
  lost(destination: Uint8Array, code: string): void;
}

export type DeliverDropCode = SessionDropCode | 'MESH_PROTOCOL_UNKNOWN' | 'WIRE_PACKET_TYPE';
