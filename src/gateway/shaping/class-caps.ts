// Strict priority with caps: control and game go first, each only up to its share of what is sent while others wait.
// Credit is counted in bytes sent and not in time, so that the caps hold at whatever rate a link happens to carry.

/** The order of urgency. */
export const CONTROL = 0;
export const GAME = 1;
export const BULK = 2;
export const CLASSES = 3;

/** `CONTROL`, `GAME` or `BULK`. */
export type ClassRank = 0 | 1 | 2;

export const CLASS_NAMES = ['control', 'game', 'bulk'] as const;

/** Handshakes and notices: small, and few beside what they serve. */
export const CONTROL_SHARE_MAX = 0.2;
/** The rest, a tenth at least, is left to bulk: it goes slowly, but it goes. */
export const GAME_SHARE_MAX = 0.7;
/** What a class may send at once beyond its share after it has sent less. */
export const CREDIT_BYTES_MAX: number = 32 * 1024;

export class ClassCaps {
  readonly #credit: [number, number] = [CREDIT_BYTES_MAX, CREDIT_BYTES_MAX];

  /** Whether the class still has priority. */
  isUrgent(rank: ClassRank): boolean {
    return rank !== BULK && this.#credit[rank] > 0;
  }

  /** A packet of the class went while packets of other classes waited. */
  sent(rank: ClassRank, bytes: number): void {
    const credit = this.#credit;
    // The floor lets a class that was over its share because nobody else was ready have its priority back soon.
    const control = credit[0] + bytes * CONTROL_SHARE_MAX - (rank === CONTROL ? bytes : 0);
    const game = credit[1] + bytes * GAME_SHARE_MAX - (rank === GAME ? bytes : 0);
    credit[0] = Math.max(-CREDIT_BYTES_MAX, Math.min(CREDIT_BYTES_MAX, control));
    credit[1] = Math.max(-CREDIT_BYTES_MAX, Math.min(CREDIT_BYTES_MAX, game));
  }
}
