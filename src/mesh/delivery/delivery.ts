// Messages that arrive: over a mesh's datagrams each is sent until its destination has acknowledged it, by another way once
// the first is silent, and is handed over there once and in order. Ends are PeerIds, so that it goes on whatever gateways, links and sessions carry it.

import { fail, ok, type Result } from '../../core/errors.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import { byteKey, type ByteKey } from '../../routing/byte-key.ts';
import type { Mesh } from '../mesh-contract.ts';
import { PAYLOAD_BYTES_MAX } from '../session.ts';
import {
  decodeDeliveryFrame,
  encodeAck,
  encodeMessage,
  MESSAGE_HEAD_BYTES,
  type AckFrame,
  type MessageFrame,
} from './delivery-frame.ts';
import { IncomingStream } from './incoming-stream.ts';
import { OutgoingStream } from './outgoing-stream.ts';

export const DELIVERY_PAYLOAD_BYTES_MAX: number = PAYLOAD_BYTES_MAX - MESSAGE_HEAD_BYTES;
/** A message that was not acknowledged for so long is given up. */
export const EXPIRE_MS = 60_000;
/** Peers that messages go to, and peers that they come from. */
export const PEERS_MAX = 1_024;
/** Of messages, from all peers, that wait for one before them. */
export const WAITING_BYTES_MAX: number = 64 * 1024 * 1024;
/** Acknowledgements wait so long for company, or for so many messages. */
const ACK_HOLD_MS = 20;
const ACK_MESSAGES = 8;
/** What came of a sender is remembered for so long: no message of it can come again after that. */
const REMEMBERED_MS: number = 2 * EXPIRE_MS;

export type DeliveryErrorCode = 'MESH_DELIVERY_FULL' | 'MESH_PAYLOAD_TOO_LONG' | 'MESH_STOPPED';

export interface DeliveryConfig {
  readonly mesh: Mesh;
  readonly clock: Clock;
  /** Durable; grows at each start of the node. 0…2^32 − 1. */
  readonly bootEpoch: number;
  /** Of the mesh, the same at both ends. */
  readonly protocol: number;
  /** Default `EXPIRE_MS`, at most that. */
  readonly expireMs?: number;
  /** A message came: once, in the order of its sender, which may have given up some before it. */
  receive(from: Uint8Array, payload: Uint8Array): void;
  /** The destination has it. */
  delivered?(to: Uint8Array, id: number): void;
  /** Nobody acknowledged it in time. It may have come all the same. */
  expired?(to: Uint8Array, id: number): void;
}

export interface Delivery {
  /** The message's id. Errors: `MESH_DELIVERY_FULL`: too many wait for that peer, or for too many peers. */
  send(to: Uint8Array, payload: Uint8Array): Result<number, DeliveryErrorCode>;
  /** Drops what waits. */
  stop(): void;
}

interface Receiver {
  readonly peer: Uint8Array;
  readonly stream: IncomingStream;
  unacknowledged: number;
  timer: Timer | null;
}

interface Sender {
  readonly peer: Uint8Array;
  stream: OutgoingStream;
  timer: { readonly atMs: number; readonly timer: Timer } | null;
}

export function createDelivery(config: DeliveryConfig): Delivery {
  return new MeshDelivery(config);
}

class MeshDelivery implements Delivery {
  readonly #config: DeliveryConfig;
  readonly #expireMs: number;
  /** Both: the one used longest ago first. */
  readonly #senders = new Map<ByteKey, Sender>();
  readonly #receivers = new Map<ByteKey, Receiver>();
  #waitingBytes = 0;
  #nextId = 1;
  #streams = 0;
  #stopped = false;

  constructor(config: DeliveryConfig) {
    this.#config = config;
    this.#expireMs = Math.min(EXPIRE_MS, config.expireMs ?? EXPIRE_MS);
    config.mesh.handle(config.protocol, ({ source, payload }) => this.#received(source, payload));
    config.mesh.onWayLeft((to) => this.#wayLeft(to));
  }

  send(to: Uint8Array, payload: Uint8Array): Result<number, DeliveryErrorCode> {
    if (this.#stopped) return fail('MESH_STOPPED', {});
    if (payload.length > DELIVERY_PAYLOAD_BYTES_MAX) {
      const data = { bytes: payload.length, bytesMax: DELIVERY_PAYLOAD_BYTES_MAX };
      return fail('MESH_PAYLOAD_TOO_LONG', data);
    }
    const nowMs = this.#config.clock.now();
    const sender = this.#senderTo(to, nowMs);
    if (sender === null || !sender.stream.fits(payload.length)) {
      return fail('MESH_DELIVERY_FULL', {});
    }
    const id = this.#nextId;
    this.#nextId += 1;
    const { sequence } = sender.stream.add(id, payload.slice(), nowMs);
    this.#transmit(sender, sequence, payload);
    this.#arm(sender);
    return ok(id);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#senders.values()) timer?.timer.cancel();
    for (const { timer } of this.#receivers.values()) timer?.cancel();
    this.#senders.clear();
    this.#receivers.clear();
  }

  #senderTo(peer: Uint8Array, nowMs: number): Sender | null {
    const key = byteKey(peer);
    let sender = this.#senders.get(key);
    if (sender === undefined) {
      if (this.#senders.size >= PEERS_MAX && !this.#dropIdleSender()) return null;
      sender = { peer: peer.slice(), stream: this.#newStream(nowMs), timer: null };
    } else if (sender.stream.isSpent && sender.stream.isIdle) {
      sender.stream = this.#newStream(nowMs);
    } else if (sender.stream.isSpent) return null;
    this.#senders.delete(key);
    this.#senders.set(key, sender);
    return sender;
  }

  #newStream(nowMs: number): OutgoingStream {
    this.#streams += 1;
    const stream = (BigInt(this.#config.bootEpoch) << 32n) | BigInt(this.#streams);
    return new OutgoingStream(stream, nowMs);
  }

  #dropIdleSender(): boolean {
    for (const [key, { stream }] of this.#senders) {
      if (!stream.isIdle) continue;
      this.#senders.delete(key);
      return true;
    }
    return false;
  }

  /** What the mesh does not take now is sent again like what it loses. */
  #transmit({ peer, stream }: Sender, sequence: number, payload: Uint8Array): void {
    const frame = encodeMessage(stream.stream, stream.base, sequence, payload);
    this.#config.mesh.send(peer, this.#config.protocol, frame);
  }

  #arm(sender: Sender): void {
    const { clock } = this.#config;
    const atMs = sender.stream.dueAtMs;
    if (sender.timer !== null && sender.timer.atMs <= atMs) return;
    sender.timer?.timer.cancel();
    sender.timer = null;
    if (atMs === Infinity) return;
    const timer = clock.after(Math.max(1, atMs - clock.now()), () => {
      sender.timer = null;
      this.#resend(sender);
    });
    sender.timer = { atMs, timer };
  }

  #resend(sender: Sender): void {
    const { mesh, clock, protocol } = this.#config;
    const nowMs = clock.now();
    for (const id of sender.stream.takeExpired(nowMs, this.#expireMs)) {
      this.#config.expired?.(sender.peer, id);
    }
    // Before anything is sent again, so that it goes another way.
    const silentSinceMs = sender.stream.silentSinceMs(nowMs);
    if (silentSinceMs !== null) mesh.doubt(sender.peer, protocol, silentSinceMs);
    for (const { sequence, payload } of sender.stream.takeDue(nowMs)) {
      this.#transmit(sender, sequence, payload);
    }
    if (!this.#stopped) this.#arm(sender);
  }

  /** What went over the former way would be waited for in vain. */
  #wayLeft(to: Uint8Array): void {
    const sender = this.#senders.get(byteKey(to));
    if (sender === undefined) return;
    sender.stream.allDue(this.#config.clock.now());
    this.#arm(sender);
  }

  #received(source: Uint8Array, payload: Uint8Array): void {
    if (this.#stopped) return;
    const frame = decodeDeliveryFrame(payload);
    if (frame?.kind === 'message') this.#receivedMessage(source, frame);
    else if (frame?.kind === 'ack') this.#receivedAck(source, frame);
  }

  #receivedAck(source: Uint8Array, frame: AckFrame): void {
    const sender = this.#senders.get(byteKey(source));
    if (sender === undefined || sender.stream.stream !== frame.stream) return;
    const ids = sender.stream.acknowledged(frame, this.#config.clock.now());
    for (const id of ids) this.#config.delivered?.(sender.peer, id);
    if (sender.stream.dueAtMs <= this.#config.clock.now()) this.#resend(sender);
  }

  #receivedMessage(source: Uint8Array, frame: MessageFrame): void {
    const nowMs = this.#config.clock.now();
    const receiver = this.#receiverOf(source, frame, nowMs);
    // Without room for what has come of a sender, nothing of it may count as come.
    if (receiver === null) return;
    const before = receiver.stream.waitingBytes;
    const room = WAITING_BYTES_MAX - this.#waitingBytes;
    const came: Uint8Array[] = [];
    const arrival = receiver.stream.take(frame, room, nowMs, (payload) => came.push(payload));
    this.#waitingBytes += receiver.stream.waitingBytes - before;
    for (const payload of came) this.#config.receive(receiver.peer, payload);
    if (arrival === 'stale' || this.#stopped) return;
    receiver.unacknowledged += 1;
    const isUrgent = arrival !== 'new' || receiver.stream.hasGap;
    if (isUrgent || receiver.unacknowledged >= ACK_MESSAGES) this.#acknowledge(receiver);
    else
      receiver.timer ??= this.#config.clock.after(ACK_HOLD_MS, () => this.#acknowledge(receiver));
  }

  #receiverOf(peer: Uint8Array, frame: MessageFrame, nowMs: number): Receiver | null {
    const key = byteKey(peer);
    let receiver = this.#receivers.get(key);
    if (receiver === undefined) {
      if (this.#receivers.size >= PEERS_MAX && !this.#dropOldReceiver(nowMs)) return null;
      const stream = new IncomingStream(frame, nowMs);
      receiver = { peer: peer.slice(), stream, unacknowledged: 0, timer: null };
    }
    this.#receivers.delete(key);
    this.#receivers.set(key, receiver);
    return receiver;
  }

  #dropOldReceiver(nowMs: number): boolean {
    const [oldest] = this.#receivers;
    if (oldest === undefined) return false;
    const [key, { stream, timer }] = oldest;
    if (nowMs - stream.heardAtMs < REMEMBERED_MS) return false;
    timer?.cancel();
    this.#waitingBytes -= stream.waitingBytes;
    this.#receivers.delete(key);
    return true;
  }

  #acknowledge(receiver: Receiver): void {
    receiver.timer?.cancel();
    receiver.timer = null;
    receiver.unacknowledged = 0;
    const { stream, next, bits } = receiver.stream;
    this.#config.mesh.send(receiver.peer, this.#config.protocol, encodeAck(stream, next, bits));
  }
}
