// A secret stream that ends when the other end announces a longer message than ours ever are: the library would make
// room for up to 16 MiB on anybody's word, also before the handshake.

import type {
  CreateSecretStream,
  SecretStreamClass,
  SecretStreamOptions,
  UdxStream,
} from '../../dht/hyperdht-api.ts';

/** One write of a link, and the cipher's addition to it. */
export const MESSAGE_BYTES_MAX: number = 64 * 1024;
const CIPHER_BYTES = 17;

/**
 * Makes streams as the DHT makes its own, and with XX for direct links. Unordered messages are not the library's
 * business: it keys them with the handshake's hash, which follows from what passed on the wire.
 */
export function boundedSecretStreams(base: SecretStreamClass): CreateSecretStream {
  class BoundedSecretStream extends base {
    override _onrawdata(bytes: Buffer): void {
      super._onrawdata(bytes);
      if (this._len > MESSAGE_BYTES_MAX + CIPHER_BYTES) {
        this.destroy(new Error('a message longer than agreed'));
      }
    }
  }
  return (isInitiator: boolean, rawStream: UdxStream | null, options: SecretStreamOptions) =>
    new BoundedSecretStream(isInitiator, rawStream, { ...options, enableSend: false });
}
