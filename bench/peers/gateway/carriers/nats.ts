// nats-server between a publisher and a subscriber, TLS on both connections. The protocol is spoken here directly, since a
// client library's cost is not the server's: a server says INFO in the clear, then both go over to TLS.

import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Carrier, CarrierOptions } from '../carrier.ts';
import { makeCredentials } from '../credentials.ts';
import { Gathering, splitter } from '../frame-stream.ts';
import { freePort } from '../free-port.ts';
import { startProcess } from '../relay-process.ts';

const CR = 13;
const LF = 10;
const SPACE = 32;
const ZERO = 48;
const SUBJECT = 'm';
const CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"tls_required":true,"lang":"bench"}\r\n';

async function dial(port: number): Promise<TLSSocket> {
  const socket: Socket = connectTcp(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'data');
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  secure.write(CONNECT);
  return secure;
}

/** Length of the line at `at` with its end, 0 while it is not whole. */
function lineBytes(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(LF, at);
  return end < 0 ? 0 : end + 1 - at;
}

/** The decimal number that ends before `end`. */
function numberBefore(bytes: Buffer, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1] !== SPACE) at -= 1;
  let value = 0;
  for (; at < end; at += 1) value = 10 * value + ((bytes[at] ?? ZERO) - ZERO);
  return value;
}

const isMessage = (bytes: Buffer, at: number): boolean => bytes[at] === 77;

/** `MSG m 1 256\r\n…\r\n`, or another line. */
function unitBytes(bytes: Buffer, at: number): number {
  const line = lineBytes(bytes, at);
  if (line === 0 || !isMessage(bytes, at)) return line;
  return line + numberBefore(bytes, at + line - 2) + 2;
}

export async function openNats({ folder, relayCore }: CarrierOptions): Promise<Carrier> {
  const { certificateFile, keyFile } = makeCredentials(folder);
  const port = await freePort();
  const file = join(folder, 'nats.conf');
  writeFileSync(
    file,
    `listen: "127.0.0.1:${port}"
write_deadline: "10s"
tls { cert_file: "${certificateFile}", key_file: "${keyFile}", timeout: 5 }
`,
  );
  const relay = startProcess(relayCore, 'nats-server', ['-c', file]);
  await relay.line(/Server is ready/);
  const to = await dial(port);
  to.write(`SUB ${SUBJECT} 1\r\nPING\r\n`);
  await once(to, 'data');
  const from = await dial(port);
  const gathering = new Gathering(from);
  const carrier: Carrier = {
    relay,
    send(message) {
      if (gathering.isFull) return false;
      const head = `PUB ${SUBJECT} ${message.length}\r\n`;
      const at = gathering.take(head.length + message.length + 2);
      const { chunk } = gathering;
      chunk.write(head, at, 'latin1');
      chunk.set(message, at + head.length);
      const end = at + head.length + message.length;
      chunk[end] = CR;
      chunk[end + 1] = LF;
      return true;
    },
    flush: () => gathering.flush(),
    receive: () => {},
    async close() {
      from.destroy();
      to.destroy();
      await relay.end();
    },
  };
  const split = splitter(unitBytes, (unit) => {
    if (isMessage(unit, 0)) carrier.receive(unit.subarray(lineBytes(unit, 0), unit.length - 2));
    else if (unit.toString('latin1').startsWith('PING')) to.write('PONG\r\n');
  });
  to.on('data', split);
  from.on('data', (bytes: Buffer) => {
    if (bytes.includes('PING')) from.write('PONG\r\n');
  });
  return carrier;
}
