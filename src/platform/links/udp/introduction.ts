// From a fresh encrypted stream to a proved neighbour: each end's first message, checked.

import { concat, utf8 } from '../../../core/bytes.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import type { Primitives } from '../../../env/primitives.ts';
import type { Rng } from '../../../env/rng.ts';
import type { SecretStream, UdxStream } from '../../dht/hyperdht-api.ts';
import { DATAGRAM_KEY_BYTES, decodeLinkHello, encodeLinkHello } from './link-hello.ts';
import type { LinkMode } from './udp-address.ts';

const BINDING_BYTES = 32;
const BINDING_LABEL: Uint8Array = utf8('bitcraps/udp/channel-binding');

/** An encrypted stream whose other end has proved its identity and agreed on what it carries. */
export interface Introduced {
  readonly stream: SecretStream;
  readonly raw: UdxStream;
  readonly mode: LinkMode;
  readonly remoteKey: Uint8Array;
  /** From the hash of the Noise handshake: the same at both ends, new for each stream. */
  readonly channelBinding: Uint8Array;
  /** Under which this end seals its datagrams, and the other its own. */
  readonly sealKey: Uint8Array;
  readonly openKey: Uint8Array;
}

export interface Introduction {
  readonly primitives: Primitives;
  readonly rng: Rng;
  readonly stream: SecretStream;
  /** The dialer's wish; `null`: this end listens and takes what `agrees` agrees to. */
  readonly offer: LinkMode | null;
  readonly agrees: (mode: LinkMode) => boolean;
}

/**
 * Resolves with what `use` makes of the introduced stream, which is paused: `use` listens to its end at once. Rejects
 * with `LINK_HANDSHAKE_FAILED` or with what `use` throws, and then the stream is destroyed. The caller's deadline
 * destroys the stream.
 */
export function introduce<T>(
  introduction: Introduction,
  use: (introduced: Introduced) => T,
): Promise<T> {
  const { stream, offer, agrees, rng, primitives } = introduction;
  const sealKey = new Uint8Array(DATAGRAM_KEY_BYTES);
  rng.fill(sealKey);
  return new Promise((resolve, reject) => {
    const forget = (): void => {
      stream.off('data', received);
      stream.off('close', closed);
      stream.off('end', closed);
    };
    const fail = (error: Error): void => {
      forget();
      stream.destroy();
      reject(error);
    };
    const refuse = (detail: string): void =>
      fail(new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail }));
    const closed = (): void => refuse('the other end closed the connection');
    const received = (bytes: Buffer): void => {
      stream.pause();
      const hello = decodeLinkHello(bytes);
      const { rawStream: raw, handshakeHash, remotePublicKey } = stream;
      if (hello === null || raw === null || handshakeHash === null || remotePublicKey === null) {
        return refuse('it speaks another protocol');
      }
      const { mode } = hello;
      if (!agrees(mode)) return refuse(`nobody here takes ${mode} links`);
      forget();
      if (offer === null) stream.write(encodeLinkHello({ mode, datagramKey: sealKey }));
      const binding = concat(BINDING_LABEL, handshakeHash);
      const introduced = {
        stream,
        raw,
        mode,
        remoteKey: new Uint8Array(remotePublicKey),
        channelBinding: primitives.blake2b(binding, BINDING_BYTES),
        sealKey,
        openKey: hello.datagramKey,
      };
      try {
        resolve(use(introduced));
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    };
    // Stays to the end: an error that nobody listens to would end the process.
    stream.on('error', (error) => refuse(error.code ?? error.message));
    stream.on('close', closed);
    stream.on('end', closed);
    stream.on('data', received);
    if (offer !== null) stream.write(encodeLinkHello({ mode: offer, datagramKey: sealKey }));
  });
}
