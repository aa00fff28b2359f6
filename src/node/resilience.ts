// A node's resilience, composed: hears of links, members and packets, judges health at intervals, raises alerts and takes
// them to where people look, and tells all of it as statistics, events, metrics and a report.

import type { AlertSink, Severity } from '../env/alert-sink.ts';
import type { Clock, Timer } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Metrics } from '../env/metrics.ts';
import type { Rng } from '../env/rng.ts';
import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import type { BridgeEvent } from '../gateway/gateway.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { MeshLinkEvent } from '../mesh/mesh-view.ts';
import { AlertBook, type AlertChange } from '../resilience/alerts/alert-book.ts';
import { AlertDelivery } from '../resilience/alerts/alert-delivery.ts';
import type { ResilienceConfig } from '../resilience/config.ts';
import type { LocalHealth } from '../resilience/detector/local-health.ts';
import { HealthJudge, type HealthObservation } from '../resilience/health/health-judge.ts';
import {
  CATEGORY_WEIGHTS,
  worseLevel,
  type HealthJudgement,
  type HealthLevel,
} from '../resilience/health/health-score.ts';
import type { Membership } from '../resilience/membership/membership.ts';
import type { ResilienceStatistics } from '../resilience/statistics.ts';
import { absentMembers, type AbsentMember } from './absences.ts';
import { alertConditions } from './alert-conditions.ts';
import type { Trouble } from './casino-client.ts';
import {
  destinationWays,
  observeHealth,
  type Bridges,
  type DestinationWays,
} from './health-observation.ts';
import type { Healing } from './healing.ts';
import type { HealthReport } from './health-report.ts';
import { recoveryEvent, type NodeEvents } from './node-event.ts';
import type { HealthLine } from './report.ts';
import type { PowerReport } from './power.ts';
import { partitionsReport } from './partition-report.ts';
import { recoveryReports } from './recovery-report.ts';
import { resilienceMetrics } from './resilience-metrics.ts';

/** Drops that mean that a packet found no way or no room here; what others sent malformed is none of this node's health. */
const REFUSALS = ['MESH_QUEUE_FULL', 'MESH_NO_ROUTE', 'MESH_LINK_CLOSED'] as const;

/** Ends of links that are none of a failure. */
const IN_ORDER: ReadonlySet<string> = new Set(['MESH_STOPPED', 'MESH_LINK_DUPLICATE']);

export interface NodeResilienceDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly mesh: Mesh;
  readonly membership: Pick<Membership, 'verdict' | 'statistics'>;
  readonly localHealth: Pick<LocalHealth, 'snapshot'>;
  readonly events: NodeEvents;
  /** For people. */
  readonly name: string;
  readonly healing: Healing;
  /** Neighbours that this node was told to keep links to. */
  readonly wantedNeighbours: () => number;
  readonly bridges: () => Bridges;
  /** `null` where its energy is not watched. */
  readonly power: () => PowerReport | null;
  /** Why the casino that this node follows does not answer; `null` while it does, and where it follows none. */
  readonly casinoTrouble: () => Trouble | null;
  /** Where alerts go, those that are at least so severe. */
  readonly alertSinks: readonly AlertSink[];
  readonly severityMin: Severity;
}

export class NodeResilience {
  readonly #config: ResilienceConfig;
  readonly #deps: NodeResilienceDeps;
  readonly #judge: HealthJudge;
  readonly #book: AlertBook;
  readonly #deliveries: readonly AlertDelivery[];
  readonly #suspects = new Set<string>();
  #refused = 0;
  #passedOn = 0;
  #ways: {
    readonly version: number;
    readonly sessions: number;
    readonly found: readonly DestinationWays[];
  };
  #absent: readonly AbsentMember[] = [];
  #observation: HealthObservation;
  #judgement: HealthJudgement;
  #judgedAtMs: number;
  #toldLevel: HealthLevel = 'healthy';
  #timer: Timer;

  constructor(config: ResilienceConfig, deps: NodeResilienceDeps) {
    const { clock, mesh, metrics } = deps;
    this.#config = config;
    this.#deps = deps;
    this.#judge = new HealthJudge(clock);
    this.#book = new AlertBook(clock);
    this.#deliveries = deps.alertSinks.map((sink) => new AlertDelivery(sink, deps));
    this.#ways = { version: -1, sessions: 0, found: [] };
    this.#observation = this.#observe();
    this.#judgement = this.#judge.judge(this.#observation);
    this.#judgedAtMs = clock.now();
    mesh.onLink((event) => this.#heard(event));
    mesh.onFeedback(({ delivered, lost }) => this.#judge.throughput.reported(delivered, lost));
    deps.healing.recoveries.listen((event) => {
      if (event.kind !== 'attempted') deps.events.emit(recoveryEvent(event));
    });
    resilienceMetrics(metrics, () => ({
      statistics: this.statistics(),
      categories: this.#judgement.categories,
      alerts: this.#alertCounts(),
    }));
    this.#timer = this.#later();
  }

  statistics(): ResilienceStatistics {
    const { primaryRoutes, backupRoutes, switchedByDetector, switchedByAcknowledgement } =
      this.#deps.mesh.redundancy();
    return {
      ...this.#deps.membership.statistics(),
      ...this.#deps.localHealth.snapshot(this.#deps.clock.now()),
      ...this.#deps.healing.statistics(),
      primaryRoutes,
      backupRoutes,
      networkHealth: this.#judgement.score,
      switchedByDetector,
      switchedByAcknowledgement,
      alertsRaised: this.#book.raised,
    };
  }

  line(): HealthLine {
    const { score, worst } = this.#judgement;
    return {
      level: this.#level(),
      score,
      worst: worst === null ? null : { name: worst.name, why: worst.why },
      alerts: this.#book.active().length,
    };
  }

  report(): HealthReport {
    const { clock, mesh, name, healing } = this.#deps;
    return {
      ...this.line(),
      ...partitionsReport(healing.partitions.report()),
      recoveries: recoveryReports(healing.recoveries.history, clock.now()),
      name,
      peerId: peerIdText(mesh.self),
      categories: this.#judgement.categories.map((one) => ({
        ...one,
        weight: CATEGORY_WEIGHTS[one.name],
      })),
      judgedMsAgo: clock.now() - this.#judgedAtMs,
      healthCheckMs: this.#config.healthCheckMs,
      absent: this.#absent.map((one) => ({ ...one, peer: peerIdText(one.peer) })),
      power: this.#deps.power(),
      ways: this.#ways.found.map(({ peer, ways }) => ({ destination: peerIdText(peer), ways })),
      statistics: this.statistics(),
      alerts: this.#book.active(),
      alertHistory: this.#book.history(),
      deliveries: this.#deliveries.map((one) => ({ to: one.name, ...one.counts() })),
    };
  }

  /** Of a gateway. */
  heardOfBridge(event: BridgeEvent): void {
    if (event.kind === 'closed') this.#broke(event.code);
    else if (this.#observation.bridges === 0) this.judge();
  }

  /** Judges at once, for who asks: a node that has just been told whom to link to is not well before it does. Events wait. */
  judge(): void {
    this.#observation = this.#observe();
    this.#judgement = this.#judge.judge(this.#observation);
    this.#judgedAtMs = this.#deps.clock.now();
  }

  stop(): void {
    this.#timer.cancel();
    for (const delivery of this.#deliveries) delivery.stop();
  }

  #later(): Timer {
    const everyMs = this.#deps.mesh.stretch * this.#config.healthCheckMs;
    return this.#deps.clock.after(everyMs, () => {
      this.#check();
      this.#timer = this.#later();
    });
  }

  #check(): void {
    this.#countPackets();
    this.judge();
    const changes = this.#book.check(
      alertConditions({
        observation: this.#observation,
        judgement: this.#judgement,
        absent: this.#absent,
        statistics: this.statistics(),
        energy: this.#deps.power()?.energy ?? null,
        casinoTrouble: this.#deps.casinoTrouble(),
        partitions: this.#deps.healing.partitions.report().partitions,
      }),
    );
    for (const change of changes) this.#alert(change);
    this.#tellLevel();
  }

  #observe(): HealthObservation {
    const { mesh, wantedNeighbours, bridges } = this.#deps;
    const members = mesh.members();
    this.#absent = absentMembers(members, this.#deps.membership);
    const { version } = mesh;
    const sessions = mesh.sessions().length;
    if (version !== this.#ways.version || sessions !== this.#ways.sessions) {
      this.#ways = { version, sessions, found: destinationWays(mesh) };
    }
    return observeHealth(mesh, members, {
      wantedNeighbours: wantedNeighbours(),
      bridges: bridges(),
      waysMax: this.#config.redundancy,
      ways: this.#ways.found,
      awayMs: this.#absent.flatMap(({ forMs }) => forMs ?? []),
    });
  }

  #countPackets(): void {
    const { dropped, forwarded } = this.#deps.mesh.counters().total;
    const refused = REFUSALS.reduce((sum, code) => sum + (dropped.get(code) ?? 0), 0);
    this.#judge.throughput.refused(refused - this.#refused);
    this.#judge.throughput.passedOn(forwarded - this.#passedOn);
    this.#refused = refused;
    this.#passedOn = forwarded;
  }

  #heard(event: MeshLinkEvent): void {
    const key = peerIdText(event.peer);
    switch (event.kind) {
      case 'suspect':
        this.#suspects.add(key);
        this.#judge.stability.suspected();
        return;
      case 'recovered':
        this.#suspects.delete(key);
        return;
      case 'closed':
        if (!event.established) return;
        if (this.#suspects.delete(key)) return;
        this.#broke(event.code);
        return;
      case 'established':
        this.#suspects.delete(key);
        if (this.#observation.neighbours === 0) this.judge();
    }
  }

  /** Nobody asked for an end that has an error's code. */
  #broke(code: string | null): void {
    if (code !== null && !IN_ORDER.has(code)) this.#judge.stability.flapped();
  }

  #alert(change: AlertChange): void {
    const { events, logger, mesh, name } = this.#deps;
    const { kind, alert } = change;
    const { key, severity, why } = alert;
    logger[kind === 'raised' ? 'warn' : 'info'](`alert-${kind}`, { alert: key, severity, why });
    events.emit({ kind: `alert-${kind}`, ...alert });
    const node = peerIdText(mesh.self);
    const what = kind === 'raised' ? `${severity}: ${why}. ${alert.cure}` : `over: ${why}`;
    const text = `BitCraps node ${name === '' ? peerIdShort(mesh.self) : name}: ${what}`;
    for (const delivery of this.#deliveries) {
      delivery.push({ ...change, text, node, name });
    }
  }

  /** The score speaks of now, alerts of what has lasted: the worse of the two is the level. */
  #level(): HealthLevel {
    const { critical, warning } = this.#alertCounts();
    const byAlerts = critical > 0 ? 'critical' : warning > 0 ? 'degraded' : 'healthy';
    return worseLevel(this.#judgement.level, byAlerts);
  }

  #tellLevel(): void {
    const level = this.#level();
    if (level === this.#toldLevel) return;
    this.#toldLevel = level;
    const { score, worst } = this.#judgement;
    this.#deps.events.emit({
      kind: 'health',
      level,
      score,
      category: worst?.name ?? null,
      why: worst?.why ?? '',
    });
  }

  #alertCounts(): { readonly warning: number; readonly critical: number } {
    const alerts = this.#book.active();
    const critical = alerts.filter(({ severity }) => severity === 'critical').length;
    return { critical, warning: alerts.length - critical };
  }
}
