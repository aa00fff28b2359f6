// Dialling: a WebSocket, the handshake on it, and the check that the one who answers is the one who was meant. It opens
// the WebSocket as it is told to, so that a page dials as Node does.

import { BitcrapsError } from '../../../core/errors.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import type { ProvedPeer } from '../../../crypto/noise-identity.ts';
import type { Dialer, Link } from '../../../env/link.ts';
import { KNOCK_BYTES } from '../../../wire/knock.ts';
import type { AnswerSearch } from '../knock-answer.ts';
import type { MessagePipe, OpenPipe } from './message-pipe.ts';
import { parseWebSocketAddress, webSocketUrl } from './websocket-address.ts';
import type { WebSocketNode } from './websocket-node.ts';

/** On one connection; an honest listener asks once, or again if its load grew meanwhile. */
const CHALLENGES_MAX = 4;

export function createWebSocketDialer(node: WebSocketNode, open: OpenPipe): Dialer {
  return {
    dial(address, remoteKey) {
      const parsed = parseWebSocketAddress(address);
      if (!parsed.ok || parsed.value.port === 0) {
        return Promise.reject(new BitcrapsError('LINK_ADDRESS_INVALID', { address }));
      }
      const url = webSocketUrl(parsed.value);
      return new Promise((resolve, reject) => {
        new Dial(node, address, remoteKey, { resolve, reject }).start(url, open);
      });
    },
  };
}

interface Promised {
  resolve(link: Link): void;
  reject(error: BitcrapsError): void;
}

class Dial {
  readonly #node: WebSocketNode;
  readonly #address: string;
  readonly #expected: Uint8Array | null;
  readonly #promised: Promised;
  #over = false;
  #pipe: MessagePipe | null = null;
  /** Frees what is under way. */
  #undo: () => void = () => undefined;
  readonly #giveUp = (): void =>
    this.#fail(
      new BitcrapsError('LINK_DIAL_FAILED', { address: this.#address, detail: 'this node stops' }),
    );

  constructor(
    node: WebSocketNode,
    address: string,
    expected: Uint8Array | null,
    promised: Promised,
  ) {
    this.#node = node;
    this.#address = address;
    this.#expected = expected;
    this.#promised = promised;
  }

  start(url: string, open: OpenPipe): void {
    const { clock, bounds, closers } = this.#node;
    const { dialTimeoutMs: timeoutMs } = bounds;
    const address = this.#address;
    const timeout = clock.after(timeoutMs, () =>
      this.#fail(
        this.#pipe === null
          ? new BitcrapsError('LINK_DIAL_TIMEOUT', { address, timeoutMs })
          : new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs }),
      ),
    );
    closers.add(this.#giveUp);
    this.#undo = () => timeout.cancel();
    const abort = open(url, {
      opened: (pipe) => this.#opened(pipe),
      failed: (detail) => this.#fail(new BitcrapsError('LINK_DIAL_FAILED', { address, detail })),
    });
    this.#undo = () => {
      timeout.cancel();
      if (this.#pipe === null) abort();
    };
  }

  #opened(pipe: MessagePipe): void {
    this.#pipe = pipe;
    const handshake = this.#node.handshake('initiator', this.#expected);
    const first = handshake.begin() ?? new Uint8Array(0);
    let challenges = 0;
    pipe.attach({
      message: (bytes) => {
        // No message of the handshake that a dialler gets is as short as a knock.
        if (bytes.length === KNOCK_BYTES) {
          challenges += 1;
          if (challenges > CHALLENGES_MAX) this.#refused('it wants more and more work');
          else this.#work(pipe, first, this.#node.answerTo(bytes, this.#expected));
          return;
        }
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
    pipe.send(first);
  }

  /** Solves what the listener wants before it begins, in pieces between which others have their turn; then begins anew. */
  #work(pipe: MessagePipe, first: Uint8Array, search: AnswerSearch | null): void {
    if (this.#over) return;
    if (search === null) {
      this.#refused('its challenge is none');
      return;
    }
    const answer = search.step();
    if (answer === null) {
      this.#node.clock.after(0, () => this.#work(pipe, first, search));
      return;
    }
    pipe.send(answer);
    pipe.send(first);
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
    this.#node.closers.delete(this.#giveUp);
    this.#undo();
    act();
  }
}
