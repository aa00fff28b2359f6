// Several ways to each destination in use, so that the next one is at hand before the first fails. The primary is what the
// policy says; the others share no node with it as far as the mesh allows, and are probed, so that one that is turned to is
// known to work. A way is left on whichever comes first: it is found broken, or what went over it is not acknowledged.

import type { Clock, Timer } from '../../env/clock.ts';
import { Destination } from './destination.ts';
import type { LeaveReason, ReadyWay } from './way.ts';

/** Destinations that ways are kept for; the one used longest ago goes first. */
export const DESTINATIONS_MAX = 256;
/** A destination that got nothing for so long is not active any more. */
export const ACTIVE_MS = 30_000;
/** One that is used for less than this gets no other ways prepared: a question and its answer. */
const ESTABLISHED_MS = 1_000;
/** After the way in use failed, another one has to prove itself for so long: idle links are found dead within this time. */
const TROUBLED_MS = 30_000;
/** A destination of which nothing came back on any way for so long is told of: routing has no answer to it. */
export const SILENCED_MS = 5_000;
/** A way that delivered within so many probe intervals is live. */
const LIVE_PROBES = 3;
/** How often ways are looked after, and for how many destinations they are computed anew each time. */
export const LOOK_MS = 500;
const COMPUTED_PER_LOOK_MAX = 8;

/** `broken`: the detector or link state says so. */
export type LeftReason = LeaveReason | 'broken';

export interface RedundancyConfig<W extends ReadyWay> {
  readonly clock: Clock;
  /** Ways to each destination, the primary included; 1 for none beside it. */
  readonly redundancy: number;
  /** A way of which less than this share arrives is left for another. */
  readonly adaptiveThreshold: number;
  /** A way that is not used is probed so often. */
  readonly probeMs: number;
  /** Grows with each change of what ways there are. */
  version(): number;
  /** Ways besides `primary`, the most different first, at most `count`. */
  waysBeside(destination: Uint8Array, primary: W, count: number): readonly W[];
  /** Whether all of its links are there, and the first one answers. */
  isIntact(way: W): boolean;
  /** Sends something over the way that the destination reports on; its flow id, `null` if nothing was sent. */
  probe(destination: Uint8Array, way: W): number | null;
  /** The way of a destination's last packet was left: what is under way on it is probably lost. */
  left(destination: Uint8Array, reason: LeftReason): void;
  /** Nothing has come back for `SILENCED_MS`, on any way; or something has again, or nobody sends there any more. */
  silenced(destination: Uint8Array, isSilent: boolean): void;
}

export interface RedundancyCounts {
  /** Active destinations with a way. */
  readonly primaryRoutes: number;
  /** Ways that are ready beside those, and how many of them have proved themselves of late. */
  readonly backupRoutes: number;
  readonly liveBackupRoutes: number;
  /** Times that the way in use was left, by why. */
  readonly left: Readonly<Record<LeftReason, number>>;
  /** Packets that went another way than the policy's, since that was left. */
  readonly switchedByAcknowledgement: number;
  readonly probes: number;
}

export class RedundantWays<W extends ReadyWay> {
  readonly #config: RedundancyConfig<W>;
  /** By key of the destination. */
  readonly #destinations = new Map<string, Destination<W>>();
  readonly #left: Record<LeftReason, number> = { silent: 0, lossy: 0, told: 0, broken: 0 };
  #switched = 0;
  /** Times that any way was left. */
  #turn = 0;
  #probes = 0;
  #timer: Timer | null = null;

  constructor(config: RedundancyConfig<W>) {
    this.#config = config;
  }

  get counts(): RedundancyCounts {
    const nowMs = this.#config.clock.now();
    const all = [...this.#destinations.values()];
    const backups = all.map((destination) => destination.backups(nowMs, this.#liveMs));
    return {
      primaryRoutes: all.filter(({ current }) => current !== null).length,
      backupRoutes: backups.reduce((sum, { ready }) => sum + ready, 0),
      liveBackupRoutes: backups.reduce((sum, { live }) => sum + live, 0),
      left: { ...this.#left },
      switchedByAcknowledgement: this.#switched,
      probes: this.#probes,
    };
  }

  /** Whether any destination is active. */
  get isUsed(): boolean {
    return this.#destinations.size > 0;
  }

  /** The way for the next packet: the policy's, unless that was left. */
  choose(key: string, primary: W): W {
    const destination = this.#destinations.get(key);
    if (destination === undefined) return primary;
    destination.primary = primary;
    const nowMs = this.#config.clock.now();
    const port = destination.takeHint(nowMs);
    if (port !== null) this.#answerOver(destination, primary, port, nowMs);
    return this.#wayFor(destination, primary, nowMs);
  }

  /** Whether the way in use took the place of a silent one, and nothing has come back since. */
  isUnanswered(key: string): boolean {
    return this.#destinations.get(key)?.unanswered === true;
  }

  /** A packet of `protocol` that the destination reports on, under `flowId`, left over `way`. */
  sent(key: string, peer: Uint8Array, way: W, flowId: number, protocol: number): void {
    const nowMs = this.#config.clock.now();
    const destination = this.#use(key, peer, nowMs);
    destination.sent(way, flowId, protocol, nowMs);
    destination.primary ??= way;
    const { primary } = destination;
    if (primary.label !== way.label && destination.isLeft(primary)) this.#switched += 1;
  }

  /** What became of packets that were sent under `flowId`. */
  feedback(key: string, flowId: number, delivered: number, lost: number): void {
    const destination = this.#destinations.get(key);
    const label = destination?.labelOf(flowId);
    if (destination === undefined || label === undefined) return;
    const nowMs = this.#config.clock.now();
    const way = destination.knowledge(label);
    way.counted(delivered, lost, nowMs);
    if (delivered > 0) this.#heard(destination);
    if (delivered > 0 && destination.current?.label === label) destination.unanswered = false;
    if (way.left !== null || !way.isPoor(this.#config.adaptiveThreshold, nowMs)) return;
    const share = way.share(nowMs) ?? 0;
    // One that is known to be no better is no way out.
    const isBetter = (other: W): boolean =>
      !destination.isLeft(other) && (destination.knowledge(other.label).share(nowMs) ?? 1) > share;
    this.#leave(destination, label, 'lossy', nowMs, isBetter);
  }

  /**
   * What was sent at `sinceMs` as a packet of `protocol` should have been acknowledged by now. Whether packets go another
   * way since then.
   */
  silent(key: string, protocol: number, sinceMs: number): boolean {
    const destination = this.#destinations.get(key);
    const used = destination?.lastOf(protocol);
    if (destination === undefined || used === undefined) return false;
    if (used.sinceMs > sinceMs) return true;
    return this.#leave(destination, used.label, 'silent', this.#config.clock.now());
  }

  /** The same of what was sent under `flowId`. */
  overdue(key: string, flowId: number): void {
    const destination = this.#destinations.get(key);
    const label = destination?.labelOf(flowId);
    if (destination === undefined || label === undefined) return;
    if (destination.knowledge(label).left !== null) return;
    this.#leave(destination, label, 'silent', this.#config.clock.now());
  }

  /** Probes every way to a destination now. */
  probeAll(key: string): void {
    const destination = this.#destinations.get(key);
    for (const way of destination?.ways ?? []) {
      if (destination !== undefined) this.#probe(destination, way);
    }
  }

  /**
   * The peer has left its way, since nothing came back; a packet of it came by the link of `port` now. What goes back had
   * better leave by that link, too.
   */
  told(key: string, peer: Uint8Array, port: number): void {
    const nowMs = this.#config.clock.now();
    this.#use(key, peer, nowMs).hinted(port, nowMs);
  }

  /** What ways there are may have changed: finds what is broken of those in use. */
  changed(): void {
    for (const destination of this.#destinations.values()) {
      const { current, peer } = destination;
      if (current === null || this.#config.isIntact(current)) continue;
      this.#prepare(destination);
      const { label } = current;
      const isOther = (way: W): boolean => way.label !== label && this.#config.isIntact(way);
      // The only way is used even so: it may come back.
      if (!destination.ways.some(isOther)) continue;
      destination.current = null;
      destination.troubledAtMs = this.#config.clock.now();
      this.#left.broken += 1;
      this.#config.left(peer, 'broken');
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#destinations.clear();
  }

  #isTroubled({ troubledAtMs }: Destination<W>, nowMs: number): boolean {
    return nowMs - troubledAtMs < TROUBLED_MS;
  }

  get #liveMs(): number {
    return LIVE_PROBES * this.#config.probeMs;
  }

  #use(key: string, peer: Uint8Array, nowMs: number): Destination<W> {
    const known = this.#destinations.get(key);
    if (known !== undefined) return known;
    if (this.#destinations.size >= DESTINATIONS_MAX) this.#forgetOne();
    const destination = new Destination<W>(peer, nowMs);
    this.#destinations.set(key, destination);
    this.#timer ??= this.#config.clock.after(LOOK_MS, () => this.#look());
    return destination;
  }

  #forgetOne(): void {
    let oldest: string | null = null;
    let atMs = Infinity;
    for (const [key, { usedAtMs }] of this.#destinations) {
      if (usedAtMs >= atMs) continue;
      atMs = usedAtMs;
      oldest = key;
    }
    if (oldest !== null) this.#forget(oldest);
  }

  #forget(key: string): void {
    const destination = this.#destinations.get(key);
    this.#destinations.delete(key);
    if (destination !== undefined) this.#heard(destination);
  }

  /** Something came back, or is not waited for any more. */
  #heard(destination: Destination<W>): void {
    destination.silentSinceMs = null;
    if (!destination.isSilenced) return;
    destination.isSilenced = false;
    this.#config.silenced(destination.peer, false);
  }

  #probe(destination: Destination<W>, way: W): void {
    const flowId = this.#config.probe(destination.peer, way);
    if (flowId === null) return;
    this.#probes += 1;
    destination.follow(flowId, way);
  }

  /** Computes the ways to a destination if that is due; whether it was. */
  #prepare(destination: Destination<W>): boolean {
    const { redundancy } = this.#config;
    const version = this.#config.version();
    const { primary } = destination;
    if (primary === null || !destination.isStale(version)) return false;
    destination.version = version;
    const beside =
      redundancy > 1 ? this.#config.waysBeside(destination.peer, primary, redundancy - 1) : [];
    destination.ways = [primary, ...beside];
    return true;
  }

  /**
   * After trouble the policy's new answer may lead through what failed by links that nobody has missed yet. Until it has
   * proved itself, the way in use is kept, or one that was live is taken.
   */
  #wayFor(destination: Destination<W>, primary: W, nowMs: number): W {
    const { current, preferred } = destination;
    const isUsable = !destination.isLeft(primary);
    const isTroubled = this.#isTroubled(destination, nowMs);
    if (isUsable && (!isTroubled || current?.label === primary.label)) return primary;
    if (isUsable && destination.isProved(primary)) return primary;
    this.#prepare(destination);
    const others = [...(current === null ? [] : [current]), ...destination.ways].filter(
      (way) => way.label !== primary.label && this.#config.isIntact(way),
    );
    const good = others.filter((way) => !destination.isLeft(way));
    const isLive = ({ label }: W): boolean => destination.isLive(label, nowMs, this.#liveMs);
    const taken =
      good.find((way) => way === current) ??
      good.find(({ label }) => label === preferred) ??
      good.find(isLive) ??
      (isUsable ? primary : good[0]);
    if (taken !== undefined) return taken;
    // All were left: the one that was left first has had the longest time to come back.
    const turnOf = ({ label }: W): number => destination.knowledge(label).left?.turn ?? 0;
    return others.reduce((first, way) => (turnOf(way) < turnOf(first) ? way : first), primary);
  }

  /** Whether there is another way. */
  #leave(
    destination: Destination<W>,
    label: number,
    reason: LeaveReason,
    nowMs: number,
    suits: (way: W) => boolean = () => true,
  ): boolean {
    this.#prepare(destination);
    const others = destination.ways.filter(
      (way) => way.label !== label && suits(way) && this.#config.isIntact(way),
    );
    // Whatever is tried next has failed before, or nothing is.
    const isHopeless = others.every((way) => destination.isBad(way));
    if (reason === 'silent' && isHopeless) {
      destination.silentSinceMs ??= nowMs;
    }
    if (others.length === 0) return false;
    this.#turn += 1;
    destination.knowledge(label).leave(reason, this.#turn, nowMs);
    if (destination.current?.label !== label) return true;
    destination.preferred = null;
    destination.troubledAtMs = nowMs;
    if (reason === 'silent') destination.unanswered = true;
    // From one bad way to another nothing is won by sending all again.
    if (isHopeless) return true;
    this.#left[reason] += 1;
    this.#config.left(destination.peer, reason);
    return true;
  }

  /**
   * The peer's packets come by the link of `port`: what goes back by another one goes there, if there is a way. The word is
   * whatever a relay wrote: it leads nobody to a way that was found bad.
   */
  #answerOver(destination: Destination<W>, primary: W, port: number, nowMs: number): void {
    const present = this.#wayFor(destination, primary, nowMs);
    if (present.ports[0] === port) return;
    this.#prepare(destination);
    const there = destination.ways.find(({ ports }) => ports[0] === port);
    if (there !== undefined && destination.isBad(there)) return;
    this.#leave(destination, present.label, 'told', nowMs);
    destination.preferred = there?.label ?? null;
  }

  #look(): void {
    const { clock, probeMs } = this.#config;
    const nowMs = clock.now();
    this.#timer = null;
    let computed = 0;
    for (const [key, destination] of this.#destinations) {
      if (nowMs - destination.usedAtMs > ACTIVE_MS) {
        this.#forget(key);
        continue;
      }
      // What nothing comes back of is looked after, however briefly it was used.
      if (destination.usedForMs < ESTABLISHED_MS && destination.silentSinceMs === null) continue;
      if (computed < COMPUTED_PER_LOOK_MAX && this.#prepare(destination)) {
        computed += 1;
        // To the end, so that all get their turn.
        this.#destinations.delete(key);
        this.#destinations.set(key, destination);
      }
      const isTroubled = this.#isTroubled(destination, nowMs);
      for (const way of destination.ways) {
        // What is in use proves itself.
        const isLeft = destination.isLeft(way);
        const isSilent = destination.silentSinceMs !== null;
        if (way.label === destination.current?.label && !isLeft && !isSilent) continue;
        const isAwaited = isLeft || isSilent || (isTroubled && !destination.isProved(way));
        if (!destination.knowledge(way.label).takeProbe(probeMs, isAwaited, nowMs)) continue;
        this.#probe(destination, way);
      }
      const { silentSinceMs, isSilenced, peer } = destination;
      if (isSilenced || silentSinceMs === null || nowMs - silentSinceMs < SILENCED_MS) continue;
      destination.isSilenced = true;
      this.#config.silenced(peer, true);
    }
    if (this.#destinations.size > 0) this.#timer = clock.after(LOOK_MS, () => this.#look());
  }
}
