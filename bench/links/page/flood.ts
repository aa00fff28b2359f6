// What runs in the page of `bench/links/page.ts`: sends frames as fast as they are taken, over our link and over a bare
// WebSocket.

import { fromHex } from '../../../src/core/bytes.ts';
import { identityFromSeed } from '../../../src/crypto/signing.ts';
import type { Link } from '../../../src/env/link.ts';
import { createPageWebSockets, loadPagePlatform } from '../../../src/platform/browser/platform.ts';

/** What the benchmark calls in the page. */
export interface Flooder {
  /** Opens both; `key` in hexadecimal. */
  open(address: string, key: string, bareUrl: string): Promise<void>;
  /** Resolves when everything is handed over, not when it arrived. */
  flood(contender: 'link' | 'bare', frameBytes: number, frames: number): Promise<void>;
}

/** What bare WebSockets may have waiting. */
const QUEUE_BYTES_MAX = 4 * 1024 * 1024;
let link: Link | null = null;
let bare: WebSocket | null = null;
let drained = Promise.withResolvers<void>();

async function overLink(frame: Uint8Array, frames: number): Promise<void> {
  for (let sent = 0; sent < frames;) {
    if (link?.send(frame) === 'sent') sent += 1;
    else {
      drained = Promise.withResolvers();
      await drained.promise;
    }
  }
}

async function overBare(frame: Uint8Array<ArrayBuffer>, frames: number): Promise<void> {
  for (let sent = 0; sent < frames; sent += 1) {
    while ((bare?.bufferedAmount ?? 0) > QUEUE_BYTES_MAX) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    bare?.send(frame);
  }
}

const flooder: Flooder = {
  async open(address, key, bareUrl) {
    const { primitives, clock, rng, logger } = await loadPagePlatform();
    const seed = new Uint8Array(32);
    rng.fill(seed);
    const identity = identityFromSeed(primitives, seed);
    const { dialer } = createPageWebSockets({ primitives, identity, clock, rng, logger });
    link = await dialer.dial(address, fromHex(key));
    link.attach({ frame: () => undefined, drain: () => drained.resolve(), close: () => undefined });
    const socket = new WebSocket(bareUrl);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    bare = socket;
  },
  flood(contender, frameBytes, frames) {
    const frame = new Uint8Array(frameBytes).fill(7);
    return contender === 'link' ? overLink(frame, frames) : overBare(frame, frames);
  },
};

Reflect.set(globalThis, 'flooder', flooder);
