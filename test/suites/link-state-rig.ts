// Nodes of link state alone, joined by lossless, ordered links in virtual time, for tests and measurements: what a mesh
// does with link state, without handshakes, packets and simulated transports.

import { compareBytes, toHex, utf8 } from '../../src/core/bytes.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import type { Clock } from '../../src/env/clock.ts';
import type { Rng } from '../../src/env/rng.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createLinkState, type LinkState } from '../../src/routing/link-state.ts';
import type { LinkStateFrame } from '../../src/routing/link-state.ts';
import { PLAIN_NODE } from '../../src/routing/node-attributes.ts';
import { RecordPool } from '../../src/routing/record-pool.ts';
import { createXoshiro128 } from '../../src/sim/seeded-rng.ts';
import { silentLogger } from './mesh-rig.ts';

export const NETWORK = 'test';

export interface RigOptions {
  readonly seed?: number;
  /** One pool for all nodes, as the simulator has it, or one for each. */
  readonly shared?: boolean;
  /** One way. */
  readonly latencyMs?: number;
}

export interface AddOptions {
  readonly bootEpoch?: number;
  readonly recordsMax?: number;
}

interface End {
  readonly node: number;
  readonly port: number;
}

const identities: Identity[] = [];

/** The same for the same number in all tests. */
export function rigIdentity(index: number): Identity {
  identities[index] ??= identityFromSeed(primitives, primitives.sha256(utf8(`node ${index}`)));
  return identities[index];
}

export function rigRng(seed: number): Rng & { unit(): number } {
  return createXoshiro128(primitives.sha256(utf8(`rng ${seed}`)).slice(0, 16));
}

export class LinkStateRig {
  readonly states: LinkState[] = [];
  /** Node → port → the other end. */
  readonly ports: Map<number, End>[] = [];
  nowMs = 0;
  frames = 0;
  /** Payloads of frames, as sent. */
  bytes = 0;
  /** Called with each frame under way; `false` drops it. */
  tap: (from: number, to: number, frame: LinkStateFrame) => boolean = () => true;
  /** Called with what a receiver did not take. */
  fault: (node: number, code: string) => void = (node, code) => {
    throw new Error(`node ${node}: ${code}`);
  };
  readonly #latencyMs: number;
  readonly #pool: RecordPool | null;
  readonly #seed: number;
  #boots = 0;
  readonly #events = new Map<number, (() => void)[]>();
  readonly #wakes: number[] = [];
  #nextPort: number[] = [];

  constructor({ seed = 1, shared = true, latencyMs = 1 }: RigOptions = {}) {
    this.#seed = seed;
    this.#latencyMs = latencyMs;
    this.#pool = shared ? new RecordPool(primitives, NETWORK, 7) : null;
  }

  add({ bootEpoch = 1, recordsMax }: AddOptions = {}): number {
    const index = this.states.length;
    this.states.push(this.#boot(index, bootEpoch, recordsMax));
    this.ports.push(new Map());
    this.#nextPort.push(1);
    this.#wakes.push(Infinity);
    return index;
  }

  /** Loses all links and all memory. */
  restart(index: number, bootEpoch: number): void {
    for (const { node } of this.#ends(index).values()) this.part(index, node);
    this.states[index] = this.#boot(index, bootEpoch);
  }

  state(index: number): LinkState {
    const state = this.states[index];
    if (state === undefined) throw new Error(`no node ${index}`);
    return state;
  }

  key(index: number): Uint8Array {
    return rigIdentity(index).publicKey;
  }

  join(a: number, b: number, weight = 100, revision = 2): void {
    const [portA, portB] = [this.#port(a), this.#port(b)];
    this.#ends(a).set(portA, { node: b, port: portB });
    this.#ends(b).set(portB, { node: a, port: portA });
    this.state(a).linkUp(portA, this.key(b), weight, { revision });
    this.state(b).linkUp(portB, this.key(a), weight, { revision });
    this.spread(a);
    this.spread(b);
  }

  part(a: number, b: number): void {
    for (const [port, end] of this.#ends(a)) {
      if (end.node !== b) continue;
      this.#ends(a).delete(port);
      this.#ends(b).delete(end.port);
      this.state(a).linkDown(port);
      this.state(b).linkDown(end.port);
    }
    this.spread(a);
    this.spread(b);
  }

  linked(a: number, b: number): boolean {
    return [...this.#ends(a).values()].some(({ node }) => node === b);
  }

  portTo(a: number, b: number): number {
    for (const [port, { node }] of this.#ends(a)) if (node === b) return port;
    throw new Error(`no link ${a}–${b}`);
  }

  /** Runs for so long. */
  run(ms: number): void {
    const end = this.nowMs + ms;
    while (this.nowMs < end) {
      this.nowMs += 1;
      const due = this.#events.get(this.nowMs);
      if (due === undefined) continue;
      this.#events.delete(this.nowMs);
      for (const event of due) event();
    }
  }

  /** Runs until nothing is under way or due, or for so long. Returns when it ended. */
  settle(msMax = 60_000): number {
    const end = this.nowMs + msMax;
    while (this.#events.size > 0 && this.nowMs < end) this.run(1);
    return this.nowMs;
  }

  at(ms: number, event: () => void): void {
    const events = this.#events.get(ms);
    if (events === undefined) this.#events.set(ms, [event]);
    else events.push(event);
  }

  /** As a mesh does after each event: what is due, what is to be sent, and when to come back. */
  spread(node: number): void {
    const state = this.state(node);
    const dueAtMs = state.wakeAtMs;
    if (dueAtMs !== null && dueAtMs <= this.nowMs) state.wake();
    for (const [port, end] of this.#ends(node)) {
      for (let frame = state.next(port); frame !== null; frame = state.next(port)) {
        this.#send(node, port, end, frame);
      }
    }
    const atMs = Math.max(this.nowMs + 1, Math.ceil(state.wakeAtMs ?? Infinity));
    if (atMs === Infinity || (this.#wakes[node] ?? 0) <= atMs) return;
    this.#wakes[node] = atMs;
    this.at(atMs, () => {
      if (this.#wakes[node] !== atMs) return;
      this.#wakes[node] = Infinity;
      this.spread(node);
    });
  }

  /** Hashes of the records of others that a node holds and passes on, by their originators. */
  view(node: number): ReadonlyMap<string, string> {
    const { database } = this.state(node);
    const self = toHex(this.key(node));
    const hashes = new Map<string, string>();
    for (const peer of database.originators()) {
      const record = database.record(peer);
      if (record === undefined || !database.isEstablished(peer)) continue;
      const originator = toHex(record.signed.record.originator);
      if (originator !== self) hashes.set(originator, toHex(record.signed.hash));
    }
    return hashes;
  }

  /** Whether these nodes, or all, hold the same of each of them. */
  agree(nodes: readonly number[] = this.states.keys().toArray()): boolean {
    const views = nodes.map((node) => this.view(node));
    return nodes.every((originator) => {
      const key = toHex(this.key(originator));
      const held = views.filter((_, i) => nodes[i] !== originator).map((view) => view.get(key));
      return held.every((hash) => hash !== undefined && hash === held[0]);
    });
  }

  total(
    counter: 'duplicate' | 'accepted' | 'grafts' | 'prunes' | 'conflicts' | 'baseless',
  ): number {
    return this.states.reduce((sum, { counters }) => sum + counters[counter], 0);
  }

  componentOf(index: number): number[] {
    const seen = new Set([index]);
    for (const node of seen) for (const end of this.#ends(node).values()) seen.add(end.node);
    return [...seen].toSorted((a, b) => compareBytes(this.key(a), this.key(b)));
  }

  #send(from: number, fromPort: number, end: End, frame: LinkStateFrame): void {
    if (!this.tap(from, end.node, frame)) return;
    this.frames += 1;
    this.bytes += frame.payload.length;
    this.at(this.nowMs + this.#latencyMs, () => {
      // What is under way when a link ends is lost.
      if (this.#ends(from).get(fromPort)?.port !== end.port) return;
      const received = this.state(end.node).receive(frame.kind, frame.payload, end.port);
      if (received.kind === 'fault') this.fault(end.node, received.error.message);
      this.spread(end.node);
    });
  }

  #boot(index: number, bootEpoch: number, recordsMax?: number): LinkState {
    this.#boots += 1;
    const clock: Clock = {
      now: () => this.nowMs,
      wallMs: () => this.nowMs,
      after: () => {
        throw new Error('link state sets no timers');
      },
    };
    return createLinkState(
      {
        identity: rigIdentity(index),
        networkId: NETWORK,
        attributes: PLAIN_NODE,
        bootEpoch,
        ...(recordsMax === undefined ? {} : { recordsMax }),
      },
      {
        primitives,
        clock,
        logger: silentLogger,
        rng: rigRng(this.#seed * 1_000_003 + this.#boots),
        ...(this.#pool === null ? {} : { pool: this.#pool }),
      },
    );
  }

  #ends(node: number): Map<number, End> {
    const ends = this.ports[node];
    if (ends === undefined) throw new Error(`no node ${node}`);
    return ends;
  }

  #port(node: number): number {
    const port = this.#nextPort[node] ?? 1;
    this.#nextPort[node] = port + 1;
    return port;
  }
}
