// The baselines: SWIM as memberlist has it, without and with Lifeguard (github.com/hashicorp/memberlist: state.go,
// suspicion.go, queue.go; arXiv 1707.00788). Where memberlist blocks a goroutine, the same turn is lost here. Members know
// each other from the start, and datagrams take a millisecond and are not lost, so that TCP pings would add nothing.

import type { SeededRng } from '../../../src/sim/seeded-rng.ts';
import type { World } from '../../../src/sim/world.ts';
import type { Contender, Group, Verdict } from './experiment.ts';
import { SlowGate } from './slow-gate.ts';
import { TransmitQueue } from './transmit-queue.ts';

/** `memberlist.DefaultLANConfig`, and α = 5, β = 6 as in the paper. */
const PROBE_INTERVAL_MS = 1_000;
const PROBE_TIMEOUT_MS = 500;
const GOSSIP_INTERVAL_MS = 200;
const GOSSIP_NODES = 3;
const GOSSIP_TO_DEAD_MS = 30_000;
const PUSH_PULL_MS = 30_000;
const INDIRECT_CHECKS = 3;
const ALPHA = 5;
const BETA = 6;
const CONFIRMATIONS = ALPHA - 2;
const AWARENESS_MAX = 8;
/** Messages of about 45 bytes in a packet of 1 400. */
const MESSAGES_PER_PACKET = 28;
const LATENCY_MS = 1;

type Status = 'alive' | 'suspect' | 'dead';
export type Rumour =
  | { readonly kind: 'alive'; readonly node: number; readonly incarnation: number }
  | {
      readonly kind: 'suspect' | 'dead';
      readonly node: number;
      readonly incarnation: number;
      readonly from: number;
    };
type Message =
  | { readonly kind: 'ping'; readonly number: number; readonly buddy: Rumour | null }
  | { readonly kind: 'ack' | 'nack'; readonly number: number }
  | { readonly kind: 'indirect'; readonly number: number; readonly target: number }
  | { readonly kind: 'gossip'; readonly rumours: readonly Rumour[] }
  | { readonly kind: 'push' | 'pull'; readonly state: readonly Known[] };

interface Known {
  readonly node: number;
  status: Status;
  incarnation: number;
  changedAtMs: number;
}

interface Suspicion {
  readonly accusers: Set<number>;
  confirmations: number;
  readonly startMs: number;
  cancel(): void;
}

interface Probe {
  readonly acked: () => void;
  readonly nacked: () => void;
}

export function swim(hasLifeguard: boolean): Contender {
  return {
    name: hasLifeguard ? 'SWIM + Lifeguard' : 'SWIM',
    start(world, nodes, verdict): Group {
      const members: Member[] = [];
      const send = (from: number, to: number, message: Message): void => {
        world.clock.after(LATENCY_MS, () => members[to]?.arrived(from, message));
      };
      for (let node = 0; node < nodes; node += 1) {
        members.push(new Member(node, nodes, hasLifeguard, world, send, verdict));
      }
      return {
        setSlow: (node, slow) => members[node]?.setSlow(slow),
        crash: (node) => members[node]?.crash(),
      };
    },
  };
}

class Member {
  readonly #self: number;
  readonly #hasLifeguard: boolean;
  readonly #world: World;
  readonly #rng: SeededRng;
  readonly #send: (from: number, to: number, message: Message) => void;
  readonly #verdict: Verdict;
  readonly #gate = new SlowGate();
  readonly #known: Known[];
  readonly #suspicions = new Map<number, Suspicion>();
  readonly #queue: TransmitQueue;
  readonly #probes = new Map<number, Probe>();
  #incarnation = 1;
  #number = 0;
  #awareness = 0;
  #order: number[] = [];
  #alive = true;
  /** One probe at a time, and one packet of gossip that waits to be sent. */
  #isProbing = false;
  #isGossiping = false;

  constructor(
    self: number,
    nodes: number,
    hasLifeguard: boolean,
    world: World,
    send: (from: number, to: number, message: Message) => void,
    verdict: Verdict,
  ) {
    this.#self = self;
    this.#hasLifeguard = hasLifeguard;
    this.#world = world;
    this.#rng = world.rng(`swim ${self}`);
    this.#send = send;
    this.#verdict = verdict;
    this.#queue = new TransmitQueue(4 * Math.ceil(Math.log10(nodes + 1)));
    this.#known = Array.from({ length: nodes }, (_, node) => ({
      node,
      status: 'alive',
      incarnation: 1,
      changedAtMs: -Infinity,
    }));
    this.#every(PROBE_INTERVAL_MS, () => this.#probe());
    this.#every(GOSSIP_INTERVAL_MS, () => this.#gossip());
    this.#every(PUSH_PULL_MS, () => this.#pushPull());
  }

  setSlow(slow: boolean): void {
    if (this.#alive) this.#gate.isSlow = slow;
  }

  crash(): void {
    this.#alive = false;
  }

  arrived(from: number, message: Message): void {
    this.#gate.pass(() => {
      if (this.#alive) this.#handle(from, message);
    });
  }

  #every(intervalMs: number, run: () => void): void {
    const tick = (): void => {
      if (!this.#alive) return;
      run();
      this.#world.clock.after(intervalMs, tick);
    };
    this.#world.clock.after(this.#rng.unit() * intervalMs, tick);
  }

  /** `sent`: what the sender does once it was not blocked any more. */
  #post(to: number, message: Message, sent: () => void = () => {}): void {
    this.#gate.pass(() => {
      if (!this.#alive) return;
      this.#send(this.#self, to, message);
      sent();
    });
  }

  #handle(from: number, message: Message): void {
    switch (message.kind) {
      case 'ping':
        if (message.buddy !== null) this.#heard(message.buddy);
        this.#post(from, { kind: 'ack', number: message.number });
        return;
      case 'ack':
        this.#probes.get(message.number)?.acked();
        return;
      case 'nack':
        this.#probes.get(message.number)?.nacked();
        return;
      case 'indirect':
        this.#probeFor(from, message.number, message.target);
        return;
      case 'gossip':
        for (const rumour of message.rumours) this.#heard(rumour);
        return;
      case 'push':
        this.#post(from, { kind: 'pull', state: this.#state() });
        this.#merge(message.state);
        return;
      case 'pull':
        this.#merge(message.state);
    }
  }

  #probe(): void {
    if (this.#isProbing) return;
    const target = this.#nextTarget();
    if (target === null) return;
    this.#isProbing = true;
    const intervalMs = PROBE_INTERVAL_MS * (this.#awareness + 1);
    const number = (this.#number += 1);
    const { clock } = this.#world;
    const deadlineMs = clock.now() + intervalMs;
    let state: 'sending' | 'direct' | 'indirect' | 'over' = 'sending';
    let isAcked = false;
    let nacks = 0;
    let expectedNacks = 0;
    const finish = (delta: number): void => {
      state = 'over';
      this.#isProbing = false;
      this.#probes.delete(number);
      if (this.#hasLifeguard) {
        this.#awareness = Math.min(AWARENESS_MAX, Math.max(0, this.#awareness + delta));
      }
    };
    const failed = (): void => {
      if (state === 'over' || !this.#alive) return;
      finish(expectedNacks > 0 ? expectedNacks - nacks : 1);
      const { incarnation } = target;
      this.#heard({ kind: 'suspect', node: target.node, incarnation, from: this.#self });
    };
    const askOthers = (): void => {
      if (state !== 'direct' || !this.#alive) return;
      state = 'indirect';
      const helpers = this.#random(
        INDIRECT_CHECKS,
        (known) => known.status === 'alive' && known.node !== target.node,
      );
      if (this.#hasLifeguard) expectedNacks = helpers.length;
      // The goroutine blocks at each of them in turn.
      let left = helpers.length;
      const sent = (): void => {
        left -= 1;
        if (left <= 0) clock.after(Math.max(0, deadlineMs - clock.now()), failed);
      };
      for (const helper of helpers) {
        this.#post(helper, { kind: 'indirect', number, target: target.node }, sent);
      }
      if (helpers.length === 0) sent();
    };
    this.#probes.set(number, {
      acked: () => {
        // The handler of an acknowledgement is taken away when the interval is over.
        if (clock.now() > deadlineMs || state === 'over') return;
        isAcked = true;
        if (state !== 'sending') finish(-1);
      },
      nacked: () => (nacks += 1),
    });
    const isSuspect = target.status === 'suspect';
    const buddy: Rumour | null =
      this.#hasLifeguard && isSuspect
        ? {
            kind: 'suspect',
            node: target.node,
            incarnation: target.incarnation,
            from: this.#self,
          }
        : null;
    this.#post(target.node, { kind: 'ping', number, buddy }, () => {
      state = 'direct';
      if (isAcked) finish(-1);
      else if (clock.now() >= deadlineMs) askOthers();
      else clock.after(Math.min(PROBE_TIMEOUT_MS, deadlineMs - clock.now()), askOthers);
    });
  }

  #probeFor(asker: number, askersNumber: number, target: number): void {
    const number = (this.#number += 1);
    let isAcked = false;
    this.#probes.set(number, {
      acked: () => {
        isAcked = true;
        this.#probes.delete(number);
        this.#post(asker, { kind: 'ack', number: askersNumber });
      },
      nacked: () => {},
    });
    this.#post(target, { kind: 'ping', number, buddy: null });
    this.#world.clock.after(PROBE_TIMEOUT_MS, () => {
      this.#probes.delete(number);
      if (!isAcked && this.#hasLifeguard) this.#post(asker, { kind: 'nack', number: askersNumber });
    });
  }

  #nextTarget(): Known | null {
    for (let tries = 0; tries <= this.#known.length; tries += 1) {
      if (this.#order.length === 0) this.#order = this.#random(this.#known.length, () => true);
      const known = this.#known[this.#order.pop() ?? -1];
      if (known !== undefined && known.status !== 'dead') return known;
    }
    return null;
  }

  #gossip(): void {
    if (this.#isGossiping) return;
    const nowMs = this.#world.clock.now();
    const targets = this.#random(
      GOSSIP_NODES,
      ({ status, changedAtMs }) => status !== 'dead' || nowMs - changedAtMs <= GOSSIP_TO_DEAD_MS,
    );
    const next = (): void => {
      const to = targets.pop();
      const rumours = to === undefined ? [] : this.#queue.take(MESSAGES_PER_PACKET);
      this.#isGossiping = to !== undefined && rumours.length > 0;
      if (to !== undefined && rumours.length > 0) this.#post(to, { kind: 'gossip', rumours }, next);
    };
    next();
  }

  #pushPull(): void {
    const [to] = this.#random(1, ({ status }) => status === 'alive');
    if (to !== undefined) this.#post(to, { kind: 'push', state: this.#state() });
  }

  #state(): readonly Known[] {
    return this.#known.map((known) => ({ ...known }));
  }

  /** What others take for dead is suspected first. */
  #merge(state: readonly Known[]): void {
    for (const { node, status, incarnation } of state) {
      if (status === 'alive') this.#heard({ kind: 'alive', node, incarnation });
      else this.#heard({ kind: 'suspect', node, incarnation, from: this.#self });
    }
  }

  #heard(rumour: Rumour): void {
    const known = this.#known[rumour.node];
    if (known === undefined) return;
    if (rumour.node === this.#self) this.#aboutSelf(rumour);
    else if (rumour.kind === 'alive') this.#aliveNode(known, rumour);
    else if (rumour.kind === 'suspect') this.#suspectNode(known, rumour);
    else this.#deadNode(known, rumour);
  }

  #aboutSelf(rumour: Rumour): void {
    if (rumour.kind === 'alive' || rumour.incarnation < this.#incarnation) return;
    this.#incarnation = rumour.incarnation + 1;
    if (this.#hasLifeguard) this.#awareness = Math.min(AWARENESS_MAX, this.#awareness + 1);
    const self = this.#known[this.#self];
    if (self !== undefined) self.incarnation = this.#incarnation;
    this.#queue.add({ kind: 'alive', node: this.#self, incarnation: this.#incarnation });
  }

  #aliveNode(known: Known, rumour: Rumour): void {
    if (rumour.incarnation <= known.incarnation) return;
    this.#endSuspicion(known.node);
    this.#queue.add(rumour);
    known.incarnation = rumour.incarnation;
    if (known.status === 'dead') this.#verdict(this.#self, known.node, 'alive');
    this.#change(known, 'alive');
  }

  #suspectNode(known: Known, rumour: Rumour & { readonly from?: number }): void {
    if (rumour.incarnation < known.incarnation) return;
    const from = rumour.from ?? this.#self;
    const suspicion = this.#suspicions.get(known.node);
    if (suspicion !== undefined) {
      if (this.#confirmed(known, suspicion, from)) this.#queue.add(rumour);
      return;
    }
    if (known.status !== 'alive') return;
    this.#queue.add(rumour);
    known.incarnation = rumour.incarnation;
    this.#change(known, 'suspect');
    this.#beginSuspicion(known, from);
  }

  #beginSuspicion(known: Known, from: number): void {
    const suspicion: Suspicion = {
      accusers: new Set([from]),
      confirmations: 0,
      startMs: this.#world.clock.now(),
      cancel: () => {},
    };
    this.#suspicions.set(known.node, suspicion);
    this.#armSuspicion(known, suspicion);
  }

  #confirmed(known: Known, suspicion: Suspicion, from: number): boolean {
    if (!this.#hasLifeguard || suspicion.confirmations >= CONFIRMATIONS) return false;
    if (suspicion.accusers.has(from)) return false;
    suspicion.accusers.add(from);
    suspicion.confirmations += 1;
    this.#armSuspicion(known, suspicion);
    return true;
  }

  #armSuspicion(known: Known, suspicion: Suspicion): void {
    suspicion.cancel();
    const nodes = this.#known.filter(({ status }) => status !== 'dead').length;
    const minMs = ALPHA * Math.max(1, Math.log10(nodes)) * PROBE_INTERVAL_MS;
    const maxMs = BETA * minMs;
    const share = Math.log(suspicion.confirmations + 1) / Math.log(CONFIRMATIONS + 1);
    const timeoutMs = this.#hasLifeguard ? Math.max(minMs, maxMs - (maxMs - minMs) * share) : minMs;
    const { clock } = this.#world;
    const timer = clock.after(Math.max(0, suspicion.startMs + timeoutMs - clock.now()), () => {
      if (!this.#alive || this.#suspicions.get(known.node) !== suspicion) return;
      const { node, incarnation } = known;
      this.#heard({ kind: 'dead', node, incarnation, from: this.#self });
    });
    suspicion.cancel = () => timer.cancel();
  }

  #deadNode(known: Known, rumour: Rumour): void {
    if (rumour.incarnation < known.incarnation) return;
    this.#endSuspicion(known.node);
    if (known.status === 'dead') return;
    this.#queue.add(rumour);
    known.incarnation = rumour.incarnation;
    this.#change(known, 'dead');
    this.#verdict(this.#self, known.node, 'failed');
  }

  #endSuspicion(node: number): void {
    this.#suspicions.get(node)?.cancel();
    this.#suspicions.delete(node);
  }

  #change(known: Known, status: Status): void {
    known.status = status;
    known.changedAtMs = this.#world.clock.now();
  }

  #random(count: number, keep: (known: Known) => boolean): number[] {
    const left = this.#known.filter((known) => known.node !== this.#self && keep(known));
    const taken: number[] = [];
    while (taken.length < count && left.length > 0) {
      const [one] = left.splice(this.#rng.uint32() % left.length, 1);
      if (one !== undefined) taken.push(one.node);
    }
    return taken;
  }
}
