// A page from a plain HTTP address as a full peer of a mesh: real browser, real sockets, sealed messages both ways, with
// a neighbour and across it. It needs a Chromium; without one it is skipped, and says so.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { createMesh, type Mesh } from '../../src/mesh/mesh.ts';
import { createWebSockets, type WebSockets } from '../../src/platform/links/websocket/websocket.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { noMetrics, silentLogger, TEST_PROTOCOL, testIdentity } from '../suites/mesh-rig.ts';
import { primitivesTranscript } from '../suites/primitives-transcript.ts';
import { bundlePage, findBrowser, openPage, PAGE_HOST, type OpenPage } from './browser-page.ts';
import { until } from './harness.ts';
import type { PagePeer } from './page/peer.ts';

const browser = findBrowser();
const title =
  browser === null
    ? 'a page as a peer: SKIPPED, no browser found (install chromium, or name one in BITCRAPS_BROWSER)'
    : `a page as a peer, in ${browser}`;
// The reporter names no skipped test.
if (browser === null) console.warn(title);

/** A node of the mesh in this process. */
class Peer {
  readonly mesh: Mesh;
  readonly sockets: WebSockets;
  readonly key: string;
  /** `SENDER text`, in order. */
  readonly inbox: string[] = [];

  constructor(name: string, origins: readonly string[] | null) {
    const identity = testIdentity(name);
    const ground = { primitives, clock: systemClock, rng: systemRng, logger: silentLogger };
    this.key = toHex(identity.publicKey);
    this.sockets = createWebSockets({ ...ground, identity, origins });
    this.mesh = createMesh(
      {
        identity,
        networkId: 'test',
        meshName: 'home',
        version: CURRENT,
        rulesHash: new Uint8Array(32),
        proof: new Uint8Array(8),
        proofBits: 0,
        gateway: false,
        ...presets.lan,
      },
      { ...ground, metrics: noMetrics, compressor: zstd, bootEpoch: 1 },
    );
    this.mesh.handle(TEST_PROTOCOL, ({ source, payload }) => {
      this.inbox.push(`${toHex(source)} ${new TextDecoder().decode(payload)}`);
    });
  }

  async stop(): Promise<void> {
    this.mesh.stop();
    await this.sockets.close();
  }
}

describe.skipIf(browser === null)(title, () => {
  let open: OpenPage;
  let near: Peer;
  let far: Peer;
  let address: string;

  beforeAll(async () => {
    const script = await bundlePage(join(import.meta.dirname, 'page', 'peer.ts'));
    open = await openPage(browser ?? '', script);
    near = new Peer('near', [open.origin]);
    far = new Peer('far', null);
    const listener = await near.sockets.listen('ws:127.0.0.1:0', (link) => near.mesh.addLink(link));
    address = listener.address.replace('127.0.0.1', PAGE_HOST);
    far.mesh.addLink(await far.sockets.dialer.dial(listener.address, near.mesh.self));
  });
  afterAll(async () => {
    await open?.close();
    await near?.stop();
    await far?.stop();
  });

  /** Calls the page's peer. */
  async function call<Name extends keyof PagePeer>(
    name: Name,
    ...words: Parameters<PagePeer[Name]>
  ): Promise<Awaited<ReturnType<PagePeer[Name]>>> {
    const answer: unknown = await open.page.evaluate(
      async ({ name, words }) => {
        const peer = Reflect.get(globalThis, 'peer') as Record<
          string,
          (...w: unknown[]) => unknown
        >;
        return await peer[name]?.(...words);
      },
      { name, words },
    );
    return answer as Awaited<ReturnType<PagePeer[Name]>>;
  }

  test('has no secure context, and decides as Node does', async () => {
    const answers = await call('answers');
    expect(answers).toMatchObject({ isSecureContext: false, hasWebCrypto: false });
    expect(answers.noise.length).toBeGreaterThanOrEqual(6);
    for (const { name, computed, published } of answers.noise) {
      expect(computed, name).toEqual(published);
    }
    expect(answers.transcript).toBe(primitivesTranscript(primitives));
  });

  test('is told why a dial failed', async () => {
    expect(await call('failure', address, far.key)).toBe('LINK_WRONG_IDENTITY');
    expect(await call('failure', `ws:${PAGE_HOST}:1`, near.key)).toBe('LINK_DIAL_FAILED');
    expect(await call('failure', 'elsewhere', near.key)).toBe('LINK_ADDRESS_INVALID');
  });

  test('exchanges sealed messages with its neighbour and with a node behind it', async () => {
    const page = await call('join', address, near.key);
    const pageKey = Uint8Array.from(Buffer.from(page, 'hex'));
    // Long and repetitive: Node compresses it, so the page has to open that as well.
    const long = 'double or nothing '.repeat(300);
    for (const [peer, name] of [
      [near, 'near'],
      [far, 'far'],
    ] as const) {
      await until(`a way from the page to ${name}`, async () =>
        (await call('send', peer.key, `to ${name}`)) === null ? true : undefined,
      );
      await until(`the page's message at ${name}`, () =>
        peer.inbox.includes(`${page} to ${name}`) ? true : undefined,
      );
      expect(peer.mesh.send(pageKey, TEST_PROTOCOL, utf8(`${name} ${long}`)).ok).toBe(true);
      await until(`the answer of ${name} in the page`, async () =>
        (await call('inbox')).includes(`${peer.key} ${name} ${long}`) ? true : undefined,
      );
    }
    const neighbours = near.mesh.neighbours().map(({ peer }) => toHex(peer));
    expect(neighbours).toContain(page);
    expect(near.mesh.members().map(({ peer }) => toHex(peer))).toContain(page);
  });

  test('says goodbye', async () => {
    expect(near.mesh.neighbours().length).toBe(2);
    await call('leave');
    await until('the page to be gone', () =>
      near.mesh.neighbours().length === 1 ? true : undefined,
    );
    expect(open.console.filter((line) => /error/i.test(line) && !/WebSocket/.test(line))).toEqual(
      [],
    );
  });
});
