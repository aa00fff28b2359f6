// Messages with acknowledgements among nodes of a fleet, sent by the production code (`src/mesh/delivery/`), and a record
// of what became of each that survives the processes.

import { createDelivery, type Delivery } from '../../mesh/delivery/delivery.ts';
import { readU32, writeU32 } from '../../wire/big-endian.ts';
import type { Fleet, FleetNode } from '../mesh-run/fleet.ts';
import type { Pair } from '../mesh-run/probes.ts';

/** The protocol of these messages, beside that of the probes. */
const TRAFFIC_PROTOCOL = 2;
/** Four bytes number it; 28 more make it as long as a small game message. */
const MESSAGE_BYTES = 32;

export interface MessageRecord {
  readonly pair: Pair;
  readonly sentAtMs: number;
  /** Whether there was a way between the two as it was sent. */
  readonly wasConnected: boolean;
  /** What it was refused with at its sender. */
  readonly refused: string | null;
  receivedAtMs: number | null;
  /** Times that one and the same process was handed it, beyond the first. */
  twice: number;
  state: 'under-way' | 'acknowledged' | 'expired' | 'died-with-sender';
}

export class MeshTraffic {
  readonly records: MessageRecord[] = [];
  readonly #fleet: Fleet;
  readonly #deliveries: Delivery[] = [];
  /** By node: which record each message of its present process is. */
  readonly #sent: Map<number, number>[] = [];
  /** By record: the process that was handed it last. */
  readonly #holders = new Map<number, string>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    for (const node of fleet.nodes) this.started(node);
  }

  /** Messages whose senders wait for an answer. */
  get underWay(): number {
    return this.#sent.reduce((sum, sent) => sum + sent.size, 0);
  }

  /** A node's process is new: it knows nothing of its predecessor's messages. */
  started(node: FleetNode): void {
    const { index, bootEpoch } = node;
    const sent = new Map<number, number>();
    this.#sent[index] = sent;
    const settle = (id: number, state: MessageRecord['state']): void => {
      const record = this.records[sent.get(id) ?? -1];
      if (record !== undefined) record.state = state;
      sent.delete(id);
    };
    this.#deliveries[index] = createDelivery({
      mesh: node.mesh,
      clock: node.clock,
      bootEpoch,
      protocol: TRAFFIC_PROTOCOL,
      receive: (from, payload) =>
        this.#received(this.#fleet.watch.indexOf(from), index, bootEpoch, payload),
      delivered: (_, id) => settle(id, 'acknowledged'),
      expired: (_, id) => settle(id, 'expired'),
    });
  }

  /** A node's process is gone, and with it what it had under way. */
  ended({ index }: FleetNode): void {
    for (const at of this.#sent[index]?.values() ?? []) {
      const record = this.records[at];
      if (record !== undefined) record.state = 'died-with-sender';
    }
    this.#sent[index]?.clear();
  }

  /** Sends one now; a process that is gone or stands still sends none. */
  send(pair: Pair, wasConnected: boolean): void {
    const to = this.#fleet.nodes[pair.to];
    const delivery = this.#deliveries[pair.from];
    if (to === undefined || delivery === undefined || !this.#fleet.isUp(pair.from)) return;
    const at = this.records.length;
    const payload = new Uint8Array(MESSAGE_BYTES);
    writeU32(payload, 0, at);
    const record = {
      pair,
      sentAtMs: this.#fleet.world.clock.now(),
      wasConnected,
      receivedAtMs: null,
      twice: 0,
      state: 'under-way' as const,
    };
    const sent = delivery.send(to.key, payload);
    this.records.push({ ...record, refused: sent.ok ? null : sent.error.code });
    if (sent.ok) this.#sent[pair.from]?.set(sent.value, at);
  }

  #received(from: number, to: number, bootEpoch: number, payload: Uint8Array): void {
    const at = readU32(payload, 0);
    const record = this.records[at];
    if (record === undefined || record.pair.from !== from || record.pair.to !== to) return;
    const holder = `${to} ${bootEpoch}`;
    if (this.#holders.get(at) === holder) record.twice += 1;
    this.#holders.set(at, holder);
    record.receivedAtMs ??= this.#fleet.world.clock.now();
  }
}
