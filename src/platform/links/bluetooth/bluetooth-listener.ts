// Listening over Bluetooth: the service is advertised, and whoever connects has one deadline to prove an identity.

import { BitcrapsError } from '../../../core/errors.ts';
import type { IdentityStep } from '../../../crypto/noise-identity.ts';
import type { RefusalReason, Visit } from '../../../env/admission.ts';
import type { GattAdvertising, GattPipe } from '../../../env/gatt.ts';
import type { Link, Listener } from '../../../env/link.ts';
import type { MessagePipe } from '../websocket/message-pipe.ts';
import { parseBluetoothAddress, type BluetoothNode } from './bluetooth-node.ts';
import { messagesOver } from './fragment-pipe.ts';

/** Advertises from the adapter at `address`, with the codes of `Listen`. */
export async function listenBluetooth(
  node: BluetoothNode,
  address: string,
  accept: (link: Link) => void,
): Promise<Listener> {
  const parsed = parseBluetoothAddress(address);
  if (!parsed.ok) throw parsed.error;
  const advertising = await advertise(node, address, (gatt) => welcome(node, gatt, accept));
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    node.closers.delete(stop);
    await advertising.close();
  };
  const stop = (): Promise<void> => close();
  node.closers.add(stop);
  return { address: advertising.address, close };
}

async function advertise(
  node: BluetoothNode,
  address: string,
  accept: (gatt: GattPipe) => void,
): Promise<GattAdvertising> {
  try {
    return await node.radio.advertise(address, accept);
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    const cause = { cause: error };
    if (code === 'EADDRINUSE') throw new BitcrapsError('LINK_ADDRESS_IN_USE', { address }, cause);
    throw new BitcrapsError('LINK_ADDRESS_REFUSED', { address, detail: code ?? message }, cause);
  }
}

/** One device that connected. */
function welcome(node: BluetoothNode, gatt: GattPipe, accept: (link: Link) => void): void {
  const { remoteAddress } = gatt;
  const pipe = messagesOver(gatt, node.clock);
  let receivedBytes = 0;
  const visit = node.gate.arrive({
    address: remoteAddress,
    transport: 'bluetooth',
    receivedBytes: () => receivedBytes,
    end: () => pipe.destroy(),
  });
  if (typeof visit === 'string') {
    turnAway(node, pipe, remoteAddress, visit);
    return;
  }
  const verdict = visit.begin(null);
  if (verdict.kind !== 'admitted') {
    // A puzzle has no place here: radios limit who can try how often.
    visit.leave();
    turnAway(node, pipe, remoteAddress, verdict.kind === 'refused' ? verdict.reason : verdict.kind);
    return;
  }
  const handshake = node.handshake('responder', null);
  const { handshakeTimeoutMs } = node.bounds;
  let over = false;
  const refuse = (detail: string, late = false): void => {
    if (over) return;
    over = true;
    deadline.cancel();
    node.closers.delete(stop);
    visit.fail(late ? 'handshake-late' : 'handshake-failed');
    pipe.destroy();
    node.logger.debug('link-refused', {
      address: remoteAddress,
      code: 'LINK_HANDSHAKE_FAILED',
      detail,
    });
  };
  const deadline = node.clock.after(handshakeTimeoutMs, () =>
    refuse(`no handshake within ${handshakeTimeoutMs} ms`, true),
  );
  const stop = (): void => refuse('this node stops');
  node.closers.add(stop);
  const step = (taken: IdentityStep): void => {
    if (taken.kind === 'reply') pipe.send(taken.message);
    else if (taken.kind !== 'proved') {
      refuse(taken.kind === 'refused' ? taken.detail : 'another peer');
    } else {
      over = true;
      deadline.cancel();
      node.closers.delete(stop);
      const reason = visit.prove(taken.peer.publicKey);
      if (reason === null) acceptLink(node, visit, pipe, taken, accept);
      else {
        visit.leave();
        turnAway(node, pipe, remoteAddress, reason);
      }
    }
  };
  pipe.attach({
    message(bytes) {
      receivedBytes += bytes.length;
      if (!over) step(handshake.receive(bytes));
    },
    written: () => undefined,
    closed: (detail) => refuse(detail),
  });
}

function acceptLink(
  node: BluetoothNode,
  visit: Visit,
  pipe: MessagePipe,
  { peer }: IdentityStep & { readonly kind: 'proved' },
  accept: (link: Link) => void,
): void {
  const { remoteAddress } = pipe;
  const link = node.linkOf({ pipe, role: 'listener', peer, remoteAddress }, ({ code }) => {
    if (code === 'LINK_FRAME_TOO_LONG') visit.fail('frame-oversized');
    else visit.leave();
  });
  visit.holds({
    get bufferedBytes() {
      return link.bufferedBytes;
    },
    get writtenBytes() {
      return link.writtenBytes;
    },
    shed: () => link.destroy({ code: 'LINK_STALLED', detail: 'it took its bytes too slowly' }),
  });
  accept(link);
}

function turnAway(
  node: BluetoothNode,
  pipe: MessagePipe,
  address: string,
  reason: RefusalReason,
): void {
  pipe.destroy();
  node.logger.debug('links-refused', { address, reason });
}
