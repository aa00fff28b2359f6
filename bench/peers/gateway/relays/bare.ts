// The limit: TLS in, length-prefixed frames found, the same bytes out by TLS, not copied. No routing, no queue of its own, no
// counts but one. Two connections; what comes over one goes out over the other. Words: certificate file, key file.

import { readFileSync } from 'node:fs';
import { createServer, type TLSSocket } from 'node:tls';
import { readU32 } from '../message.ts';

const PREFIX_BYTES = 4;
const [certificateFile = '', keyFile = ''] = process.argv.slice(2);
const sockets: TLSSocket[] = [];
let frames = 0;

const server = createServer(
  {
    cert: readFileSync(certificateFile),
    key: readFileSync(keyFile),
    minVersion: 'TLSv1.3',
  },
  (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    sockets.push(socket);
    const [a, b] = sockets;
    if (a === undefined || b === undefined || sockets.length !== 2) return;
    relay(a, b);
    relay(b, a);
  },
);

/** Finds where frames begin in a stream, however it is cut. */
function createScanner(): (chunk: Uint8Array) => void {
  const prefix = new Uint8Array(PREFIX_BYTES);
  let prefixFilled = 0;
  /** Bytes of the frame under way that are still to come. */
  let missing = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (missing > 0) {
        const taken = Math.min(missing, chunk.length - at);
        missing -= taken;
        at += taken;
        continue;
      }
      if (prefixFilled === 0 && chunk.length - at >= PREFIX_BYTES) {
        missing = readU32(chunk, at);
        at += PREFIX_BYTES;
      } else {
        prefix[prefixFilled] = chunk[at] ?? 0;
        prefixFilled = (prefixFilled + 1) % PREFIX_BYTES;
        at += 1;
        if (prefixFilled > 0) continue;
        missing = readU32(prefix, 0);
      }
      frames += 1;
    }
  };
}

function relay(from: TLSSocket, to: TLSSocket): void {
  const scan = createScanner();
  from.on('data', (chunk: Buffer) => {
    scan(chunk);
    to.write(chunk);
    if (!to.writableNeedDrain) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
}

process.once('SIGTERM', () => {
  process.stdout.write(`relayed ${frames} frames\n`, () => process.exit(0));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listens ${typeof address === 'object' ? address?.port : ''}\n`);
});
