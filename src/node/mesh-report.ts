// What a node knows of its mesh and its bridges, as reports.

import { peerIdText } from '../core/peer-id.ts';
import type { Clock } from '../env/clock.ts';
import type { Member, NeighbourInfo, RouteInfo } from '../mesh/mesh-view.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import { formatVersion } from '../versioning/protocol-version.ts';
import { casinoReport } from './casino-report.ts';
import type { CasinoNode } from './node.ts';
import type {
  BridgeTrafficReport,
  Listening,
  PeerReport,
  RouteReport,
  SessionReport,
  StatusReport,
  TrafficReport,
} from './report.ts';

export function statusReport(node: CasinoNode, clock: Clock, listening: Listening): StatusReport {
  const { config, mesh } = node;
  const members = mesh.members();
  return {
    name: config.name,
    peerId: peerIdText(mesh.self),
    networkId: config.networkId,
    mesh: config.meshName,
    version: formatVersion(config.version),
    uptimeMs: Math.round(clock.now() - node.startedAt),
    listen: listening.listen,
    gatewayListen: listening.gatewayListen,
    alsoListen: listening.alsoListen,
    neighbours: mesh.neighbours().length,
    members: {
      known: members.length,
      reachable: members.filter(({ reachable }) => reachable).length,
    },
    traffic: trafficReport(node),
    bridge: bridgeTraffic(node),
    accounting: node.gateway?.accounting() ?? null,
    payer: { ...node.payer.totals },
    bandwidth: node.gateway?.shaper.usage() ?? null,
    admission: node.gate?.report() ?? null,
    health: node.resilience.line(),
    casino: casinoReport(node),
  };
}

function trafficReport({ mesh }: CasinoNode): TrafficReport {
  const { packetsIn, packetsOut, bytesIn, bytesOut, forwarded, delivered, dropped } =
    mesh.counters().total;
  return {
    packetsIn,
    packetsOut,
    bytesIn,
    bytesOut,
    forwarded,
    delivered,
    dropped: Object.fromEntries(dropped),
  };
}

function bridgeTraffic({ gateway }: CasinoNode): BridgeTrafficReport | null {
  if (gateway === null) return null;
  const crossings = gateway.crossings();
  const crossMeshMessages = crossings.packetsOut + crossings.packetsIn;
  return { ...crossings, crossMeshMessages, dropped: gateway.drops() };
}

export function peerReports({ mesh, gateway }: CasinoNode): readonly PeerReport[] {
  const counters = new Map(
    mesh.counters().neighbours.map(({ peer, traffic }) => [peerIdText(peer), traffic]),
  );
  const neighbours = mesh.neighbours().map((info) => {
    const traffic = counters.get(peerIdText(info.peer));
    return neighbourReport(info, traffic?.packetsIn ?? 0, traffic?.packetsOut ?? 0);
  });
  const bridges = (gateway?.bridges() ?? []).map((bridge) => ({
    peer: peerIdText(bridge.gateway),
    purpose: 'bridge' as const,
    address: bridge.address,
    transport: bridge.transport,
    ...agreed(bridge.negotiation),
    version: formatVersion(bridge.remoteVersion),
    roundTripMs: bridge.roundTripMs,
    packetsIn: bridge.crossings.packetsIn,
    packetsOut: bridge.crossings.packetsOut,
  }));
  return [...neighbours, ...bridges];
}

function neighbourReport(info: NeighbourInfo, packetsIn: number, packetsOut: number): PeerReport {
  const { peer, address, transport, negotiation, remote, roundTripMs } = info;
  return {
    peer: peerIdText(peer),
    purpose: 'mesh',
    address,
    transport,
    ...agreed(negotiation),
    version: formatVersion(remote.version),
    roundTripMs,
    packetsIn,
    packetsOut,
  };
}

function agreed(
  negotiation: Negotiation | null,
): Pick<PeerReport, 'mode' | 'features' | 'missing'> {
  return {
    mode: negotiation?.mode ?? null,
    features: negotiation?.features ?? [],
    missing: negotiation?.missing.map(({ feature }) => feature) ?? [],
  };
}

/** Routes to every member of the mesh, or the one to `destination`, which may be in another mesh. */
export function routeReports(
  node: CasinoNode,
  destination: Uint8Array | null,
): { readonly routes: readonly RouteReport[]; readonly sessions: readonly SessionReport[] } {
  const { mesh } = node;
  const targets = destination === null ? mesh.members() : [memberOf(mesh.members(), destination)];
  const others = targets.filter(({ peer }) => peerIdText(peer) !== peerIdText(mesh.self));
  const far = destination === null ? farPeers(node) : [];
  return {
    routes: [...others, ...far].map((target) => routeReport(target, mesh.route(target.peer))),
    sessions: mesh.sessions().map((session) => ({
      peer: peerIdText(session.peer),
      state: session.state,
      mode: session.negotiation?.mode ?? null,
      features: session.negotiation?.features ?? [],
      sent: String(session.sent),
      received: String(session.received),
    })),
  };
}

/** Peers of other meshes that this node talks to. */
function farPeers({ mesh }: CasinoNode): readonly Target[] {
  const near = new Set(mesh.members().map(({ peer }) => peerIdText(peer)));
  return mesh
    .sessions()
    .filter(({ peer }) => !near.has(peerIdText(peer)))
    .map(({ peer }) => ({ peer, gateway: false, seenMsAgo: null }));
}

/** What is told of a destination beside its route. */
type Target = Pick<Member, 'peer' | 'gateway' | 'seenMsAgo'>;

function memberOf(members: readonly Member[], peer: Uint8Array): Target {
  const text = peerIdText(peer);
  const member = members.find((one) => peerIdText(one.peer) === text);
  return member ?? { peer, gateway: false, seenMsAgo: null };
}

function routeReport({ peer, gateway, seenMsAgo }: Target, route: RouteInfo | null): RouteReport {
  return {
    destination: peerIdText(peer),
    gateway,
    via: route?.via ?? null,
    cost: route?.weight ?? null,
    hops: route?.hops.map((hop) => peerIdText(hop.peer)) ?? [],
    seenMsAgo,
  };
}
