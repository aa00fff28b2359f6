// One end of a measurement, in a process of its own: `end.ts bare|ours receiver|sender BOOTSTRAP [ADDRESS]`. The receiver
// tells its address; asked to expect messages it tells how long they took, from the first to the last. The sender sends
// as it is asked.

import { once, type EventEmitter } from 'node:events';
import HyperDht from 'hyperdht';
import { parsePeerId, peerIdText } from '../../../../src/core/peer-id.ts';
import type { Link } from '../../../../src/env/link.ts';
import { startDhtNode } from '../../../../src/platform/dht/dht-node.ts';
import type { SecretStream, UdxAddress } from '../../../../src/platform/dht/hyperdht-api.ts';
import { createUdp } from '../../../../src/platform/links/udp/udp.ts';
import { systemClock } from '../../../../src/platform/node/clock.ts';
import { createLogger } from '../../../../src/platform/node/logger.ts';
import { primitives } from '../../../../src/platform/node/primitives.ts';
import { systemRng } from '../../../../src/platform/node/rng.ts';

export const MESSAGE_BYTES = 256;
/** Messages that one write carries where they are batched: 16 KiB. */
export const BATCH = 64;

/** `one`: a write for each message. `batched`: one for 64. `as called`: whatever becomes of calls without a pause. */
export type Manner = 'one' | 'batched' | 'as called';

export type Asked =
  | { readonly cpu: true }
  | { readonly expect: number }
  | { readonly send: number; readonly manner: Manner };
export interface Told {
  readonly address?: string;
  readonly microseconds?: number;
  /** Of this process so far, all its threads. */
  readonly cpuMicroseconds?: number;
  readonly ready?: true;
}

/** What a sender is measured through. */
interface Sender {
  /** `false`: wait for `room`, then give the same again if it was `refused`. */
  send(bytes: Uint8Array): 'taken' | 'taken, wait' | 'refused';
  room(): Promise<void>;
  /** Whether 64 messages are written as one piece by the caller, or by what is measured. */
  readonly joins: boolean;
}

const seed = new Uint8Array(32);
systemRng.fill(seed);
const identity = primitives.signKeypair(seed);
const keyPair = {
  publicKey: Buffer.from(identity.publicKey),
  secretKey: Buffer.from(identity.secretKey),
};

let expected = 0;
let came = 0;
let beganAt = 0;

function tell(told: Told): void {
  process.send?.(told);
}

/** Messages arrived. */
function count(messages: number): void {
  if (came === 0) beganAt = performance.now();
  came += messages;
  if (came < expected) return;
  const microseconds = 1000 * (performance.now() - beganAt);
  came = 0;
  tell({ microseconds });
}

function nodeOf(address: string): UdxAddress {
  const [host = '', port = ''] = address.split(':');
  return { host, port: Number(port) };
}

async function bareDht(bootstrap: string): Promise<InstanceType<typeof HyperDht>> {
  const dht = new HyperDht({
    bootstrap: [nodeOf(bootstrap)],
    host: '127.0.0.1',
    port: [0, 0],
    anyPort: true,
  });
  await dht.fullyBootstrapped();
  return dht;
}

async function ourUdp(bootstrap: string): ReturnType<typeof createUdp> {
  const dht = await startDhtNode({ listen: '127.0.0.1:0', bootstrap: [bootstrap] });
  const logger = createLogger({ level: 'silent' });
  return createUdp({ primitives, identity, clock: systemClock, rng: systemRng, logger, dht });
}

async function receiveBare(bootstrap: string): Promise<void> {
  const dht = await bareDht(bootstrap);
  let rest = 0;
  const server = dht.createServer({});
  server.on('connection', (stream) => {
    stream.on('data', (bytes) => {
      rest += bytes.length;
      const messages = Math.floor(rest / MESSAGE_BYTES);
      rest %= MESSAGE_BYTES;
      count(messages);
    });
  });
  await server.listen(keyPair);
  tell({ address: peerIdText(identity.publicKey) });
}

async function receiveOurs(bootstrap: string): Promise<void> {
  const udp = await ourUdp(bootstrap);
  const listener = await udp.listen('dht:', (link) => {
    link.attach({ frame: () => count(1), drain: () => undefined, close: () => undefined });
  });
  tell({ address: listener.address });
}

async function sendBare(bootstrap: string, address: string): Promise<Sender> {
  const dht = await bareDht(bootstrap);
  const peer = parsePeerId(address);
  if (!peer.ok) throw peer.error;
  const stream: SecretStream = dht.connect(Buffer.from(peer.value), { keyPair });
  await once(stream as unknown as EventEmitter, 'connect');
  return {
    joins: true,
    send: (bytes) => (stream.write(bytes) ? 'taken' : 'taken, wait'),
    async room() {
      await once(stream as unknown as EventEmitter, 'drain');
    },
  };
}

async function sendOurs(bootstrap: string, address: string): Promise<Sender> {
  const udp = await ourUdp(bootstrap);
  const link: Link = await udp.dialer.dial(address, null);
  let drained: (() => void) | null = null;
  link.attach({ frame: () => undefined, drain: () => drained?.(), close: () => process.exit(1) });
  return {
    joins: false,
    send: (bytes) => (link.send(bytes) === 'sent' ? 'taken' : 'refused'),
    room: () =>
      new Promise((resolve) => {
        drained = resolve;
      }),
  };
}

const message = Buffer.alloc(MESSAGE_BYTES, 7);
const joined = Buffer.alloc(BATCH * MESSAGE_BYTES, 7);

function nextTurn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

async function send(sender: Sender, messages: number, manner: Manner): Promise<void> {
  const isJoined = manner === 'batched' && sender.joins;
  const [piece, step] = isJoined ? [joined, BATCH] : [message, 1];
  // How many messages go before everybody else has a turn.
  const turn = { one: 1, batched: BATCH, 'as called': messages }[manner];
  let sent = 0;
  while (sent < messages) {
    const end = Math.min(messages, sent + turn);
    while (sent < end) {
      const result = sender.send(piece);
      if (result !== 'refused') sent += step;
      if (result !== 'taken') await sender.room();
    }
    if (manner !== 'as called') await nextTurn();
  }
}

const [, , kind, role, bootstrap = '', address = ''] = process.argv;
let sender: Sender | null = null;
process.on('message', (asked: Asked) => {
  if ('cpu' in asked) {
    const { user, system } = process.cpuUsage();
    tell({ cpuMicroseconds: user + system });
  } else if ('expect' in asked) {
    expected = asked.expect;
    tell({ ready: true });
  } else if (sender !== null) void send(sender, asked.send, asked.manner);
});
process.on('disconnect', () => process.exit(0));
if (role === 'receiver') await (kind === 'ours' ? receiveOurs : receiveBare)(bootstrap);
else {
  sender = await (kind === 'ours' ? sendOurs : sendBare)(bootstrap, address);
  tell({ ready: true });
}
