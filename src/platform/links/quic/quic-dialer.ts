// Dialling: a UDP socket of its own for each link, connected, so that a refusal by the other machine is heard; then the
// handshake and the check that the one who answers is the one who was meant.

import type { Socket } from 'node:dgram';
import { BitcrapsError } from '../../../core/errors.ts';
import type { Link } from '../../../env/link.ts';
import { parseQuicAddress } from './quic-address.ts';
import { LOCAL, QuicConnection, REMOTE } from './quic-connection.ts';
import { QuicLink } from './quic-link.ts';
import { newConnectionId, type QuicNode } from './quic-node.ts';
import { openLink, type Opened } from './quic-opening.ts';
import { connectedSocket } from './udp-socket.ts';

/** One dial, with the codes of `Dialer.dial`. */
export async function dialQuic(
  node: QuicNode,
  address: string,
  remoteKey: Uint8Array | null,
): Promise<Link> {
  const parsed = parseQuicAddress(address);
  if (!parsed.ok) throw parsed.error;
  const remote = parsed.value;
  if (remote.port === 0) throw new BitcrapsError('LINK_ADDRESS_INVALID', { address });
  return new Promise<Link>((resolve, reject) => {
    let over = false;
    let giveUpDial = (error: BitcrapsError): void => refuse(error);
    const settle = (act: () => void): void => {
      if (over) return;
      over = true;
      timeout.cancel();
      node.closers.delete(stop);
      act();
    };
    const refuse = (error: BitcrapsError): void => settle(() => reject(error));
    const stop = (): void =>
      giveUpDial(new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'this node stops' }));
    const { dialTimeoutMs: timeoutMs } = node.bounds;
    let dialled: QuicConnection | null = null;
    const timeout = node.clock.after(timeoutMs, () =>
      giveUpDial(
        dialled?.answered === true
          ? new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs })
          : new BitcrapsError('LINK_DIAL_TIMEOUT', { address, timeoutMs }),
      ),
    );
    node.closers.add(stop);
    connectedSocket(remote).then(
      (socket) => {
        if (over) {
          socket.close();
          return;
        }
        const connection = connectionOn(node, socket);
        dialled = connection;
        giveUpDial = openLink({
          node,
          connection,
          role: 'dialer',
          address,
          expected: remoteKey,
          onRefused: refuse,
          onOpened: (opened) => settle(() => resolve(linkOn(node, connection, address, opened))),
        });
        socket.on('error', (error: Error & { readonly code?: string }) => {
          // Anybody could forge the message that an address is unreachable: it ends a dial, never a link.
          const detail = error.code ?? error.message;
          if (!over) giveUpDial(new BitcrapsError('LINK_DIAL_FAILED', { address, detail }));
        });
        connection.planFlush();
      },
      (error: Error & { readonly code?: string }) => {
        const detail = error.code ?? error.message;
        refuse(new BitcrapsError('LINK_DIAL_FAILED', { address, detail }, { cause: error }));
      },
    );
  });
}

function linkOn(
  node: QuicNode,
  connection: QuicConnection,
  remoteAddress: string,
  opened: Opened,
): QuicLink {
  const onOver = (): void => {
    node.closers.delete(close);
  };
  const link = new QuicLink({ ...opened, node, connection, role: 'dialer', remoteAddress, onOver });
  const close = (): Promise<void> => link.stop();
  node.closers.add(close);
  return link;
}

/** A connection that owns its socket: it goes when the connection is gone, or when the node stops. */
function connectionOn(node: QuicNode, socket: Socket): QuicConnection {
  const engine = node.quiche.Connection.connect(
    null,
    newConnectionId(),
    LOCAL,
    REMOTE,
    node.dialConfig,
  );
  const abandon = (): void => connection.abandon();
  const connection = new QuicConnection({
    engine,
    clock: node.clock,
    datagramBytesMax: node.bounds.datagramBytesMax,
    keepAliveMs: node.bounds.keepAliveMs,
    transmit: (datagram, done) => socket.send(datagram, done),
    onGone: () => {
      node.lingering.delete(abandon);
      socket.close();
    },
  });
  node.lingering.add(abandon);
  socket.on('message', (datagram) => connection.receive(datagram));
  return connection;
}
