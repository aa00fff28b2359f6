// Loads hyperdht and what it stands on when somebody first needs it: that takes a tenth of a second, and most nodes of a
// mesh have no use for it.

import type {
  HyperDhtClass,
  RawStreamSetClass,
  SecretStreamClass,
  UdxClass,
} from './hyperdht-api.ts';

export async function loadHyperDht(): Promise<HyperDhtClass> {
  return (await import('hyperdht')).default;
}

export async function loadUdx(): Promise<{
  readonly UdxNative: UdxClass;
  readonly RawStreamSet: RawStreamSetClass;
  readonly NoiseSecretStream: SecretStreamClass;
}> {
  const [udx, streams, secret] = await Promise.all([
    import('udx-native'),
    import('hyperdht/lib/raw-stream-set.js'),
    import('@hyperswarm/secret-stream'),
  ]);
  return {
    UdxNative: udx.default,
    RawStreamSet: streams.default,
    NoiseSecretStream: secret.default,
  };
}
