// What waits to be sent on a stream: frames gathered into larger pieces, taken from the front as far as the stream goes.
// An idle link holds no memory; pieces double while frames come faster than they leave.

const PIECE_BYTES_MIN = 1024;
const PIECE_BYTES_MAX = 64 * 1024;

export interface SendPieces {
  /** Bytes that wait. */
  readonly bytes: number;
  /** Copies `bytes` behind what waits; `following` is how many the caller adds next. */
  add(bytes: Uint8Array, following: number): void;
  /**
   * Gives pieces to `take`, which answers how many bytes of one it took, until it takes less than all. Returns how many
   * bytes were taken and how many pieces are left.
   */
  hand(take: (piece: Uint8Array) => number): { readonly taken: number; readonly pieces: number };
  clear(): void;
}

export function createSendPieces(): SendPieces {
  const full: Uint8Array[] = [];
  let tail = new Uint8Array(0);
  let tailUsed = 0;
  let bytes = 0;

  function sealTail(): void {
    if (tailUsed > 0) full.push(tail.subarray(0, tailUsed));
    tail = tail.subarray(tailUsed);
    tailUsed = 0;
  }

  return {
    get bytes() {
      return bytes;
    },
    add(added, following) {
      bytes += added.length;
      let at = 0;
      while (at < added.length) {
        if (tailUsed === tail.length) {
          sealTail();
          const room = Math.max(PIECE_BYTES_MIN, added.length - at + following, bytes);
          tail = new Uint8Array(Math.min(room, PIECE_BYTES_MAX));
        }
        const piece = added.subarray(at, at + tail.length - tailUsed);
        tail.set(piece, tailUsed);
        tailUsed += piece.length;
        at += piece.length;
      }
    },
    hand(take) {
      sealTail();
      let taken = 0;
      let gone = 0;
      for (const piece of full) {
        const went = take(piece);
        taken += went;
        if (went < piece.length) {
          full[gone] = piece.subarray(went);
          break;
        }
        gone += 1;
      }
      full.splice(0, gone);
      bytes -= taken;
      if (bytes === 0) tail = new Uint8Array(0);
      return { taken, pieces: full.length };
    },
    clear() {
      full.length = 0;
      tail = new Uint8Array(0);
      tailUsed = 0;
      bytes = 0;
    },
  };
}
