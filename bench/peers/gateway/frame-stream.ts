// Length-prefixed messages over a socket of the load: gathered within a turn, split as they come.

import type { Duplex } from 'node:stream';
import { readU32, writeU32 } from './message.ts';

const PREFIX_BYTES = 4;
const CHUNK_BYTES = 64 * 1024;
/** Bytes that wait in the socket; beyond them a sender waits. */
export const WAITING_BYTES_MAX: number = 512 * 1024;

/** Gathers bytes of a turn into few writes. */
export class Gathering {
  readonly #socket: Duplex;
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #used = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  get isFull(): boolean {
    return this.#socket.writableLength > WAITING_BYTES_MAX;
  }

  /** Room for `bytes` at the offset that comes back, in `chunk`. */
  take(bytes: number): number {
    if (this.#used + bytes > this.#chunk.length) {
      this.flush();
      if (this.#chunk.length < bytes) this.#chunk = Buffer.allocUnsafeSlow(bytes);
    }
    const at = this.#used;
    this.#used += bytes;
    return at;
  }

  get chunk(): Buffer {
    return this.#chunk;
  }

  flush(): void {
    if (this.#used === 0) return;
    this.#socket.write(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#used = 0;
  }
}

/** Sends messages with a length before each. */
export function framedSender(socket: Duplex): {
  send: (message: Uint8Array) => boolean;
  flush: () => void;
} {
  const gathering = new Gathering(socket);
  return {
    send(message) {
      if (gathering.isFull) return false;
      const at = gathering.take(PREFIX_BYTES + message.length);
      writeU32(gathering.chunk, at, message.length);
      gathering.chunk.set(message, at + PREFIX_BYTES);
      return true;
    },
    flush: () => gathering.flush(),
  };
}

/** Cuts a stream into units: `unitBytes` tells how long the one at an offset is, 0 while it cannot tell. */
export function splitter(
  unitBytes: (bytes: Buffer, at: number) => number,
  take: (unit: Buffer) => void,
): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let wanted = 0;
  return (chunk) => {
    let bytes = chunk;
    if (restBytes > 0) {
      rest.push(chunk);
      restBytes += chunk.length;
      if (restBytes < wanted) return;
      bytes = Buffer.concat(rest, restBytes);
      rest = [];
      restBytes = 0;
    }
    let at = 0;
    while (at < bytes.length) {
      const length = unitBytes(bytes, at);
      if (length === 0 || at + length > bytes.length) {
        wanted = length;
        break;
      }
      take(bytes.subarray(at, at + length));
      at += length;
    }
    if (at === bytes.length) return;
    const tail = bytes.subarray(at);
    rest.push(tail);
    restBytes = tail.length;
  };
}

/** Takes messages with a length before each. */
export function framedReceiver(take: (message: Buffer) => void): (chunk: Buffer) => void {
  return splitter(
    (bytes, at) => (bytes.length - at < PREFIX_BYTES ? 0 : PREFIX_BYTES + readU32(bytes, at)),
    (unit) => take(unit.subarray(PREFIX_BYTES)),
  );
}
