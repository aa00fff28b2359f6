// coturn between two clients that both reach it by TURN over TLS (RFC 8656): the first sends to the relayed address of the
// second, so that what comes in encrypted goes out encrypted. Inside coturn a message crosses once from one relayed address to
// the other, by UDP over loopback, which may lose it.

import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { Carrier, CarrierOptions } from '../carrier.ts';
import { makeCredentials } from '../credentials.ts';
import { Gathering, splitter } from '../frame-stream.ts';
import { freePort } from '../free-port.ts';
import { startProcess } from '../relay-process.ts';

const MAGIC = 0x2112_a442;
const HEADER_BYTES = 20;
const ALLOCATE = 0x0003;
const CHANNEL_BIND = 0x0009;
const SUCCESS = 0x0100;
const REQUESTED_TRANSPORT = 0x0019;
const CHANNEL_NUMBER = 0x000c;
const XOR_PEER_ADDRESS = 0x0012;
const XOR_RELAYED_ADDRESS = 0x0016;
const UDP = Buffer.from([17, 0, 0, 0]);
const CHANNEL = 0x4000;
const CHANNEL_HEADER_BYTES = 4;
const CHANNEL_DATA_BITS = 0x40;

/** To a multiple of four, as attributes and channel data over streams are filled up. */
function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

function request(type: number, attributes: readonly (readonly [number, Buffer])[]): Buffer {
  const parts = attributes.map(([name, value]) => {
    const part = Buffer.alloc(4 + padded(value.length));
    part.writeUInt16BE(name, 0);
    part.writeUInt16BE(value.length, 2);
    value.copy(part, 4);
    return part;
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length, 2);
  head.writeUInt32BE(MAGIC, 4);
  crypto.getRandomValues(head.subarray(8));
  return Buffer.concat([head, body]);
}

/** Of no bytes where there is none. */
function attribute(message: Buffer, name: number): Buffer {
  for (let at = HEADER_BYTES; at + 4 <= message.length;) {
    const length = message.readUInt16BE(at + 2);
    if (message.readUInt16BE(at) === name) return message.subarray(at + 4, at + 4 + length);
    at += 4 + padded(length);
  }
  return message.subarray(0, 0);
}

function unitBytes(bytes: Buffer, at: number): number {
  if (bytes.length - at < CHANNEL_HEADER_BYTES) return 0;
  const length = bytes.readUInt16BE(at + 2);
  const isData = ((bytes[at] ?? 0) & 0xc0) === CHANNEL_DATA_BITS;
  return isData ? CHANNEL_HEADER_BYTES + padded(length) : HEADER_BYTES + length;
}

/** A TURN client over TLS with one allocation. */
class TurnEnd {
  readonly socket: TLSSocket;
  /** Channel data that comes. */
  receive: (data: Buffer) => void = () => {};
  #answered: (message: Buffer) => void = () => {};

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setNoDelay(true);
    const split = splitter(unitBytes, (unit) => {
      const length = unit.readUInt16BE(2);
      if (((unit[0] ?? 0) & 0xc0) !== CHANNEL_DATA_BITS) this.#answered(unit);
      else this.receive(unit.subarray(CHANNEL_HEADER_BYTES, CHANNEL_HEADER_BYTES + length));
    });
    socket.on('data', split);
  }

  async ask(type: number, attributes: readonly (readonly [number, Buffer])[]): Promise<Buffer> {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    this.#answered = resolve;
    this.socket.write(request(type, attributes));
    const answer = await promise;
    if (answer.readUInt16BE(0) !== (type | SUCCESS)) {
      throw new Error(`coturn answers ${answer.toString('hex')} to request ${type}`);
    }
    return answer;
  }

  /** Allocates a relayed address; as it stands in an answer, so it stands in a request. */
  async allocate(): Promise<Buffer> {
    const answer = await this.ask(ALLOCATE, [[REQUESTED_TRANSPORT, UDP]]);
    const address = attribute(answer, XOR_RELAYED_ADDRESS);
    if (address.length === 0) throw new Error('coturn tells no relayed address');
    return address;
  }

  async bind(peer: Buffer): Promise<void> {
    const number = Buffer.alloc(4);
    number.writeUInt16BE(CHANNEL, 0);
    await this.ask(CHANNEL_BIND, [
      [CHANNEL_NUMBER, number],
      [XOR_PEER_ADDRESS, peer],
    ]);
  }
}

async function dial(port: number): Promise<TurnEnd> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return new TurnEnd(socket);
}

async function dialWhenUp(port: number): Promise<TurnEnd> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await dial(port);
    } catch (error) {
      if (tries >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function openCoturn({ folder, relayCore }: CarrierOptions): Promise<Carrier> {
  const { certificateFile, keyFile } = makeCredentials(folder);
  const port = await freePort();
  const words = `-n --no-auth --allow-loopback-peers --no-cli --no-udp --no-dtls --no-tlsv1 --no-tlsv1_1
    --listening-ip 127.0.0.1 --relay-ip 127.0.0.1 --realm bench --log-file stdout --relay-threads 1
    --tls-listening-port ${port} --listening-port ${await freePort()}
    --cert ${certificateFile} --pkey ${keyFile} --pidfile ${folder}/pid --userdb ${folder}/db`;
  const relay = startProcess(relayCore, 'turnserver', words.split(/\s+/));
  const from = await dialWhenUp(port);
  const to = await dial(port);
  const fromAddress = await from.allocate();
  const toAddress = await to.allocate();
  await from.bind(toAddress);
  await to.bind(fromAddress);
  const gathering = new Gathering(from.socket);
  const carrier: Carrier = {
    relay,
    send(message) {
      if (gathering.isFull) return false;
      const at = gathering.take(CHANNEL_HEADER_BYTES + padded(message.length));
      const { chunk } = gathering;
      chunk.writeUInt16BE(CHANNEL, at);
      chunk.writeUInt16BE(message.length, at + 2);
      chunk.set(message, at + CHANNEL_HEADER_BYTES);
      return true;
    },
    flush: () => gathering.flush(),
    receive: () => {},
    async close() {
      from.socket.destroy();
      to.socket.destroy();
      await relay.end();
    },
  };
  to.receive = (data) => carrier.receive(data);
  return carrier;
}
