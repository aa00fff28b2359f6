// One run of `bitcraps chaos`: bets begin, things break as the schedule says, everything is mended, and the ledger is held
// against what was promised.

import { join } from 'node:path';
import { BitcrapsError } from '../../core/errors.ts';
import type { NodeEvent } from '../../node/node-event.ts';
import { callControl } from '../../platform/node/control-socket.ts';
import { faultText, type FaultEvent } from '../../sim/faults/fault.ts';
import { pairFaults } from '../../sim/faults/fault-list.ts';
import type { FaultSchedule } from '../../sim/faults/schedule-faults.ts';
import { controlSocketPath } from '../state-folder.ts';
import type { RunFolder } from '../up/run-folder.ts';
import { watchNode } from '../up/watch-node.ts';
import type { AcknowledgedBet } from './acknowledged-bet.ts';
import { pause, startBettors, type BettorCounts } from './bettors.ts';
import type { ChaosCasino, ChaosNode } from './chaos-casino.ts';
import type { PlannedLink } from './chaos-plan.ts';
import {
  ALL_BACK_WITHIN_MS,
  chaosReport,
  LOST_LISTED_MAX,
  type ChaosReport,
  type DoneFault,
} from './chaos-report.ts';
import { checkLedgers, type PlayersLedger } from './check-ledgers.ts';
import { TableWatch } from './table-watch.ts';

/** For every player’s first bet. */
const IN_PLAY_WITHIN_MS = 60_000;
/** For bots to finish what they have on the table. */
const LEAVE_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;
const TELL_EVERY_MS = 10_000;

export interface ChaosOptions {
  readonly casino: ChaosCasino;
  /** `null` where they are not known. */
  readonly links: readonly PlannedLink[] | null;
  readonly schedule: FaultSchedule;
  readonly seed: number;
  /** Where transcripts go. */
  readonly folder: RunFolder;
  /** Whether the casino is to end well: bots leave, and the table closes. */
  readonly closes: boolean;
  /** Ends of processes that nobody asked for, filled by whoever watches them. */
  readonly unexpected: string[];
  readonly say: (line: string) => void;
  /** Settles when the run is to be given up. */
  readonly givenUp: Promise<unknown>;
}

/** `null` if it was given up. Error: `CLI_CHAOS_NOT_READY`. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport | null> {
  const run = new ChaosRun(options);
  try {
    return await Promise.race([run.play(), options.givenUp.then(() => null)]);
  } finally {
    run.stop();
  }
}

/** From the start; `null` if it could not be done. */
type DoneEvent = FaultEvent & { readonly doneAtMs: number | null };

function doneFaults(events: readonly DoneEvent[]): readonly DoneFault[] {
  return pairFaults(events).map(({ begin, end }) => ({
    ...begin,
    untilMs: end?.atMs ?? null,
    endedAtMs: end?.doneAtMs ?? null,
  }));
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #players: readonly ChaosNode[];
  readonly #watch: TableWatch;
  readonly #ended = new AbortController();
  readonly #bettingEnded = new AbortController();
  readonly #acknowledged: AcknowledgedBet[] = [];
  /** By player: when its last bet was acknowledged, from the start. */
  readonly #lastAtMs = new Map<string, number>();
  readonly #left = new Set<string>();
  readonly #done: DoneEvent[] = [];
  readonly #restarting = new Set<Promise<void>>();
  #restarts = 0;
  #slowestRestartMs: number | null = null;
  /** Faults begin here. */
  #beganAtMs: number | null = null;

  constructor(options: ChaosOptions) {
    this.#options = options;
    const { nodes } = options.casino;
    this.#players = nodes.filter(({ role }) => role === 'player');
    this.#watch = new TableWatch(nodes, options.links);
  }

  /** `null` if it was stopped before its end. */
  async play(): Promise<ChaosReport | null> {
    const { casino, say, schedule, folder } = this.#options;
    const ended = this.#ended.signal;
    folder.note(casino.nodes.map(({ name }) => name));
    for (const node of casino.nodes)
      void watchNode(node, (at, event) => this.#hear(at, event), ended);
    const counts = startBettors({
      players: this.#players,
      acknowledged: (player, bet) => this.#bet(player, bet),
      ended: this.#bettingEnded.signal,
    });
    await this.#inPlay();
    if (ended.aborted) return null;
    this.#beganAtMs = performance.now();
    this.#lastAtMs.clear();
    say(`${casino.nodes.length} processes are in play; faults begin`);
    void this.#tellBets();
    await this.#breakThings();
    await this.#sleepUntil(schedule.durationMs);
    const table = this.#watch.result(this.#nowMs);
    await Promise.all(this.#restarting);
    const allBackMs = await this.#allBack(this.#nowMs);
    if (ended.aborted) return null;
    this.#bettingEnded.abort();
    if (this.#options.closes) await this.#close();
    return this.#report(counts, table, allBackMs);
  }

  stop(): void {
    this.#bettingEnded.abort();
    this.#ended.abort();
  }

  get #nowMs(): number {
    return performance.now() - (this.#beganAtMs ?? performance.now());
  }

  #bet(player: ChaosNode, bet: AcknowledgedBet): void {
    this.#acknowledged.push(bet);
    this.#lastAtMs.set(player.name, this.#nowMs);
    if (this.#beganAtMs !== null) this.#watch.acknowledged(this.#nowMs);
  }

  #hear(node: ChaosNode, event: NodeEvent): void {
    if (event.kind === 'left') this.#left.add(node.name);
    if (event.kind !== 'acknowledged') return;
    const { account, table, roll, betKind: kind, stake, height, operation } = event;
    this.#bet(node, { account, table, roll, kind, stake, height, operation });
  }

  /** Until every player had a bet acknowledged, or the run was stopped. */
  async #inPlay(): Promise<void> {
    const giveUpAtMs = performance.now() + IN_PLAY_WITHIN_MS;
    while (!this.#ended.signal.aborted) {
      const waiting = this.#players.filter(({ name }) => !this.#lastAtMs.has(name));
      if (waiting.length === 0) return;
      if (performance.now() > giveUpAtMs) {
        throw new BitcrapsError('CLI_CHAOS_NOT_READY', {
          players: waiting.map(({ name }) => name).join(', '),
          seconds: IN_PLAY_WITHIN_MS / 1000,
        });
      }
      await pause(LOOK_EVERY_MS, this.#ended.signal);
    }
  }

  async #breakThings(): Promise<void> {
    const { schedule, say } = this.#options;
    for (const event of schedule.events) {
      await this.#sleepUntil(event.atMs);
      if (this.#ended.signal.aborted) return;
      say(faultText(event));
      // What happens takes no time but a restart, which the next fault does not wait for.
      const doing = this.#inflict(event, this.#lastsMs(event));
      if (event.kind !== 'restart') await doing;
      else {
        this.#restarting.add(doing);
        void doing.finally(() => this.#restarting.delete(doing));
      }
    }
  }

  async #inflict(event: FaultEvent, lastsMs: number): Promise<void> {
    const { casino, unexpected } = this.#options;
    const atMs = this.#nowMs;
    this.#watch.happened(event, atMs);
    const at = this.#done.push({ ...event, doneAtMs: Math.round(atMs) }) - 1;
    try {
      await casino.inflict(event, lastsMs);
      if (event.kind !== 'restart') return;
      const nowMs = this.#nowMs;
      if (this.#watch.listens(event, nowMs)) this.#restarted(nowMs - atMs);
    } catch (error) {
      this.#done[at] = { ...event, doneAtMs: null };
      unexpected.push(`${faultText(event).trim()}: ${messageOf(error)}`);
    }
  }

  #restarted(tookMs: number): void {
    this.#restarts += 1;
    this.#slowestRestartMs = Math.max(this.#slowestRestartMs ?? 0, tookMs);
  }

  /** Until what ends the fault. */
  #lastsMs(event: FaultEvent): number {
    if (event.kind !== 'pause') return 0;
    const { events, durationMs } = this.#options.schedule;
    const end = events.find(
      (later) => later.kind === 'resume' && later.node === event.node && later.atMs > event.atMs,
    );
    return (end?.atMs ?? durationMs) - event.atMs;
  }

  #sleepUntil(atMs: number): Promise<void> {
    return pause(Math.max(0, atMs - this.#nowMs), this.#ended.signal);
  }

  async #tellBets(): Promise<void> {
    for (;;) {
      await pause(TELL_EVERY_MS, this.#bettingEnded.signal);
      if (this.#bettingEnded.signal.aborted) return;
      const at = `${(this.#nowMs / 1000).toFixed(1)} s`.padStart(8);
      this.#options.say(`${at}  ${this.#acknowledged.length} bets acknowledged so far`);
    }
  }

  /** How long after `sinceMs` the last player had a bet acknowledged; `null` if one did not in time. */
  async #allBack(sinceMs: number): Promise<number | null> {
    const firstAtMs = new Map<string, number>();
    for (;;) {
      for (const { name } of this.#players) {
        const lastAtMs = this.#lastAtMs.get(name) ?? -Infinity;
        if (lastAtMs > sinceMs && !firstAtMs.has(name)) firstAtMs.set(name, lastAtMs);
      }
      if (firstAtMs.size === this.#players.length) {
        return Math.max(0, ...firstAtMs.values()) - sinceMs;
      }
      // A little more than promised, so that what is late is measured and not only missing.
      if (this.#nowMs > sinceMs + 2 * ALL_BACK_WITHIN_MS) return null;
      await pause(LOOK_EVERY_MS / 2, this.#ended.signal);
      if (this.#ended.signal.aborted) return null;
    }
  }

  /** Bots leave and the table closes, as far as they do; the ledger is worth checking either way. */
  async #close(): Promise<void> {
    const { casino, say } = this.#options;
    say('everything is mended; the players leave');
    for (const player of this.#players) await ask(player, 'bot-leave').catch(() => undefined);
    const giveUpAtMs = performance.now() + LEAVE_WITHIN_MS;
    const ended = this.#ended.signal;
    while (!ended.aborted && this.#left.size < this.#players.length) {
      if (performance.now() > giveUpAtMs) break;
      await pause(LOOK_EVERY_MS, ended);
    }
    const validator = casino.nodes.find(({ role }) => role === 'validator');
    if (validator !== undefined) await ask(validator, 'close-tables').catch(() => undefined);
  }

  async #report(
    counts: BettorCounts,
    table: ReturnType<TableWatch['result']>,
    allBackMs: number | null,
  ): Promise<ChaosReport> {
    const { casino, seed, schedule, folder, say, unexpected } = this.#options;
    const validator = casino.nodes.find(({ role }) => role === 'validator');
    const players: PlayersLedger[] = [];
    for (const player of this.#players) {
      const path = await transcriptOf(player, join(folder.path, `${player.name}.bct`));
      players.push({ player: player.name, path });
    }
    const own = validator === undefined ? null : await transcriptOf(validator, folder.transcript);
    // What was acknowledged is complete here: nobody bets any more.
    const acknowledged = [...this.#acknowledged];
    say(`checking ${players.length + 1} ledgers and ${acknowledged.length} acknowledged bets`);
    // The check takes its time, and nothing of the casino is needed for it.
    this.stop();
    await casino.stop();
    const { audit, supplyConserved, checked, wrong } = checkLedgers(own, players, acknowledged);
    return chaosReport({
      ...table,
      seed,
      nodes: casino.nodes.length,
      durationMs: schedule.durationMs,
      faults: doneFaults(this.#done),
      leftOut: schedule.leftOut,
      acknowledged: audit.acknowledged,
      lost: audit.lost.length,
      lostBets: audit.lost.slice(0, LOST_LISTED_MAX),
      resolvedTwice: audit.resolvedTwice,
      supplyConserved,
      attempts: counts.attempts,
      refused: counts.refused,
      restarts: { count: this.#restarts, slowestMs: this.#slowestRestartMs },
      allBackMs,
      unexpected,
      transcripts: { checked, wrong },
      transcript: own,
    });
  }
}

function ask(node: ChaosNode, method: string, params: unknown = {}): Promise<unknown> {
  return callControl(controlSocketPath(node.folder), method, params);
}

async function transcriptOf(node: ChaosNode, path: string): Promise<string | null> {
  try {
    await ask(node, 'transcript', { path });
    return path;
  } catch {
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
