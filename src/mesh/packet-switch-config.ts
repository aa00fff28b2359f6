// What a packet switch is given, and what it answers.

import type { ErrorCode } from '../core/errors.ts';
import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Rng } from '../env/rng.ts';
import type { RoutePlanner } from '../routing/route-planner.ts';
import type { ProtocolVersion } from '../versioning/protocol-version.ts';
import type { DecodedPacketHeader } from '../wire/packet.ts';
import type { ChooseGateway } from './bridge.ts';
import type { MeshLinks } from './mesh-links.ts';
import type { SendErrorCode } from './neighbour.ts';
import type { RouteErrorCode } from './plan.ts';
import type { SessionDropCode } from './session-table.ts';
import type { TrafficMeter } from './traffic.ts';

export type SwitchErrorCode = RouteErrorCode | SendErrorCode | ErrorCode;

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
  /** A packet for this node; a code if it was of no use. */
  deliver(header: DecodedPacketHeader, body: Uint8Array): DeliverDropCode | null;
  /** A packet of this node that was under way on a link that died had no other way. */
  lost(destination: Uint8Array, code: string): void;
}

export type DeliverDropCode = SessionDropCode | 'MESH_PROTOCOL_UNKNOWN' | 'WIRE_PACKET_TYPE';
