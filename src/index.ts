// The whole public API. Everything else is private to the package.

export { BitcrapsError, ERRORS, errorText, type ErrorCode, type Result } from './core/errors.ts';
export { formatAmount, parseAmount, UNITS_PER_CRAP } from './core/amount.ts';
export { parsePeerId, peerIdText } from './core/peer-id.ts';

export type { Clock, Timer } from './env/clock.ts';
export type { Compressor } from './env/compressor.ts';
export type { Dialer, Link, LinkHandlers, Listen, Listener } from './env/link.ts';
export type { Logger } from './env/logger.ts';
export type { Metrics } from './env/metrics.ts';
export type { Primitives } from './env/primitives.ts';
export type { Rng } from './env/rng.ts';
export type { Store } from './env/store.ts';

export { identityFromSeed, type Identity } from './crypto/signing.ts';
export { vrfKeypair, vrfProve, vrfVerify, type VrfKeypair } from './crypto/ecvrf.ts';

export {
  CURRENT,
  compareVersions,
  formatVersion,
  parseVersion,
  type ProtocolVersion,
} from './versioning/protocol-version.ts';
export { FEATURES, type FeatureName } from './versioning/features.ts';
export { isActive, negotiate, type Mode, type Negotiation } from './versioning/negotiate.ts';
export { tableOffer, type VersionOffer } from './versioning/offer.ts';

export {
  createMesh,
  PAYLOAD_BYTES_MAX,
  type Mesh,
  type MeshConfig,
  type MeshDeps,
} from './mesh/mesh.ts';
export { packGraph, type ArcList } from './routing/graph/csr.ts';
export { disjointPaths, type DisjointPaths } from './routing/graph/disjoint-paths.ts';
export {
  arcTo,
  nodePath,
  UNREACHABLE,
  type Graph,
  type ShortestPaths,
} from './routing/graph/graph.ts';
export { LinkGraph, type LinkGraphLimits, type ReportedLink } from './routing/graph/link-graph.ts';
export {
  loopFreeAlternates,
  type LoopFreeAlternate,
} from './routing/graph/loop-free-alternates.ts';
export { maxDisjoint, type MaxDisjoint } from './routing/graph/max-disjoint.ts';
export { decodeMetrics, encodeMetrics, type LinkMetrics } from './routing/graph/metric-code.ts';
export { repairPaths } from './routing/graph/repair.ts';
export { shortestPaths } from './routing/graph/shortest-paths.ts';
export { explain, type RouteExplanation } from './routing/explain.ts';
export { explanationLines } from './routing/explanation-text.ts';
export { predictPosition } from './routing/mobility.ts';
export type { Location, Mobility, NodeAttributes } from './routing/node-attributes.ts';
export { createPolicy, DEFAULT_CRITERIA, POLICY_NAMES } from './routing/policies/policies.ts';
export type {
  PathChoice,
  PathFeedback,
  PolicyName,
  RouteCriteria,
  RoutePolicy,
  RoutingView,
} from './routing/policies/route-policy.ts';

export { createGateway, type Gateway } from './gateway/gateway.ts';
export { PREFERENCES, type Preference } from './gateway/selection/gateway-score.ts';
export type { GatewaySelection, Selection } from './gateway/selection/gateway-selection.ts';
export type { KnownGateway } from './gateway/selection/gateway-view.ts';
export { DEFAULT_CRITERIA as DEFAULT_GATEWAY_CRITERIA } from './gateway/selection/selection-criteria.ts';
export type { SelectionCriteria } from './gateway/selection/selection-criteria.ts';
export type { BandwidthUsage } from './gateway/shaping/bandwidth-usage.ts';
export { DEFAULT_LIMITS as DEFAULT_SHAPING_LIMITS } from './gateway/shaping/limits.ts';
export type { ShapingLimits } from './gateway/shaping/limits.ts';
export { createShaper, type Shaper } from './gateway/shaping/shaper.ts';
export { TrafficClass } from './wire/traffic-class.ts';
export { LocalHealth, type LocalHealthSnapshot } from './resilience/detector/local-health.ts';
export {
  PhiDetectors,
  type PhiDetector,
  type PhiEstimate,
  type PhiTimings,
} from './resilience/detector/phi-accrual.ts';
export { deviationsAt, phiOf } from './resilience/detector/phi.ts';
export {
  findCutPoints,
  type CutPoints,
  type LinkRows,
} from './resilience/partitions/cut-points.ts';
export { quorumView, type QuorumView } from './resilience/partitions/quorum-view.ts';
export { watchMembers } from './mesh/membership.ts';
export type { Membership } from './resilience/membership/membership.ts';
export type { MembershipEvent, Verdict } from './resilience/membership/verdict.ts';
export { presets, type FailureTimings } from './resilience/presets.ts';

export { BETS, type BetTable } from './craps/bets.ts';
export type { BetDefinition } from './craps/definition.ts';
export type { Dice } from './craps/dice.ts';
export { exactOdds, type ExactOdds } from './craps/edge.ts';
export { formatFraction, type Fraction } from './craps/fraction.ts';
export { placeBet, settle, takeDown, type LiveBet, type Settlement } from './craps/settle.ts';
export { advance, newTable, type TableState } from './craps/table.ts';

export { createReplica, type Replica } from './casino/replica.ts';
export type { TranscriptReport } from './casino/transcript-report.ts';
export {
  verifyTranscript,
  type SeenBlock,
  type VerifyOptions,
} from './casino/verify-transcript.ts';

export { createNode, type CasinoNode, type NodeConfig, type NodeDeps } from './node/node.ts';

export { primitives } from './platform/node/primitives.ts';
export { createTls } from './platform/links/tls.ts';
export { openSqliteStore } from './platform/node/sqlite-store.ts';
export { systemClock } from './platform/node/clock.ts';
export { systemRng } from './platform/node/rng.ts';
export { zstd } from './platform/node/zstd.ts';

export { createSimNetwork, type SimNetwork } from './sim/network.ts';
export { createWorld, type World } from './sim/world.ts';
