// A node's choice of gateways, put together: sources, probes and real traffic tell what gateways there are and how they do;
// out of it comes, for each destination in another mesh, the gateway that its packets take, and for people, why.

import { bytesEqual } from '../../core/bytes.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Metrics } from '../../env/metrics.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Rng } from '../../env/rng.ts';
import type { FlowFeedback, Mesh, MeshMessage } from '../../mesh/mesh.ts';
import { byteKey } from '../../routing/byte-key.ts';
import { DeliveryWatch } from './delivery-watch.ts';
import { GatewayProber } from './gateway-prober.ts';
import type { GatewaySource } from './gateway-source.ts';
import { GatewayView, type KnownGateway } from './gateway-view.ts';
import { createHysteresis } from './hysteresis.ts';
import type { OfferDesk } from './offer-desk.ts';
import { placesOf } from './places.ts';
import {
  decodeProbeMessage,
  encodeProbe,
  GATEWAY_PROBE_PROTOCOL,
  PROBED_DESTINATIONS_MAX,
  type GatewayProbeAnswer,
} from './probe-message.ts';
import { assess, isUnmeasured, settleOn, type Assessed } from './select-best.ts';
import { DEFAULT_CRITERIA, type SelectionCriteria } from './selection-criteria.ts';
import { selectionMetrics, type SelectionCounts } from './selection-metrics.ts';
import { StickyPlacements, type Place } from './sticky-placements.ts';

/** Sources are asked and scores computed so often, and where a way changed. */
const LOOK_MS = 1_000;
/** Nothing older is decided by. */
const STALE_MS = 250;
/** A node that sent nothing to another mesh for so long, and was not asked, lets gateways be. */
const IDLE_MS = 60_000;
/** What must be better by so much for so long is worth a change. */
const SWITCH = { margin: 0.1, holdMs: 5_000 };
/** A notice with one of these says that a gateway may not reach the destination. */
const UNKNOWN_THERE: ReadonlySet<string> = new Set(['GATEWAY_PEER_UNKNOWN', 'MESH_NO_BRIDGE']);

export interface GatewaySelectionDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly mesh: Pick<
    Mesh,
    | 'self'
    | 'stretch'
    | 'send'
    | 'sessions'
    | 'handle'
    | 'onFeedback'
    | 'onUnreachable'
    | 'gateways'
    | 'version'
  >;
  readonly sources: readonly GatewaySource[];
  /** What this node answers to probes; `null` where it is no gateway. */
  readonly desk: OfferDesk | null;
  /** See `GatewayView`. */
  priceOf(gateway: Uint8Array): bigint | null;
  /** The gateways of this mesh whose price matters from now on, the nearest first; none while nothing is sent. */
  watchPrices?(gateways: readonly Uint8Array[]): void;
}

/** The outcome of a selection with its reasons. */
export interface Selection extends Assessed {
  readonly criteria: SelectionCriteria;
  /** PeerId; `null` where there is none. */
  readonly chosen: Uint8Array | null;
  /** How often the choice changed, and destinations moved, since the start. */
  readonly switches: number;
  readonly moves: number;
  /** Destinations at each gateway, by `byteKey`. */
  readonly destinations: ReadonlyMap<string, number>;
}

interface Evaluation {
  readonly atMs: number;
  readonly meshVersion: number;
  readonly assessed: Assessed;
  readonly chosen: string | null;
  readonly places: readonly Place[];
  readonly peers: ReadonlyMap<string, Uint8Array>;
  readonly provisional: boolean;
}

export class GatewaySelection {
  readonly #deps: GatewaySelectionDeps;
  readonly #view: GatewayView;
  readonly #prober: GatewayProber;
  readonly #placements: StickyPlacements;
  readonly #watch = new DeliveryWatch();
  readonly #hysteresis = createHysteresis(SWITCH);
  /** What each probe under way asked about, by gateway. */
  readonly #questions = new Map<string, readonly Uint8Array[]>();
  #criteria: SelectionCriteria;
  #evaluation: Evaluation | null = null;
  /** As of the last evaluation. */
  #assessed: Assessed | null = null;
  #usedAtMs = -Infinity;
  #stopped = false;
  /** While somebody wants to know. */
  #timer: Timer | null = null;

  constructor(criteria: Partial<SelectionCriteria>, deps: GatewaySelectionDeps) {
    const { clock, rng, mesh } = deps;
    this.#deps = deps;
    this.#criteria = { ...DEFAULT_CRITERIA, ...criteria };
    this.#view = new GatewayView(deps);
    this.#placements = new StickyPlacements(mesh.self, rng);
    this.#prober = new GatewayProber({
      clock,
      rng,
      send: (gateway, id) => this.#ask(gateway, id),
      timeoutMs: (key, minMs, maxMs) => this.#view.timeoutMs(key, minMs, maxMs),
      stretch: () => mesh.stretch,
      unanswered: (key) => {
        this.#view.unanswered(key);
        this.#evaluation = null;
      },
    });
    mesh.handle(GATEWAY_PROBE_PROTOCOL, (message) => this.#receive(message));
    mesh.onFeedback((feedback) => this.#heard(feedback));
    mesh.onUnreachable((destination, code) => this.#unreachable(destination, code));
    selectionMetrics(deps.metrics, () => this.#counts());
  }

  get criteria(): SelectionCriteria {
    return this.#criteria;
  }

  /** What packets are sent by from now on. */
  set criteria(criteria: SelectionCriteria) {
    this.#criteria = criteria;
    this.#evaluation = null;
  }

  /** Probes that went out. */
  get probes(): number {
    return this.#prober.sent;
  }

  /** Every gateway that is known, with what it claims and what was measured. */
  discover(): readonly KnownGateway[] {
    this.#use();
    this.#view.refresh();
    return this.#view.known();
  }

  /**
   * The best gateway of this mesh, and why not the others. With criteria of its own it answers what they would choose, and
   * changes nothing.
   */
  selectBest(criteria?: Partial<SelectionCriteria>): Selection {
    this.#use();
    const { clock, rng } = this.#deps;
    const rest = {
      switches: this.#hysteresis.switches,
      moves: this.#placements.moves,
      destinations: this.#placements.counts(),
    };
    if (criteria === undefined) {
      const { assessed, chosen, peers } = this.#evaluate();
      const peer = chosen === null ? null : (peers.get(chosen) ?? null);
      return { ...assessed, ...rest, criteria: this.#criteria, chosen: peer };
    }
    const asked = { ...this.#criteria, ...criteria };
    const { current } = this.#hysteresis;
    const assessed = assess(this.#view.candidates(), asked, current);
    const held = assessed.assessments.find(({ key, near }) => near && key === current);
    const key = held?.key ?? settleOn(assessed, createHysteresis(SWITCH), rng, clock.now());
    const chosen = assessed.assessments.find((one) => one.key === key)?.candidate.gateway ?? null;
    return { ...assessed, ...rest, criteria: asked, chosen };
  }

  /** See `ChooseGateway` of the mesh. All packets for one destination take one gateway, so that they keep their order. */
  choose(destination: Uint8Array, except: Uint8Array | null): Uint8Array | null {
    // A packet of somebody else that its own gateway could not carry.
    if (except !== null) return this.#nearestBut(except);
    this.#use();
    const nowMs = this.#deps.clock.now();
    const { places, peers, provisional } = this.#evaluate();
    const id = byteKey(destination);
    const key = this.#placements.choose(id, destination, places, provisional, nowMs);
    return key === null ? null : (peers.get(key) ?? null);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#stopped = true;
    this.#prober.stop();
  }

  #nearestBut(except: Uint8Array): Uint8Array | null {
    const { mesh } = this.#deps;
    return mesh.gateways().find(({ peer }) => !bytesEqual(peer, except))?.peer ?? null;
  }

  /** Looks at what is there and wakes nobody. */
  #counts(): SelectionCounts {
    const gateways = { fit: 0, unfit: 0, last: 0, never: 0 };
    for (const { tier } of this.#assessed?.assessments ?? []) gateways[tier] += 1;
    return {
      probes: this.#prober.sent,
      switches: this.#hysteresis.switches,
      moves: this.#placements.moves,
      ejections: this.#view.ejections,
      contradictions: this.#view.contradictions,
      gateways,
    };
  }

  /** Somebody wants to know: gateways are asked from now on. */
  #use(): void {
    this.#usedAtMs = this.#deps.clock.now();
    if (this.#timer === null && !this.#stopped) this.#look();
  }

  #look(): void {
    const { clock, mesh } = this.#deps;
    const isIdle = clock.now() - this.#usedAtMs >= IDLE_MS;
    this.#timer = isIdle ? null : clock.after(LOOK_MS, () => this.#look());
    this.#evaluation = null;
    this.#evaluate();
    this.#prober.active = !isIdle;
    this.#prober.aim(this.#view.known().map(({ found }) => found.gateway));
    this.#deps.watchPrices?.(isIdle ? [] : mesh.gateways().map(({ peer }) => peer));
  }

  #evaluate(): Evaluation {
    const { clock, rng, mesh } = this.#deps;
    const nowMs = clock.now();
    const known = this.#evaluation;
    if (known !== null && known.meshVersion === mesh.version && nowMs - known.atMs < STALE_MS) {
      return known;
    }
    this.#view.refresh();
    const assessed = assess(this.#view.candidates(), this.#criteria, this.#hysteresis.current);
    const chosen = settleOn(assessed, this.#hysteresis, rng, nowMs);
    const { assessments } = assessed;
    const near = assessments.filter((one) => one.near);
    const evaluation = {
      atMs: nowMs,
      meshVersion: mesh.version,
      assessed,
      chosen,
      places: placesOf(assessed, SWITCH.margin),
      peers: new Map(assessments.map(({ key, candidate }) => [key, candidate.gateway])),
      provisional: near.every(isUnmeasured),
    };
    this.#evaluation = evaluation;
    this.#assessed = assessed;
    return evaluation;
  }

  #ask(gateway: Uint8Array, id: number): boolean {
    const destinations = this.#placements.recent(PROBED_DESTINATIONS_MAX);
    const payload = encodeProbe({ id, destinations });
    const sent = this.#deps.mesh.send(gateway, GATEWAY_PROBE_PROTOCOL, payload);
    if (sent.ok) this.#questions.set(byteKey(gateway), destinations);
    return sent.ok;
  }

  #receive({ source, payload }: MeshMessage): void {
    const message = decodeProbeMessage(payload);
    if (message === null) return;
    if (message.kind === 'answer') {
      this.#answered(source, message);
      return;
    }
    const answer = this.#deps.desk?.answer(message) ?? null;
    // Who is not answered asks again.
    if (answer !== null) void this.#deps.mesh.send(source, GATEWAY_PROBE_PROTOCOL, answer);
  }

  #answered(gateway: Uint8Array, { id, offer, reached }: GatewayProbeAnswer): void {
    const key = byteKey(gateway);
    const took = this.#prober.answer(key, id);
    if (took === null) return;
    this.#view.answered(key, took.roundTripMs, offer);
    const nowMs = this.#deps.clock.now();
    const destinations = this.#questions.get(key) ?? [];
    this.#questions.delete(key);
    for (const [i, destination] of destinations.entries()) {
      const of = byteKey(destination);
      if (reached[i] === true) this.#placements.clear(of, key, 'unknown');
      else this.#placements.avoid(of, key, 'unknown', nowMs);
    }
  }

  #heard({ destination, ...traffic }: FlowFeedback): void {
    const id = byteKey(destination);
    const at = this.#placements.at(id);
    if (at === null) return;
    const nowMs = this.#deps.clock.now();
    const { counts, verdict } = this.#watch.heard(id, at, traffic, nowMs);
    if (counts) this.#view.carried(at.key, traffic);
    if (verdict.kind === 'try-another') this.#placements.avoid(id, at.key, 'swallowed', nowMs);
    if (verdict.kind !== 'swallows') return;
    this.#view.convict(verdict.key);
    this.#evaluation = null;
  }

  #hasSession(peer: Uint8Array): boolean {
    return this.#deps.mesh
      .sessions()
      .some((session) => session.state === 'open' && bytesEqual(session.peer, peer));
  }

  #unreachable(destination: Uint8Array, code: string): void {
    const id = byteKey(destination);
    const at = this.#placements.at(id);
    if (at === null) return;
    // Anybody may have written the notice: the gateway itself is asked.
    if (UNKNOWN_THERE.has(code)) this.#prober.soon(at.key);
    if (code !== 'MESH_SESSION_TIMEOUT' || this.#hasSession(destination)) return;
    // No handshake came through.
    this.#placements.avoid(id, at.key, 'swallowed', this.#deps.clock.now());
  }
}
