// Dialling over Bluetooth: a connection by the radio, the handshake on it, and the check that the one who answers is the
// one who was meant.

import { BitcrapsError } from '../../../core/errors.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import type { ProvedPeer } from '../../../crypto/noise-identity.ts';
import type { GattPipe } from '../../../env/gatt.ts';
import type { Link } from '../../../env/link.ts';
import type { MessagePipe } from '../websocket/message-pipe.ts';
import { parseBluetoothAddress, type BluetoothNode } from './bluetooth-node.ts';
import { messagesOver } from './fragment-pipe.ts';

/** One dial, with the codes of `Dialer.dial`. */
export async function dialBluetooth(
  node: BluetoothNode,
  address: string,
  expected: Uint8Array | null,
): Promise<Link> {
  const parsed = parseBluetoothAddress(address);
  if (!parsed.ok) throw parsed.error;
  return new Promise((resolve, reject) => {
    new Dial(node, address, expected, { resolve, reject }).start();
  });
}

interface Promised {
  resolve(link: Link): void;
  reject(error: BitcrapsError): void;
}

class Dial {
  readonly #node: BluetoothNode;
  readonly #address: string;
  readonly #expected: Uint8Array | null;
  readonly #promised: Promised;
  #pipe: MessagePipe | null = null;
  #over = false;
  #stopTimer: () => void = () => undefined;
  readonly #giveUp = (): void => this.#failed('this node stops');

  constructor(
    node: BluetoothNode,
    address: string,
    expected: Uint8Array | null,
    promised: Promised,
  ) {
    this.#node = node;
    this.#address = address;
    this.#expected = expected;
    this.#promised = promised;
  }

  start(): void {
    const { clock, bounds, closers, radio } = this.#node;
    const { dialTimeoutMs: timeoutMs } = bounds;
    const address = this.#address;
    const timeout = clock.after(timeoutMs, () =>
      this.#fail(
        this.#pipe === null
          ? new BitcrapsError('LINK_DIAL_TIMEOUT', { address, timeoutMs })
          : new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs }),
      ),
    );
    this.#stopTimer = () => timeout.cancel();
    closers.add(this.#giveUp);
    radio.connect(address).then(
      (gatt) => this.#connected(gatt),
      (error: unknown) => this.#failed(error instanceof Error ? error.message : String(error)),
    );
  }

  #connected(gatt: GattPipe): void {
    if (this.#over) {
      gatt.close();
      return;
    }
    const pipe = messagesOver(gatt, this.#node.clock);
    this.#pipe = pipe;
    const handshake = this.#node.handshake('initiator', this.#expected);
    pipe.attach({
      message: (bytes) => {
        const step = handshake.receive(bytes);
        if (step.kind === 'other-peer') this.#wrongPeer(step.actual);
        else if (step.kind === 'proved' && step.message !== null) {
          pipe.send(step.message);
          this.#proved(pipe, step.peer);
        } else this.#refused(step.kind === 'refused' ? step.detail : 'a message out of turn');
      },
      written: () => undefined,
      closed: (detail) => this.#refused(detail),
    });
    const first = handshake.begin();
    if (first !== null) pipe.send(first);
  }

  #proved(pipe: MessagePipe, peer: ProvedPeer): void {
    this.#settle(() => {
      const ends = { pipe, role: 'dialer', peer, remoteAddress: this.#address } as const;
      this.#promised.resolve(this.#node.linkOf(ends, () => undefined));
    });
  }

  #refused(detail: string): void {
    this.#fail(new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail }));
  }

  #failed(detail: string): void {
    this.#fail(new BitcrapsError('LINK_DIAL_FAILED', { address: this.#address, detail }));
  }

  #wrongPeer(key: Uint8Array): void {
    const expected = peerIdShort(this.#expected ?? key);
    const actual = peerIdShort(key);
    this.#fail(
      new BitcrapsError('LINK_WRONG_IDENTITY', { address: this.#address, actual, expected }),
    );
  }

  #fail(error: BitcrapsError): void {
    this.#settle(() => {
      this.#pipe?.destroy();
      this.#promised.reject(error);
    });
  }

  #settle(act: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer();
    this.#node.closers.delete(this.#giveUp);
    act();
  }
}
