// The addresses of UDP links, as people write them:
//
//   udp:192.0.2.7:4700            a reliable link straight to a host and port; IPv6 hosts stand in brackets
//   udp-datagram:192.0.2.7:4700   the same with frames that may be lost
//   dht:PEERID                    a reliable link to a peer wherever it is, found and reached through the DHT
//   dht-datagram:PEERID           the same with frames that may be lost
//   dht:  dht-datagram:           for listening: under the node's own key

import { fail, ok, type Result } from '../../../core/errors.ts';
import { parsePeerId, peerIdText } from '../../../core/peer-id.ts';
import { formatAddress, parseAddress } from '../address.ts';

const SCHEME = /^(udp|dht)(-datagram)?:(.*)$/s;

/** What a link carries: frames in order, or frames that may be lost. */
export type LinkMode = 'reliable' | 'datagram';

export type UdpAddress =
  | {
      readonly kind: 'direct';
      readonly mode: LinkMode;
      readonly host: string;
      /** 0 to 65535; 0 asks for a free one when listening. */
      readonly port: number;
    }
  | {
      readonly kind: 'dht';
      readonly mode: LinkMode;
      /** `null`: the node's own, for listening. */
      readonly peer: Uint8Array | null;
    };

export function parseUdpAddress(text: string): Result<UdpAddress, 'LINK_ADDRESS_INVALID'> {
  const [, scheme, datagram, rest = ''] = SCHEME.exec(text) ?? [];
  const mode = datagram === undefined ? 'reliable' : 'datagram';
  if (scheme === 'udp') {
    const direct = parseAddress(rest);
    if (direct.ok) return ok({ kind: 'direct', mode, ...direct.value });
  } else if (scheme === 'dht') {
    const peer = parsePeerId(rest);
    if (peer.ok || rest === '') {
      return ok({ kind: 'dht', mode, peer: peer.ok ? peer.value : null });
    }
  }
  return fail('LINK_ADDRESS_INVALID', { address: text });
}

export function formatUdpAddress(address: UdpAddress): string {
  const datagram = address.mode === 'datagram' ? '-datagram' : '';
  if (address.kind === 'direct') return `udp${datagram}:${formatAddress(address)}`;
  return `dht${datagram}:${address.peer === null ? '' : peerIdText(address.peer)}`;
}
