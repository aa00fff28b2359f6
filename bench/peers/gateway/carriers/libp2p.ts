// js-libp2p's circuit relay between two of its nodes. The ends run Noise and yamux through the circuit, as libp2p has it, so
// messages are encrypted end to end inside of what the relay decrypts and encrypts.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Carrier, CarrierOptions } from '../carrier.ts';
import { framedReceiver } from '../frame-stream.ts';
import {
  createNode,
  multiaddrOf,
  ON_CIRCUITS,
  type Libp2p,
  type Multiaddr,
} from '../libp2p-node.ts';
import { writeU32 } from '../message.ts';
import { startProcess } from '../relay-process.ts';

const PROTOCOL = '/bench/1';
const CHUNK_BYTES = 64 * 1024;
const PREFIX_BYTES = 4;
const RESERVED_MS_MAX = 10_000;

/** The address of the node through the relay, once it has its reservation. */
async function circuitAddress(node: Libp2p): Promise<Multiaddr> {
  const untilMs = performance.now() + RESERVED_MS_MAX;
  for (;;) {
    const found = node.getMultiaddrs().find((one) => String(one).includes('/p2p-circuit'));
    if (found !== undefined) return found;
    if (performance.now() > untilMs) throw new Error('libp2p gets no reservation');
    await wait(50);
  }
}

/** Messages come as arrays, or as lists of arrays that `subarray` makes one. */
function bytesOf(event: Event): Buffer {
  const { data } = event as Event & { readonly data: { subarray(): Uint8Array } };
  const bytes = data.subarray();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export async function openLibp2p({ relayCore, nodeFlags }: CarrierOptions): Promise<Carrier> {
  const program = join(import.meta.dirname, '..', 'relays', 'libp2p.ts');
  const relay = startProcess(relayCore, process.execPath, [...nodeFlags, program]);
  const [, address = ''] = await relay.line(/^listens (\S+)/);
  const to = await createNode([`${address}/p2p-circuit`], false);
  const from = await createNode([], false);
  const carrier: Carrier = {
    relay,
    send: () => false,
    flush: () => {},
    receive: () => {},
    async close() {
      await from.stop();
      await to.stop();
      await relay.end();
    },
  };
  const split = framedReceiver((message) => carrier.receive(message));
  await to.handle(
    PROTOCOL,
    (stream) => stream.addEventListener('message', (event) => split(bytesOf(event))),
    ON_CIRCUITS,
  );
  const circuit = await multiaddrOf(String(await circuitAddress(to)));
  const stream = await from.dialProtocol(circuit, PROTOCOL, ON_CIRCUITS);
  let chunk = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  let isFull = false;
  stream.addEventListener('drain', () => (isFull = false));
  carrier.flush = () => {
    if (used === 0) return;
    isFull = !stream.send(chunk.subarray(0, used));
    chunk = new Uint8Array(CHUNK_BYTES);
    used = 0;
  };
  carrier.send = (message) => {
    if (used + PREFIX_BYTES + message.length > CHUNK_BYTES) carrier.flush();
    if (isFull) return false;
    writeU32(chunk, used, message.length);
    chunk.set(message, used + PREFIX_BYTES);
    used += PREFIX_BYTES + message.length;
    return true;
  };
  return carrier;
}
