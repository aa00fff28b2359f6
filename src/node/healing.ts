// What a node does about links that end and partitions that begin, without being asked: recoveries, whose attempts dial where
// lost peers were linked, look whether another way has come up, and search for a bridge to the other side.

import { bytesEqual } from '../core/bytes.ts';
import { parsePeerId, peerIdText } from '../core/peer-id.ts';
import type { Clock } from '../env/clock.ts';
import type { FoundNode } from '../env/discovery.ts';
import type { Dialer } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Rng } from '../env/rng.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { MeshLinkEvent } from '../mesh/mesh-view.ts';
import { PartitionWatch } from '../mesh/partition-watch.ts';
import type { ResilienceConfig } from '../resilience/config.ts';
import type { AddressBook } from '../resilience/partitions/address-book.ts';
import type { MemberFate } from '../resilience/partitions/lost-groups.ts';
import type { Partition, PartitionEvent } from '../resilience/partitions/partition-tracker.ts';
import type { Failure } from '../resilience/recovery/plans.ts';
import type { AttemptSignal } from '../resilience/recovery/attempt-signal.ts';
import { Recoveries } from '../resilience/recovery/recovery.ts';
import type { RetryBudget } from '../resilience/recovery/retry-budget.ts';
import type { ResilienceStatistics } from '../resilience/statistics.ts';
import { BridgeFinder } from './bridge-finder.ts';
import type { DialTarget } from './dialing.ts';

/** A neighbour that is away for so long is dialled no more on its own account; configured ones are, as long as it takes. */
const LINK_SOUGHT_MS_MAX: number = 10 * 60_000;

/** A quiet report and a slow round trip. */
const ANSWERED_WITHIN_MS = 2_000;
/** From a link to a lost member to the end of the partition: records of all who are behind it, and a look at them. */
const HEALED_WITHIN_MS = 5_000;

export interface HealingDeps {
  readonly mesh: Mesh;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly book: AddressBook;
  /** What all that is dialled again is paid out of. */
  readonly budget: RetryBudget;
  /** Neighbours that are dialled all the time anyway. */
  readonly targets: () => readonly DialTarget[];
  /** Those who announce themselves nearby. */
  readonly nearby: () => readonly FoundNode[];
  /** Whether the dialler looks peers up by their keys. */
  readonly hasTable: boolean;
  /** See `PartitionWatchDeps`. */
  readonly fateOf?: (peer: Uint8Array) => MemberFate;
}

export type HealingStatistics = Pick<
  ResilienceStatistics,
  | 'activePartitions'
  | 'partitions'
  | 'partitionsHealed'
  | 'bridgeLinks'
  | 'cutMembers'
  | 'activeRecoveries'
  | 'restingRecoveries'
  | 'recoveriesSucceeded'
  | 'recoveriesFailed'
  | 'recoveriesRefused'
  | 'recoveryAttempts'
  | 'recoveryAttemptsRefused'
  | 'retryBudget'
>;

export class Healing {
  readonly partitions: PartitionWatch;
  readonly recoveries: Recoveries;
  readonly #config: ResilienceConfig;
  readonly #deps: HealingDeps;
  readonly #finder: BridgeFinder;

  constructor(config: ResilienceConfig, deps: HealingDeps) {
    const { clock, mesh } = deps;
    this.#config = config;
    this.#deps = deps;
    this.partitions = new PartitionWatch(deps);
    this.#finder = new BridgeFinder({
      ...deps,
      knowledge: {
        lost: () => this.#lasting().flatMap(({ members }) => members),
        nearby: deps.nearby,
        byKey: (peer) => (deps.hasTable ? `dht:${peerIdText(peer)}` : null),
        unnamed: () =>
          deps.targets().flatMap(({ peer, address }) => (peer === null ? address : [])),
      },
    });
    this.recoveries = new Recoveries({
      ...config,
      clock,
      rng: deps.rng,
      budget: deps.budget,
      actions: {
        reconnect: (failure, signal) => this.#reconnect(failure, signal),
        'alternative-route': (failure, signal) => this.#otherWay(failure, signal),
        'bridge-node': (failure, signal) => this.#bridge(failure, signal),
      },
    });
    mesh.onLink((event) => this.#heard(event));
    mesh.onSilence((peer, isSilent) => this.#silenced(peerIdText(peer), isSilent));
    this.partitions.onEvent((event) => this.#changed(event));
  }

  statistics(): HealingStatistics {
    const { active, began, healed, bridgeLinks, cutMembers } = this.partitions.report();
    const { counts } = this.recoveries;
    const { budget } = this.#deps;
    return {
      activePartitions: active,
      partitions: began,
      partitionsHealed: healed,
      bridgeLinks,
      cutMembers,
      activeRecoveries: counts.active,
      restingRecoveries: counts.resting,
      recoveriesSucceeded: counts.succeeded,
      recoveriesFailed: counts.failed,
      recoveriesRefused: counts.refused,
      recoveryAttempts: counts.attempts,
      recoveryAttemptsRefused: budget.refused,
      retryBudget: budget.left,
    };
  }

  /** Somebody new is near, who may be of a lost side: what rests tries again. What is under way goes on and finds it, too. */
  foundNearby(peer: Uint8Array): void {
    const lasting = this.#lasting();
    const isLost = lasting.some(({ members }) => members.some((one) => bytesEqual(one, peer)));
    const isKnown = this.#deps.book.addressesOf(peer).length > 0;
    if (!isLost && !isKnown && !this.#isWide()) return;
    for (const partition of lasting) this.recoveries.wake(failureOf(partition));
  }

  stop(): void {
    this.partitions.stop();
    this.recoveries.stop();
  }

  #lasting(): readonly Partition[] {
    return this.partitions.report().partitions.filter(({ endedAtMs }) => endedAtMs === null);
  }

  #isWide(): boolean {
    const { partitionHealMs } = this.#config;
    return this.#lasting().some(({ lastedMs }) => lastedMs >= partitionHealMs);
  }

  async #reconnect(failure: Failure, signal: AttemptSignal): Promise<boolean> {
    if (failure.kind === 'partition') return this.#reconnectMissing(failure, signal);
    const peer = parsePeerId(failure.subject);
    if (!peer.ok) return false;
    return this.#finder.reconnect([peer.value], signal);
  }

  /** Of the links whose loss proves a partition, those that were this node's. */
  async #reconnectMissing(failure: Failure, signal: AttemptSignal): Promise<boolean> {
    const partition = this.#lasting().find((one) => failureOf(one).subject === failure.subject);
    const own = partition?.missing.filter(({ near }) => bytesEqual(near, this.#deps.mesh.self));
    const far = own?.map((one) => one.far) ?? [];
    return this.#healed(await this.#finder.reconnect(far, signal), signal);
  }

  /** Whether the partition ends now that a lost member is linked: one who came over alone does not bring the others. */
  #healed(isLinked: boolean, signal: AttemptSignal): Promise<boolean> {
    if (!isLinked) return Promise.resolve(false);
    // Its end ends the recovery.
    signal.acted();
    return this.#inVain(HEALED_WITHIN_MS, signal);
  }

  /** Whether links lead there; where they do and nothing comes back, whether anything does on any way that is known. */
  #otherWay({ kind, subject }: Failure, signal: AttemptSignal): Promise<boolean> {
    const { mesh } = this.#deps;
    const peer = parsePeerId(subject);
    if (!peer.ok) return Promise.resolve(false);
    if (kind !== 'way') return Promise.resolve(mesh.reach(peer.value) === 'good');
    mesh.probeWays(peer.value);
    // An answer ends the recovery.
    signal.acted();
    return this.#inVain(ANSWERED_WITHIN_MS, signal);
  }

  /** Not before what an attempt did may have ended the failure, and the recovery with it. */
  #inVain(afterMs: number, signal: AttemptSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.after(afterMs, () => resolve(false));
      signal.onCancel(() => {
        timer.cancel();
        resolve(false);
      });
    });
  }

  /** Somebody who is linked to the other side; to who does not answer, a link of this node's own. */
  async #bridge(failure: Failure, signal: AttemptSignal): Promise<boolean> {
    const { kind, subject } = failure;
    if (kind !== 'way') {
      const isLinked = await this.#finder.bridge(this.#isWide(), signal);
      return kind === 'partition' ? this.#healed(isLinked, signal) : isLinked;
    }
    const peer = parsePeerId(subject);
    if (!peer.ok || this.#deps.mesh.neighbours().some((one) => bytesEqual(one.peer, peer.value)))
      return false;
    return this.#finder.reconnect([peer.value], signal);
  }

  #silenced(subject: string, isSilent: boolean): void {
    const failure: Failure = { kind: 'way', subject };
    if (isSilent) this.recoveries.recover(failure);
    else this.recoveries.resolved(failure);
  }

  #heard(event: MeshLinkEvent): void {
    const { mesh, book, targets } = this.#deps;
    const failure: Failure = { kind: 'link', subject: peerIdText(event.peer) };
    if (event.kind === 'established') {
      this.recoveries.resolved(failure);
      return;
    }
    // Who said why he ended it does not want it back now.
    if (event.kind !== 'closed' || !event.established || event.by === 'remote') return;
    // The other end opened it, or it is dialled again anyway, or another link took its place.
    const addresses = book.addressesOf(event.peer);
    if (event.role === 'listener' || addresses.length === 0) return;
    const isKept = targets().some(
      ({ peer, address }) =>
        addresses.includes(address) || (peer !== null && bytesEqual(peer, event.peer)),
    );
    if (isKept || mesh.neighbours().some(({ peer }) => bytesEqual(peer, event.peer))) return;
    this.recoveries.recover(failure, LINK_SOUGHT_MS_MAX);
  }

  #changed({ kind, partition }: PartitionEvent): void {
    const { id, scope, cause, lost, stillLost, lastedMs, outcome } = partition;
    this.#deps.logger[kind === 'ended' ? 'info' : 'warn'](`partition-${kind}`, {
      id,
      scope,
      cause,
      lost,
      stillLost,
      lastedMs: Math.round(lastedMs),
      outcome,
    });
    if (kind === 'ended') this.recoveries.resolved(failureOf(partition));
    else this.recoveries.recover(failureOf(partition));
  }
}

function failureOf({ id }: Partition): Failure {
  return { kind: 'partition', subject: `partition ${id}` };
}
