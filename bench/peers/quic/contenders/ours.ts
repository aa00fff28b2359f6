// Our own links, TLS and QUIC, as contenders: whole links with frames, bounds and proved identities.

import { randomBytes } from 'node:crypto';
import { identityFromSeed } from '../../../../src/crypto/signing.ts';
import type { Dialer, Link, Listen } from '../../../../src/env/link.ts';
import { createQuic } from '../../../../src/platform/links/quic/quic.ts';
import { createTls } from '../../../../src/platform/links/tls.ts';
import { systemClock } from '../../../../src/platform/node/clock.ts';
import { createLogger } from '../../../../src/platform/node/logger.ts';
import { primitives } from '../../../../src/platform/node/primitives.ts';
import type { Contender, Pipe } from './pipe.ts';

function pipeOf(link: Link): Pipe {
  const pipe: Pipe = {
    onBytes: () => undefined,
    onRoom: () => undefined,
    write: (bytes: Uint8Array): boolean => link.send(bytes) === 'sent',
    get waitingBytes(): number {
      return link.bufferedBytes;
    },
    start: (): void =>
      link.attach({
        frame: (bytes) => pipe.onBytes(bytes),
        drain: () => pipe.onRoom(),
        close: () => undefined,
      }),
    close: (): void => link.close(),
  };
  return pipe;
}

export async function createOurs(transport: 'tls' | 'quic'): Promise<Contender> {
  const options = {
    primitives,
    identity: identityFromSeed(primitives, new Uint8Array(randomBytes(32))),
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
  };
  const links: { readonly dialer: Dialer; readonly listen: Listen } =
    transport === 'tls' ? await createTls(options) : createQuic(options);
  const address = transport === 'tls' ? '127.0.0.1:0' : 'quic:127.0.0.1:0';
  return {
    listen: async (accept) => (await links.listen(address, (link) => accept(pipeOf(link)))).address,
    dial: async (to) => pipeOf(await links.dialer.dial(to, null)),
  };
}
