// One run of `bitcraps up`, from the first process to the last: start, tell, end, sum up.

import { existsSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { colour } from '../colour.ts';
import type { NodeEvent } from '../../node/node-event.ts';
import type { RouteReport, StatusReport } from '../../node/report.ts';
import { callControl } from '../../platform/node/control-socket.ts';
import { lockState } from '../../platform/node/state-lock.ts';
import { SOLO_DISCLOSURE } from '../../casino/genesis.ts';
import { startBootstrapNode, type DhtNode } from '../../platform/dht/dht-node.ts';
import type { Settings } from '../config/settings.ts';
import { shellQuoted } from '../shell-quoted.ts';
import { controlSocketPath } from '../state-folder.ts';
import { watchForEnd } from './end-of-run.ts';
import { casinoLine, nodeLine } from './narrator.ts';
import { LOCAL_NETWORK, LOCAL_PROOF_BITS, localSettings, PLAN, type PlannedNode } from './plan.ts';
import { makeRunFolder } from './run-folder.ts';
import { startSupervisor, type RunningNode, type Supervisor } from './supervisor.ts';
import { summarize, type UpSummary } from './summary.ts';
import { watchNode } from './watch-node.ts';

/** How often the gateways' traffic is told. */
const GATEWAYS_EVERY_MS = 10_000;
/** For players to finish what they have on the table and countersign. */
const LEAVE_WITHIN_MS = 15_000;
/** For the transcript when a signal ends the run: three seconds must do for everything. */
const LAST_TRANSCRIPT_MS = 800;
/** With a number of rounds to play: a table without a roll for so long will not come back by itself. */
const STALLED_AFTER_MS = 60_000;
/** For nodes that were started again by hand to answer that they stop. */
const STOP_RESTARTED_MS = 500;

export interface RunOptions {
  /** `null`: until a signal. */
  readonly rounds: number | null;
  readonly pace: string;
  readonly state?: string;
  readonly say: (line: string) => void;
}

function settingsOf(planned: PlannedNode, pace: string, dht: string): Partial<Settings> {
  return {
    ...localSettings(planned, PLAN, pace),
    ...(planned.role === 'gateway' ? { dhtBootstrap: [dht], dhtListen: '127.0.0.1:0' } : {}),
    casinoName: 'local-casino',
    shooterTimeout: '5s',
  };
}

/** `null` if a signal ended the run before its rounds were played. */
export async function runCasino(options: RunOptions): Promise<UpSummary | null> {
  const end = watchForEnd();
  const folder = makeRunFolder(options.state, new Date());
  const lock = lockState(folder.path);
  const run = new CasinoRun(options, folder.transcript);
  try {
    return await run.play(folder.path, end.asked, (nodes) => folder.note(nodes));
  } finally {
    await run.stop();
    lock.release();
    const keep = run.begun && !existsSync(folder.transcript);
    if (keep)
      options.say(`no transcript was written; the ledger stays in ${shellQuoted(folder.path)}`);
    folder.end(keep);
    end.release();
  }
}

class CasinoRun {
  readonly #options: RunOptions;
  readonly #transcript: string;
  readonly #ended = new AbortController();
  readonly #names = new Map<string, string>();
  readonly #left = new Set<string>();
  /** Whether the link between two names is known to be up. */
  readonly #links = new Map<string, boolean>();
  readonly #roundsPlayed = Promise.withResolvers<void>();
  readonly #allLeft = Promise.withResolvers<void>();
  #rounds = 0;
  /** Bets may have been placed: the ledger is worth keeping. */
  begun = false;
  #lastRollAt = performance.now();
  #supervisor: Supervisor | null = null;
  /** By which the gateways find the distributed table. */
  #dht: DhtNode | null = null;

  constructor(options: RunOptions, transcript: string) {
    this.#options = options;
    this.#transcript = transcript;
  }

  async play(
    folder: string,
    asked: Promise<string>,
    note: (nodes: readonly string[]) => void,
  ): Promise<UpSummary | null> {
    const { say, pace, rounds } = this.#options;
    say(
      `network ${LOCAL_NETWORK}, made for this run: proof of work ${LOCAL_PROOF_BITS} bit; chips are play tokens`,
    );
    say(colour.yellow(SOLO_DISCLOSURE));
    const dht = await startBootstrapNode({ listen: '127.0.0.1:0' });
    this.#dht = dht;
    const supervisor = await startSupervisor({
      plan: PLAN,
      folder,
      settingsOf: (planned) => settingsOf(planned, pace, dht.address),
      onEnd: ({ node, how }) => this.#tellEnd(node, how),
      givenUp: asked,
    });
    if (supervisor === null) {
      say(`ending (${await asked}) before all nodes had started`);
      return null;
    }
    this.#supervisor = supervisor;
    this.begun = true;
    this.#lastRollAt = performance.now();
    note(supervisor.nodes.map(({ planned }) => planned.name));
    for (const { planned, ready, pid } of supervisor.nodes) {
      this.#names.set(ready.peerId, planned.name);
      say(
        colour.dim(
          `start ${planned.name.padEnd(10)} ${planned.role.padEnd(9)} process ${pid}, ${ready.listen}`,
        ),
      );
    }
    for (const node of supervisor.nodes) {
      void watchNode(node, (at, event) => this.#tell(at, event), this.#ended.signal);
    }
    void this.#tellGateways(supervisor.nodes);
    const stalled = rounds === null ? [] : [this.#whenStalled()];
    const ending = await Promise.race([
      asked,
      this.#roundsPlayed.promise.then(() => null),
      ...stalled,
    ]);
    if (ending !== null || rounds === null) return this.#endEarly(ending ?? '');
    return this.#endWell(supervisor.nodes, asked);
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    if (this.#supervisor !== null) {
      await this.#supervisor.stop();
      await this.#stopRestarted(this.#supervisor.nodes);
    }
    await this.#dht?.close();
  }

  /** A run that is to end by itself must not wait for ever for a table that nobody rolls at. */
  async #whenStalled(): Promise<string> {
    for (;;) {
      await after(1_000, undefined, { ref: false });
      const idleMs = performance.now() - this.#lastRollAt;
      if (idleMs > STALLED_AFTER_MS) return `no roll for ${STALLED_AFTER_MS / 1000} s`;
    }
  }

  async #endEarly(why: string): Promise<null> {
    const { say } = this.#options;
    say(`ending (${why})`);
    const saved = await Promise.race([this.#saveTranscript(), after(LAST_TRANSCRIPT_MS, false)]);
    if (saved) say(`transcript ${this.#transcript}`);
    return null;
  }

  /** Players leave, the table closes, the ledger becomes a transcript: nothing is left open. */
  async #endWell(nodes: readonly RunningNode[], asked: Promise<string>): Promise<UpSummary | null> {
    const rounds = this.#rounds;
    for (const node of nodes) {
      if (node.planned.role === 'player') await this.#ask(node, 'bot-leave').catch(() => undefined);
    }
    const late = after(LEAVE_WITHIN_MS, 'late' as const, { ref: false });
    const ending = await Promise.race([asked, this.#allLeft.promise, late]);
    if (typeof ending === 'string' && ending !== 'late') return this.#endEarly(ending);
    const validator = this.#validator();
    if (ending === undefined) await this.#ask(validator, 'close-tables');
    const statuses = await this.#statuses(nodes);
    this.#sayGateways(statuses);
    await this.#ask(validator, 'transcript', { path: this.#transcript });
    await this.stop();
    return summarize(nodes, statuses, rounds, this.#transcript);
  }

  #validator(): RunningNode {
    const validator = this.#supervisor?.nodes.find(({ planned }) => planned.role === 'validator');
    if (validator === undefined) throw new Error('the plan has no validator');
    return validator;
  }

  #ask(node: RunningNode, method: string, params: unknown = {}): Promise<unknown> {
    return callControl(controlSocketPath(node.folder), method, params);
  }

  async #statuses(nodes: readonly RunningNode[]): Promise<readonly StatusReport[]> {
    const answers = await Promise.allSettled(nodes.map((node) => this.#ask(node, 'status')));
    // A node's answer is this build's own report.
    return answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? [answer.value as StatusReport] : [],
    );
  }

  async #saveTranscript(): Promise<boolean> {
    try {
      await this.#ask(this.#validator(), 'transcript', { path: this.#transcript });
      return true;
    } catch {
      return false;
    }
  }

  /** Nodes that were killed and started again by hand hang on no tether. */
  async #stopRestarted(nodes: readonly RunningNode[]): Promise<void> {
    const asked = nodes.map((node) => this.#ask(node, 'stop').catch(() => undefined));
    await Promise.race([Promise.all(asked), after(STOP_RESTARTED_MS, undefined, { ref: false })]);
  }

  #nameOf = (peer: string): string =>
    this.#names.get(peer)?.replace(/^[ab]-/, '') ?? peer.slice(0, 8);

  #fullNameOf = (peer: string): string => this.#names.get(peer) ?? peer.slice(0, 8);

  #tell(node: RunningNode, event: NodeEvent): void {
    const { say, rounds } = this.#options;
    const isValidator = node.planned.role === 'validator';
    const line = isValidator ? casinoLine(event, this.#nameOf) : null;
    const own = this.#isNews(node, event)
      ? nodeLine(node.planned.name, event, this.#fullNameOf)
      : null;
    for (const text of [line, own]) if (text !== null) say(text);
    if (event.kind === 'left') {
      this.#left.add(event.account);
      const players =
        this.#supervisor?.nodes.filter(({ planned }) => planned.role === 'player').length ?? 0;
      if (this.#left.size >= players) this.#allLeft.resolve();
    }
    if (isValidator && event.kind === 'rolled') this.#lastRollAt = performance.now();
    if (!isValidator || event.kind !== 'round') return;
    if (rounds !== null && this.#rounds >= rounds) return;
    this.#rounds += 1;
    if (this.#rounds === rounds) this.#roundsPlayed.resolve();
  }

  /** Both ends of a link tell of it; people need to hear it once, from whichever end lives to tell. */
  #isNews(node: RunningNode, event: NodeEvent): boolean {
    if (event.kind !== 'link-up' && event.kind !== 'link-down') return true;
    const pair = [node.planned.name, this.#fullNameOf(event.peer)].toSorted().join(' ');
    const isUp = event.kind === 'link-up';
    if ((this.#links.get(pair) ?? false) === isUp) return false;
    this.#links.set(pair, isUp);
    return true;
  }

  #tellEnd(node: RunningNode, how: string): void {
    const { say } = this.#options;
    say(colour.red(`${node.planned.name} (process ${node.pid}) ended: ${how}; the others go on`));
    say(
      `      bring it back with: npm run -s bitcraps -- node --state ${shellQuoted(node.folder)}`,
    );
  }

  async #tellGateways(nodes: readonly RunningNode[]): Promise<void> {
    const gateways = nodes.filter(({ planned }) => planned.role === 'gateway');
    await this.#tellRoutes(nodes).catch(() => undefined);
    while (!this.#ended.signal.aborted) {
      await after(GATEWAYS_EVERY_MS, undefined, { ref: false });
      if (this.#ended.signal.aborted) return;
      this.#sayGateways(await this.#statuses(gateways));
    }
  }

  #sayGateways(statuses: readonly StatusReport[]): void {
    for (const { bridge, name } of statuses) {
      if (bridge === null) continue;
      const { packetsOut, bytesOut, packetsIn, bytesIn } = bridge;
      this.#options.say(
        colour.dim(
          `gate  ${name} relayed ${packetsOut} messages out (${bytesOut} B), ${packetsIn} in (${bytesIn} B)`,
        ),
      );
    }
  }

  /** The way of each player to the table, once there is one. */
  async #tellRoutes(nodes: readonly RunningNode[]): Promise<void> {
    const casino = this.#validator().ready.peerId;
    const hopsFrom = async (node: RunningNode): Promise<RouteReport | null> => {
      const answer = (await this.#ask(node, 'routes', { destination: casino })) as {
        routes: RouteReport[];
      };
      return answer.routes[0] ?? null;
    };
    for (const node of nodes) {
      if (node.planned.role !== 'player') continue;
      let route: RouteReport | null = null;
      while (!this.#ended.signal.aborted && (route?.via ?? null) === null) {
        route = await hopsFrom(node);
        if ((route?.via ?? null) === null) await after(100, undefined, { ref: false });
      }
      if (this.#ended.signal.aborted) return;
      const hops = [node.planned.name, ...(route?.hops ?? []).map(this.#fullNameOf)];
      const far = nodes.find(({ planned }) => planned.role === 'gateway' && planned.mesh === 'a');
      if (route?.via === 'gateway' && far !== undefined) {
        const beyond = await hopsFrom(far);
        hops.push(far.planned.name, ...(beyond?.hops ?? []).map(this.#fullNameOf));
      }
      this.#options.say(colour.dim(`route ${hops.join(' → ')}`));
    }
  }
}
