// A wire between two processes that can be broken on purpose: a TCP listener that passes every connection on, and that can
// stop to carry, carry later, or carry as a lossy path does. The ends see what TCP shows of such a path: silence, or delay.

import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import type { Rng } from '../../env/rng.ts';

/** Where bytes wait: beyond it the sender is not read, as a full window would have it. */
const HELD_BYTES_MAX = 1024 * 1024;
const CONNECTIONS_MAX = 256;
/** What one lost segment costs: RFC 6298's least timeout as Linux has it, doubled for each further loss. */
const RETRANSMISSION_MS = 200;
const RETRANSMISSIONS_MAX = 6;
const SEGMENT_BYTES = 1448;

/** How the wire is just now. */
interface Condition {
  isCut: boolean;
  byMs: number;
  /** 0–1, of segments. */
  loss: number;
}

export interface LinkProxy {
  /** Where to connect instead of the target. */
  readonly address: string;
  /** Nothing passes in either direction, and nobody is told, until `cut(false)`. */
  cut(isCut: boolean): void;
  /** Each direction takes so much longer. */
  slow(byMs: number): void;
  /** Of all segments such a share (0–1) has to be sent again. */
  lose(share: number): void;
  close(): Promise<void>;
}

/** `target` is asked at each connection: `host:port`, or `null` while nobody listens. */
export async function startLinkProxy(target: () => string | null, rng: Rng): Promise<LinkProxy> {
  const condition: Condition = { isCut: false, byMs: 0, loss: 0 };
  const wires = new Set<Wire>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (wires.size >= CONNECTIONS_MAX) {
      near.destroy();
      return;
    }
    const wire = new Wire(near, target, condition, rng, (over) => wires.delete(over));
    wires.add(wire);
    wire.changed();
  });
  const port = await listen(server);
  const changed = (): void => {
    for (const wire of wires) wire.changed();
  };
  return {
    address: `127.0.0.1:${port}`,
    cut(isCut) {
      condition.isCut = isCut;
      changed();
    },
    slow(byMs) {
      condition.byMs = byMs;
    },
    lose(share) {
      condition.loss = share;
    },
    async close() {
      for (const wire of wires) wire.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** One connection: the socket that was accepted, and the one to the target. */
class Wire {
  readonly #near: Socket;
  readonly #target: () => string | null;
  readonly #condition: Condition;
  readonly #rng: Rng;
  readonly #over: (wire: Wire) => void;
  #far: Socket | null = null;
  #there: Direction | null = null;
  #back: Direction | null = null;
  /** An end broke off while the wire was cut: the other hears of it afterwards. */
  #isBroken = false;

  constructor(
    near: Socket,
    target: () => string | null,
    condition: Condition,
    rng: Rng,
    over: (wire: Wire) => void,
  ) {
    this.#near = near;
    this.#target = target;
    this.#condition = condition;
    this.#rng = rng;
    this.#over = over;
    near.on('error', () => this.#broken());
  }

  /** Goes on as the wire now is. */
  changed(): void {
    if (this.#condition.isCut) return;
    if (this.#isBroken) return this.destroy();
    if (this.#far === null) this.#connect();
    this.#there?.pump();
    this.#back?.pump();
  }

  destroy(): void {
    this.#near.destroy();
    this.#far?.destroy();
    this.#there?.stop();
    this.#back?.stop();
    this.#over(this);
  }

  #connect(): void {
    const address = this.#target();
    if (address === null) return this.destroy();
    const at = address.lastIndexOf(':');
    const far = createConnection({
      host: address.slice(0, at),
      port: Number(address.slice(at + 1)),
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#far = far;
    far.on('error', () => this.#broken());
    const ended = (): void => this.#ended();
    this.#there = new Direction(this.#near, far, this.#condition, this.#rng, ended);
    this.#back = new Direction(far, this.#near, this.#condition, this.#rng, ended);
  }

  /** An orderly end: what is on its way still arrives. */
  #ended(): void {
    if (this.#there?.hasEnded === true && this.#back?.hasEnded === true) this.#over(this);
  }

  #broken(): void {
    this.#isBroken = true;
    if (!this.#condition.isCut) this.destroy();
  }
}

interface Piece {
  /** `null`: the end of the stream. */
  readonly bytes: Uint8Array | null;
  readonly dueAtMs: number;
}

/** One direction of a connection: pieces arrive in order, each when its time has come. */
class Direction {
  /** The end was handed on. */
  hasEnded = false;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #condition: Condition;
  readonly #rng: Rng;
  readonly #pieces: Piece[] = [];
  #heldBytes = 0;
  #lastDueAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #ended: () => void;

  constructor(from: Socket, to: Socket, condition: Condition, rng: Rng, ended: () => void) {
    this.#ended = ended;
    this.#from = from;
    this.#to = to;
    this.#condition = condition;
    this.#rng = rng;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => this.#take(null));
    to.on('drain', () => this.pump());
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#pieces.length = 0;
  }

  /** Hands on what is due. */
  pump(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (!this.#condition.isCut && !this.#to.writableNeedDrain) {
      const piece = this.#pieces[0];
      if (piece === undefined) break;
      const waitMs = piece.dueAtMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), waitMs);
        break;
      }
      this.#pieces.shift();
      this.#heldBytes -= piece.bytes?.length ?? 0;
      if (piece.bytes !== null) this.#to.write(piece.bytes);
      else {
        this.#to.end();
        this.hasEnded = true;
        this.#ended();
      }
    }
    if (this.#heldBytes < HELD_BYTES_MAX) this.#from.resume();
  }

  #take(bytes: Uint8Array | null): void {
    const dueAtMs = performance.now() + this.#delayMs(bytes?.length ?? 0);
    this.#lastDueAtMs = Math.max(this.#lastDueAtMs, dueAtMs);
    this.#pieces.push({ bytes, dueAtMs: this.#lastDueAtMs });
    this.#heldBytes += bytes?.length ?? 0;
    if (this.#heldBytes >= HELD_BYTES_MAX) this.#from.pause();
    this.pump();
  }

  #delayMs(bytes: number): number {
    const { byMs, loss } = this.#condition;
    if (loss === 0) return byMs;
    const segments = Math.max(1, Math.ceil(bytes / SEGMENT_BYTES));
    const isHit = 1 - (1 - loss) ** segments;
    let delayMs = byMs;
    let timeoutMs = Math.max(RETRANSMISSION_MS, 2 * byMs);
    let share = isHit;
    for (let i = 0; i < RETRANSMISSIONS_MAX && this.#unit() < share; i += 1) {
      delayMs += timeoutMs;
      timeoutMs *= 2;
      share = loss;
    }
    return delayMs;
  }

  #unit(): number {
    return this.#rng.uint32() / 2 ** 32;
  }
}
