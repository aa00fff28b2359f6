// Messages out of fragments. Holds one message at most, and grows with what came, not with the length that was claimed.

import { MESSAGE_BYTES_MAX, type Fragment } from './fragment.ts';

const MEMORY_BYTES_MIN = 512;

export type Reassembled =
  | { readonly kind: 'more' }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** The stream is lost: close the pipe. */
  | { readonly kind: 'broken'; readonly detail: string };

export interface Reassembly {
  push(fragment: Fragment & { readonly kind: 'first' | 'middle' }): Reassembled;
}

export function createReassembly(): Reassembly {
  let expected = 0;
  let memory = new Uint8Array(0);
  let filled = 0;
  /** Of the message under way; 0 between two messages. */
  let messageBytes = 0;

  function take(content: Uint8Array): void {
    const needed = filled + content.length;
    if (needed > memory.length) {
      const grown = Math.max(needed, 2 * memory.length, MEMORY_BYTES_MIN);
      const larger = new Uint8Array(Math.min(grown, messageBytes, MESSAGE_BYTES_MAX));
      larger.set(memory.subarray(0, filled));
      memory = larger;
    }
    memory.set(content, filled);
    filled = needed;
  }

  return {
    push(fragment) {
      if (fragment.sequence !== expected) {
        return { kind: 'broken', detail: 'a value was lost' };
      }
      expected = (expected + 1) & 0xff;
      if ((fragment.kind === 'first') !== (messageBytes === 0)) {
        return { kind: 'broken', detail: 'a message began within another, or in its middle' };
      }
      if (fragment.kind === 'first') messageBytes = fragment.messageBytes;
      if (filled + fragment.content.length > messageBytes) {
        return { kind: 'broken', detail: 'a message is longer than it said' };
      }
      take(fragment.content);
      if (filled < messageBytes) return { kind: 'more' };
      const bytes = memory.subarray(0, filled);
      memory = new Uint8Array(0);
      filled = 0;
      messageBytes = 0;
      return { kind: 'message', bytes };
    },
  };
}
