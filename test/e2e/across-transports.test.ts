// One message over everything: a page → WebSocket → gateway → QUIC → gateway → UDP → a node, and the answer back. Real
// sockets, sealed from end to end; the page is a real browser where there is one, and a node that dials by WebSocket always.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import type { Link } from '../../src/env/link.ts';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import { createMesh, type Mesh } from '../../src/mesh/mesh.ts';
import { createTransports, type Transport } from '../../src/platform/links/transports.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { noMetrics, silentLogger, TEST_PROTOCOL, testIdentity } from '../suites/mesh-rig.ts';
import { bundlePage, findBrowser, openPage, PAGE_HOST, type OpenPage } from './browser-page.ts';
import { until } from './harness.ts';

const browser = findBrowser();
if (browser === null) console.warn('across transports: the page is SKIPPED, no browser found');

class Peer {
  readonly key: Uint8Array;
  readonly mesh: Mesh;
  readonly gateway: Gateway | null;
  readonly transports: Transport;
  /** `SENDER text`, in order. */
  readonly inbox: string[] = [];

  constructor(name: string, meshName: string, isGateway: boolean) {
    const identity = testIdentity(name);
    this.key = identity.publicKey;
    const ground = { primitives, clock: systemClock, rng: systemRng, logger: silentLogger };
    this.transports = createTransports({ ...ground, identity });
    const config = {
      identity,
      networkId: 'test',
      meshName,
      version: CURRENT,
      rulesHash: new Uint8Array(32),
      proof: new Uint8Array(8),
      proofBits: 0,
      ...presets.lan,
    };
    const deps = { ...ground, metrics: noMetrics, compressor: zstd, bootEpoch: 1 };
    this.mesh = createMesh({ ...config, gateway: isGateway }, deps);
    this.gateway = isGateway ? createGateway(config, { ...deps, mesh: this.mesh }) : null;
    this.mesh.handle(TEST_PROTOCOL, ({ source, payload }) => {
      this.inbox.push(`${toHex(source)} ${new TextDecoder().decode(payload)}`);
    });
  }

  readonly acceptMesh = (link: Link): void => this.mesh.addLink(link);
  readonly acceptBridge = (link: Link): void => this.gateway?.addLink(link);

  async stop(): Promise<void> {
    await this.gateway?.stop();
    this.mesh.stop();
    await this.transports.close();
  }
}

function transports(peers: readonly { readonly transport: string }[]): readonly string[] {
  return peers.map(({ transport }) => transport);
}

describe('across WebSocket, QUIC and UDP', () => {
  const near = new Peer('gateway-near', 'home', true);
  const far = new Peer('gateway-far', 'away', true);
  const node = new Peer('node', 'away', false);
  const member = new Peer('member', 'home', false);
  let address = '';
  let open: OpenPage | null = null;

  beforeAll(async () => {
    const websocket = await near.transports.listen('ws:127.0.0.1:0', near.acceptMesh);
    ({ address } = websocket);
    const quic = await far.transports.listen('quic:127.0.0.1:0', far.acceptBridge);
    const udp = await far.transports.listen('udp:127.0.0.1:0', far.acceptMesh);
    near.acceptBridge(await near.transports.dialer.dial(quic.address, far.key));
    node.acceptMesh(await node.transports.dialer.dial(udp.address, far.key));
    if (browser !== null) {
      const script = await bundlePage(join(import.meta.dirname, 'page', 'peer.ts'));
      open = await openPage(browser, script);
    }
    await until('the gateways to know who is where', () =>
      near.gateway?.reaches(node.key) === true ? true : undefined,
    );
  });
  afterAll(async () => {
    await open?.close();
    for (const peer of [member, node, near, far]) await peer.stop();
  });

  /** Calls the page's peer. */
  async function call(name: string, ...words: readonly string[]): Promise<unknown> {
    return await open?.page.evaluate(
      async ({ name, words }) => {
        const peer = Reflect.get(globalThis, 'peer') as Record<
          string,
          (...w: readonly string[]) => unknown
        >;
        return await peer[name]?.(...words);
      },
      { name, words },
    );
  }

  /** Sends to the node, has it answer, and checks what the message travelled over. */
  async function thereAndBack(
    from: Uint8Array,
    send: (text: string) => Promise<string | null>,
    inbox: () => Promise<readonly string[]>,
  ): Promise<void> {
    await until('a way there', async () => ((await send('roll')) === null ? true : undefined));
    await until('the message at the node', () =>
      node.inbox.includes(`${toHex(from)} roll`) ? true : undefined,
    );
    await until('the answer to leave', () =>
      node.mesh.send(from, TEST_PROTOCOL, utf8('seven')).ok ? true : undefined,
    );
    await until('the answer', async () =>
      (await inbox()).includes(`${toHex(node.key)} seven`) ? true : undefined,
    );
    expect(transports(near.mesh.neighbours())).toContain('websocket');
    expect(transports(near.gateway?.bridges() ?? [])).toEqual(['quic']);
    expect(transports(far.mesh.neighbours())).toEqual(['udp']);
    for (const gateway of [near.gateway, far.gateway]) {
      const { packetsIn = 0, packetsOut = 0 } = gateway?.crossings() ?? {};
      expect(packetsIn).toBeGreaterThan(0);
      expect(packetsOut).toBeGreaterThan(0);
    }
  }

  test('a node that dials by WebSocket is answered by one behind UDP', async () => {
    member.acceptMesh(await member.transports.dialer.dial(address, near.key));
    await thereAndBack(
      member.key,
      async (text) => {
        const sent = member.mesh.send(node.key, TEST_PROTOCOL, utf8(text));
        return sent.ok ? null : sent.error.code;
      },
      async () => member.inbox,
    );
  });

  test.skipIf(browser === null)('a page in a browser is, too', async () => {
    const url = address.replace('127.0.0.1', PAGE_HOST);
    const key = String(await call('join', url, toHex(near.key)));
    await thereAndBack(
      Uint8Array.from(Buffer.from(key, 'hex')),
      async (text) => (await call('send', toHex(node.key), text)) as string | null,
      async () => (await call('inbox')) as readonly string[],
    );
    await call('leave');
  });
});
