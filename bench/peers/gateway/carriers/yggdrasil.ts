// yggdrasil: two nodes that peer with a third over TLS, each in a network namespace of its own, TCP through their TUN devices.
// The third has no TUN device and only forwards: it is measured. Needs root, `ip` and /dev/net/tun. The load stays outside and
// reaches both ends through a process that copies between a Unix socket and TCP, so latencies hold two of these.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Carrier, CarrierOptions } from '../carrier.ts';
import { framedReceiver, framedSender } from '../frame-stream.ts';
import { startProcess, type StartedProcess } from '../relay-process.ts';

const PORT = 9001;
const MESSAGE_PORT = 9002;
const PIPE = join(import.meta.dirname, '..', 'relays', 'pipe.ts');

function run(...words: readonly string[]): string {
  const [program = '', ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  return stdout;
}

interface Node {
  readonly namespace: string;
  readonly file: string;
  readonly address: string;
}

/** Writes a configuration with a fresh key; `peers` and `listen` as yggdrasil spells them. */
function configure(
  folder: string,
  namespace: string,
  options: {
    readonly listen: readonly string[];
    readonly peers: readonly string[];
    readonly tun: string;
  },
): Node {
  const configuration = JSON.parse(run('yggdrasil', '-genconf', '-json')) as Record<
    string,
    unknown
  >;
  const file = join(folder, `${namespace}.conf`);
  const content = {
    ...configuration,
    Listen: options.listen,
    Peers: options.peers,
    MulticastInterfaces: [],
    AdminListen: 'none',
    IfName: options.tun,
  };
  writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
  const address = run('yggdrasil', '-useconffile', file, '-address').trim();
  return { namespace, file, address };
}

/** A pair of virtual cables between the relay's namespace and another. */
function cable(relay: string, end: string, subnet: number): void {
  const [here, there] = [`r${subnet}`, `e${subnet}`];
  run(
    'ip',
    'link',
    'add',
    here,
    'netns',
    relay,
    'type',
    'veth',
    'peer',
    'name',
    there,
    'netns',
    end,
  );
  for (const [namespace, device, host] of [
    [relay, here, 1],
    [end, there, 2],
  ] as const) {
    run('ip', '-n', namespace, 'addr', 'add', `10.77.${subnet}.${host}/24`, 'dev', device);
    run('ip', '-n', namespace, 'link', 'set', device, 'up');
  }
}

/** A Unix socket at `path` that one process connects to. */
async function accepting(
  path: string,
): Promise<{ readonly accepted: Promise<Socket>; readonly stop: () => void }> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  const { promise, resolve } = Promise.withResolvers<Socket>();
  server.once('connection', resolve);
  return { accepted: promise, stop: () => server.close() };
}

export async function openYggdrasil({ folder, relayCore }: CarrierOptions): Promise<Carrier> {
  const suffix = `${process.pid}`;
  const [relayName, fromName, toName] = [`ygr${suffix}`, `yga${suffix}`, `ygb${suffix}`] as const;
  const namespaces = [relayName, fromName, toName];
  const processes: StartedProcess[] = [];
  const close = async (): Promise<void> => {
    for (const process_ of processes.toReversed()) await process_.end();
    for (const namespace of namespaces) spawnSync('ip', ['netns', 'del', namespace]);
  };
  const inside = (
    core: number | null,
    namespace: string,
    ...words: readonly string[]
  ): StartedProcess => {
    const started = startProcess(core, 'ip', ['netns', 'exec', namespace, ...words]);
    processes.push(started);
    return started;
  };
  try {
    for (const namespace of namespaces) {
      run('ip', 'netns', 'add', namespace);
      run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    }
    cable(relayName, fromName, 1);
    cable(relayName, toName, 2);
    const listen = [1, 2].map((subnet) => `tls://10.77.${subnet}.1:${PORT}`);
    const relayNode = configure(folder, relayName, { listen, peers: [], tun: 'none' });
    const [fromNode, toNode] = [fromName, toName].map((namespace, at) =>
      configure(folder, namespace, { listen: [], peers: [listen[at] ?? ''], tun: 'auto' }),
    );
    if (fromNode === undefined || toNode === undefined) throw new Error('no nodes');
    const relay = inside(relayCore, relayName, 'yggdrasil', '-useconffile', relayNode.file);
    await relay.line(/TLS listener started|Your IPv6/);
    for (const { namespace, file } of [fromNode, toNode]) {
      await inside(null, namespace, 'yggdrasil', '-useconffile', file).line(
        /Connected TLS|Connected/,
      );
    }
    const [fromPath, toPath] = [join(folder, 'from'), join(folder, 'to')];
    const from = await accepting(fromPath);
    const to = await accepting(toPath);
    const pipe = (namespace: string, side: string, path: string): StartedProcess =>
      inside(
        null,
        namespace,
        process.execPath,
        PIPE,
        side,
        toNode.address,
        String(MESSAGE_PORT),
        path,
      );
    await pipe(toName, 'listen', toPath).line(/ready/);
    await pipe(fromName, 'dial', fromPath).line(/ready/);
    const [source, target] = [await from.accepted, await to.accepted];
    const { send, flush } = framedSender(source);
    const carrier: Carrier = {
      relay,
      send,
      flush,
      receive: () => {},
      async close() {
        source.destroy();
        target.destroy();
        from.stop();
        to.stop();
        await close();
      },
    };
    target.on(
      'data',
      framedReceiver((message) => carrier.receive(message)),
    );
    return carrier;
  } catch (error) {
    await close();
    throw error;
  }
}
