// What runs in the page of `browser-peer.test.ts`: a mesh node whose only transport is the browser's WebSocket.

import { fromHex, toHex, utf8 } from '../../../src/core/bytes.ts';
import { identityFromSeed, type Identity } from '../../../src/crypto/signing.ts';
import type { Dialer } from '../../../src/env/link.ts';
import { createMesh, type Mesh } from '../../../src/mesh/mesh.ts';
import { createPageWebSockets, loadPagePlatform } from '../../../src/platform/browser/platform.ts';
import { presets } from '../../../src/resilience/presets.ts';
import { CURRENT } from '../../../src/versioning/protocol-version.ts';
import { noiseAnswers, type NoiseAnswers } from '../../suites/noise-answers.ts';
import { primitivesTranscript } from '../../suites/primitives-transcript.ts';

const TEST_PROTOCOL = 7;

interface PageAnswers {
  readonly isSecureContext: boolean;
  readonly hasWebCrypto: boolean;
  readonly noise: readonly NoiseAnswers[];
  readonly transcript: string;
}

/** What the test calls in the page. Bytes pass as hexadecimal. */
export interface PagePeer {
  answers(): Promise<PageAnswers>;
  /** Becomes a node of the mesh by a link to `peer` at `address`; the page's own key. */
  join(address: string, peer: string): Promise<string>;
  /** The code that dialling fails with. */
  failure(address: string, peer: string): Promise<string>;
  /** `null` if there is no way there yet. */
  send(destination: string, text: string): string | null;
  /** What came, as `SENDER text`, in order. */
  inbox(): readonly string[];
  leave(): void;
}

const platform = loadPagePlatform({ level: 'info' });
const inbox: string[] = [];
let mesh: Mesh | null = null;

/** A new identity, and WebSockets that prove it. */
async function newNode(): Promise<{ readonly identity: Identity; readonly dialer: Dialer }> {
  const { primitives, clock, rng, logger } = await platform;
  const seed = new Uint8Array(32);
  rng.fill(seed);
  const identity = identityFromSeed(primitives, seed);
  const { dialer } = createPageWebSockets({ primitives, identity, clock, rng, logger });
  return { identity, dialer };
}

const peer: PagePeer = {
  async answers() {
    const { primitives } = await platform;
    return {
      isSecureContext: Reflect.get(globalThis, 'isSecureContext'),
      hasWebCrypto: Reflect.get(crypto, 'subtle') !== undefined,
      noise: noiseAnswers(primitives),
      transcript: primitivesTranscript(primitives),
    };
  },

  async join(address, peer) {
    const { identity, dialer } = await newNode();
    const deps = await platform;
    const link = await dialer.dial(address, fromHex(peer));
    const node = createMesh(
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
      { ...deps, bootEpoch: 1 },
    );
    node.handle(TEST_PROTOCOL, ({ source, payload }) => {
      inbox.push(`${toHex(source)} ${new TextDecoder().decode(payload)}`);
    });
    node.addLink(link);
    mesh = node;
    return toHex(node.self);
  },

  async failure(address, peer) {
    const { dialer } = await newNode();
    return dialer.dial(address, fromHex(peer)).then(
      () => 'none',
      (error: unknown) => String(Reflect.get(Object(error), 'code')),
    );
  },

  send(destination, text) {
    const key = fromHex(destination);
    if (mesh === null || key === null) return 'nowhere';
    const sent = mesh.send(key, TEST_PROTOCOL, utf8(text));
    return sent.ok ? null : sent.error.code;
  },

  inbox: () => inbox,
  leave: () => mesh?.stop(),
};

Reflect.set(globalThis, 'peer', peer);
