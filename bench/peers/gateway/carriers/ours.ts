// Our own node as the relay, started by its command: between two members of its mesh, or as the gateway that takes packets
// across to the gateway of another mesh. The ends are members of the mesh over our links. One real message shows the ends
// a packet with its route; the load's messages are the bodies of packets like it, so that sealing, which is the ends'
// business, does not hold the load back.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { rulesHash } from '../../../../src/casino/rules-hash.ts';
import { unwrap } from '../../../../src/core/errors.ts';
import { parsePeerId } from '../../../../src/core/peer-id.ts';
import { identityFromSeed } from '../../../../src/crypto/signing.ts';
import { solveProofOfWork } from '../../../../src/crypto/proof-of-work.ts';
import type { Link, LinkHandlers } from '../../../../src/env/link.ts';
import type { Logger } from '../../../../src/env/logger.ts';
import type { Metrics } from '../../../../src/env/metrics.ts';
import { createMesh, type Mesh } from '../../../../src/mesh/mesh.ts';
import { createTls, type Tls } from '../../../../src/platform/links/tls.ts';
import { systemClock } from '../../../../src/platform/node/clock.ts';
import { primitives } from '../../../../src/platform/node/primitives.ts';
import { systemRng } from '../../../../src/platform/node/rng.ts';
import { zstd } from '../../../../src/platform/node/zstd.ts';
import { presets } from '../../../../src/resilience/presets.ts';
import { CURRENT } from '../../../../src/versioning/protocol-version.ts';
import { FrameType } from '../../../../src/wire/frame.ts';
import {
  decodePacketHeader,
  PACKET_HEADER_BYTES_MIN,
  PacketType,
} from '../../../../src/wire/packet.ts';
import type { Carrier, CarrierOptions } from '../carrier.ts';
import { writeU32 } from '../message.ts';
import { startProcess, type StartedProcess } from '../relay-process.ts';

const NETWORK = 'bench';
const PROOF_BITS = 1;
const PROTOCOL = 9;
const MAIN = join(import.meta.dirname, '..', '..', '..', '..', 'src', 'cli', 'main.ts');
/** In a packet: where its body length, its id and the length of its route stand (`wire/packet.ts`). */
const BODY_BYTES_AT = 4;
const PACKET_ID_AT = 12;
const ROUTE_BYTES_AT = 84;
const READY_MS_MAX = 20_000;

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
};
const noMetrics: Metrics = {
  counter: () => ({ add: () => {} }),
  gauge: () => ({ set: () => {} }),
  histogram: () => ({ observe: () => {} }),
};

interface OurNode {
  readonly process: StartedProcess;
  readonly peerId: Uint8Array;
  readonly peerIdText: string;
  readonly listen: string;
  readonly gatewayListen: string | null;
}

async function startNode(
  core: number | null,
  nodeFlags: readonly string[],
  state: string,
  more: readonly string[],
): Promise<OurNode> {
  const words = ['--json', '--network', NETWORK, '--proof-bits', String(PROOF_BITS)];
  const quiet = ['--listen', '127.0.0.1:0', '--log-level', 'error', '--state', state];
  const program = [...nodeFlags, MAIN, 'node', ...words, ...quiet, ...more];
  const process_ = startProcess(core, process.execPath, program);
  const [text] = await process_.line(/^\{"peerId".*\}$/);
  const ready = JSON.parse(text) as Record<'peerId' | 'listen' | 'gatewayListen', string>;
  return {
    process: process_,
    peerId: unwrap(parsePeerId(ready.peerId)),
    peerIdText: ready.peerId,
    listen: ready.listen,
    gatewayListen: ready.gatewayListen,
  };
}

/** A link as the mesh of an end sees it; packets of data pass beside that mesh once `take` is set. */
class Tap implements Link {
  /** A frame that came; `true`: the mesh does not get it. */
  take: (frame: Uint8Array) => boolean = () => false;
  /** A frame that the mesh sends. */
  sees: (frame: Uint8Array) => void = () => {};
  /** The link takes frames again. */
  drained: () => void = () => {};
  readonly link: Link;

  constructor(link: Link) {
    this.link = link;
  }

  get transport(): string {
    return this.link.transport;
  }
  get role(): Link['role'] {
    return this.link.role;
  }
  get remoteKey(): Uint8Array {
    return this.link.remoteKey;
  }
  get remoteAddress(): string {
    return this.link.remoteAddress;
  }
  get channelBinding(): Uint8Array {
    return this.link.channelBinding;
  }
  get reliable(): boolean {
    return this.link.reliable;
  }
  get frameBytesMax(): number {
    return this.link.frameBytesMax;
  }
  get queueBytesMax(): number {
    return this.link.queueBytesMax;
  }
  get bufferedBytes(): number {
    return this.link.bufferedBytes;
  }
  attach(handlers: LinkHandlers): void {
    this.link.attach({
      frame: (bytes, nowMs) => {
        if (!this.take(bytes)) handlers.frame(bytes, nowMs);
      },
      drain: () => handlers.drain(),
      close: (reason) => handlers.close(reason),
    });
  }
  send(frame: Uint8Array): ReturnType<Link['send']> {
    this.sees(frame);
    return this.link.send(frame);
  }
  close(): void {
    this.link.close();
  }
  destroy(reason: Parameters<Link['destroy']>[0]): void {
    this.link.destroy(reason);
  }
}

interface End {
  readonly mesh: Mesh;
  readonly tap: Tap;
  readonly tls: Tls;
}

async function join_(node: OurNode, meshName: string): Promise<End> {
  const identity = identityFromSeed(primitives, crypto.getRandomValues(new Uint8Array(32)));
  const proof = solveProofOfWork(primitives, systemRng, identity.publicKey, NETWORK, PROOF_BITS);
  const tls = await createTls({ primitives, identity, clock: systemClock, logger: silent });
  const mesh = createMesh(
    {
      identity,
      networkId: NETWORK,
      meshName,
      version: CURRENT,
      rulesHash: rulesHash(primitives),
      proof,
      proofBits: PROOF_BITS,
      gateway: false,
      ...presets.default,
    },
    {
      primitives,
      clock: systemClock,
      rng: systemRng,
      logger: silent,
      metrics: noMetrics,
      compressor: zstd,
      bootEpoch: 1,
    },
  );
  const tap = new Tap(await tls.dialer.dial(node.listen, node.peerId));
  mesh.addLink(tap);
  return { mesh, tap, tls };
}

/** Sends a message until it arrives, and answers a packet that carried one: a frame, and where its body begins. */
async function learnPacket(
  from: End,
  to: End,
): Promise<{ frame: Uint8Array; headerBytes: number }> {
  let seen: { frame: Uint8Array; headerBytes: number } | null = null;
  let arrived = false;
  from.tap.sees = (frame) => {
    if (frame[0] !== FrameType.packet) return;
    const header = decodePacketHeader(frame.subarray(1));
    if (!header.ok || header.value.type !== PacketType.data) return;
    seen = { frame: frame.slice(), headerBytes: header.value.headerBytes };
  };
  to.mesh.handle(PROTOCOL, () => (arrived = true));
  const untilMs = performance.now() + READY_MS_MAX;
  while (!arrived || seen === null) {
    if (performance.now() > untilMs) throw new Error('no message crosses our relay');
    from.mesh.send(to.mesh.self, PROTOCOL, new Uint8Array(32));
    await wait(100);
  }
  from.tap.sees = () => {};
  return seen;
}

function carry(
  from: End,
  to: End,
  relay: StartedProcess,
  learned: { frame: Uint8Array; headerBytes: number },
  others: readonly StartedProcess[],
): Carrier {
  const bodyAt = 1 + learned.headerBytes;
  const header = learned.frame.subarray(0, bodyAt);
  let frame = new Uint8Array(0);
  let [high, low] = crypto.getRandomValues(new Uint32Array(2));
  const carrier: Carrier = {
    relay,
    send(message) {
      if (frame.length !== bodyAt + message.length) {
        frame = new Uint8Array(bodyAt + message.length);
        frame.set(header);
        writeU32(frame, 1 + BODY_BYTES_AT, message.length);
      }
      // Packet ids are random at their sources (xorshift, Marsaglia 2003).
      high = xorshift(high ?? 1);
      low = xorshift(low ?? 1);
      writeU32(frame, 1 + PACKET_ID_AT, high);
      writeU32(frame, 1 + PACKET_ID_AT + 4, low);
      frame.set(message, bodyAt);
      return from.tap.link.send(frame) === 'sent';
    },
    flush: () => {},
    receive: () => {},
    async close() {
      for (const { mesh, tls } of [from, to]) {
        mesh.stop();
        await tls.close();
      }
      for (const process of [relay, ...others]) await process.end();
    },
  };
  to.tap.take = (bytes) => {
    if (bytes[0] !== FrameType.packet || bytes[2] !== PacketType.data) return false;
    // A gateway may have given it another route.
    carrier.receive(bytes.subarray(1 + PACKET_HEADER_BYTES_MIN + (bytes[1 + ROUTE_BYTES_AT] ?? 0)));
    return true;
  };
  return carrier;
}

function xorshift(word: number): number {
  let next = word ^ (word << 13);
  next ^= next >>> 17;
  return (next ^ (next << 5)) >>> 0;
}

/** Member – relay – member, one mesh. */
export async function openOurMesh(options: CarrierOptions): Promise<Carrier> {
  const { folder, relayCore, nodeFlags } = options;
  const relay = await startNode(relayCore, nodeFlags, join(folder, 'relay'), []);
  const from = await join_(relay, 'home');
  const to = await join_(relay, 'home');
  return carry(from, to, relay.process, await learnPacket(from, to), []);
}

function gatewayOf(meshName: string): readonly string[] {
  return ['--gateway', '--gateway-listen', '127.0.0.1:0', '--mesh', meshName];
}

/** Member – gateway ⇒ gateway – member: two meshes; the first gateway is measured. */
export async function openOurGateway(options: CarrierOptions): Promise<Carrier> {
  const { folder, relayCore, nodeFlags } = options;
  const far = await startNode(null, [], join(folder, 'far'), gatewayOf('away'));
  const near = await startNode(relayCore, nodeFlags, join(folder, 'near'), [
    ...gatewayOf('home'),
    '--gateway-join',
    `${far.peerIdText}@${far.gatewayListen}`,
  ]);
  const from = await join_(near, 'home');
  const to = await join_(far, 'away');
  return carry(from, to, near.process, await learnPacket(from, to), [far.process]);
}
