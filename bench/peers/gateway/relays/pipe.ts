// A process inside a network namespace that joins a Unix socket of the load, which lives outside, to TCP inside. Words: `listen`
// or `dial`, the address inside, its port, the Unix socket.

import { connect, createServer, type Socket } from 'node:net';

const [side = '', host = '', port = '', path = ''] = process.argv.slice(2);

function join(inside: Socket): void {
  const outside = connect(path);
  inside.setNoDelay(true);
  for (const [a, b] of [
    [inside, outside],
    [outside, inside],
  ] as const) {
    a.pipe(b);
    a.on('error', () => b.destroy());
    a.on('close', () => b.destroy());
  }
}

if (side === 'listen') {
  createServer(join).listen(Number(port), host, () => process.stdout.write('ready\n'));
} else {
  const inside = connect(Number(port), host, () => {
    join(inside);
    process.stdout.write('ready\n');
  });
}
