// A secret stream that ends when the other end announces a longer message than ours ever are: the library would make
// room for up to 16 MiB on anybody's word, also before the handshake.

import NoiseSecretStream from '@hyperswarm/secret-stream';
import type {
  CreateSecretStream,
  SecretStreamClass,
  SecretStreamOptions,
  UdxStream,
} from '../../dht/hyperdht-api.ts';

/** One write of a link, and the cipher's addition to it. */
export const MESSAGE_BYTES_MAX: number = 64 * 1024;
const CIPHER_BYTES = 17;

const Base: SecretStreamClass = NoiseSecretStream;

class BoundedSecretStream extends Base {
  override _onrawdata(bytes: Buffer): void {
    super._onrawdata(bytes);
    if (this._len > MESSAGE_BYTES_MAX + CIPHER_BYTES) {
      this.destroy(new Error('a message longer than agreed'));
    }
  }
}

/**
 * Made as the DHT makes its streams, and with XX for direct links. Unordered messages are not the library's business:
 * it keys them with the handshake's hash, which follows from what passed on the wire.
 */
export const createSecretStream: CreateSecretStream = (
  isInitiator: boolean,
  rawStream: UdxStream | null,
  options: SecretStreamOptions,
) => new BoundedSecretStream(isInitiator, rawStream, { ...options, enableSend: false });
