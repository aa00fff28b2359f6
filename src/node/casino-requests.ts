// Requests to the casino's validator over the mesh. Datagrams may be lost, so a request is repeated under its id until
// it is answered or its time is out; the casino answers a repeated request again without doing it again. One that is not
// answered in time makes the mesh try another way, and all that wait go that way at once.

import type { Clock, Timer } from '../env/clock.ts';
import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, receivedError, type Result } from '../core/errors.ts';
import type { Mesh } from '../mesh/mesh.ts';
import {
  CASINO_PROTOCOL,
  decodeReply,
  encodeRequest,
  type CasinoAnswer,
  type CasinoAsk,
} from './casino-service.ts';

/** Until a request without an answer is sent again. Longer than a round trip over several slow hops. */
const REPEAT_AFTER_MS = 800;
/** Until a request is given up. */
const GIVE_UP_AFTER_MS = 5_000;
/** Requests that may wait for answers. */
const PENDING_MAX = 32;

interface Pending {
  readonly bytes: Uint8Array;
  readonly begunAt: number;
  sentAt: number;
  readonly settle: (result: Result<CasinoAnswer>) => void;
  timer: Timer | null;
  /** Why the last attempt could not get there, if somebody said so. */
  trouble: BitcrapsError | null;
}

export interface CasinoRequests {
  /**
   * Errors: `NODE_SERVICE_BUSY`, `NODE_SERVICE_TIMEOUT`, or the mesh's reason why the casino cannot be reached
   * (`MESH_…`, `GATEWAY_…`). After one of the latter the request may yet have been done: nobody can know.
   */
  ask(ask: CasinoAsk): Promise<Result<CasinoAnswer>>;
  stop(): void;
}

export interface CasinoRequestsDeps {
  readonly mesh: Mesh;
  readonly casino: Uint8Array;
  readonly clock: Clock;
  /** An answer that nobody asked for: new blocks. */
  readonly onNotice: (answer: CasinoAnswer) => void;
}

/** Takes over the casino protocol of this mesh node. */
export function createCasinoRequests(deps: CasinoRequestsDeps): CasinoRequests {
  const { mesh, casino, clock } = deps;
  const pending = new Map<bigint, Pending>();
  let nextId = 1n;
  let stopped = false;

  const finish = (id: bigint, result: Result<CasinoAnswer>): void => {
    const request = pending.get(id);
    if (request === undefined) return;
    pending.delete(id);
    request.timer?.cancel();
    request.settle(result);
  };

  const attempt = (id: bigint): void => {
    const request = pending.get(id);
    if (request === undefined || stopped) return;
    const waitedMs = clock.now() - request.begunAt;
    if (waitedMs >= GIVE_UP_AFTER_MS) {
      const error =
        request.trouble ?? new BitcrapsError('NODE_SERVICE_TIMEOUT', { ms: GIVE_UP_AFTER_MS });
      return finish(id, { ok: false, error });
    }
    const sent = mesh.send(casino, CASINO_PROTOCOL, request.bytes);
    // What never left this node can be refused at once, and safely asked again.
    if (!sent.ok && waitedMs === 0) return finish(id, sent);
    if (!sent.ok) request.trouble = sent.error;
    request.sentAt = clock.now();
    request.timer?.cancel();
    request.timer = clock.after(REPEAT_AFTER_MS, () => repeat(id, request.sentAt));
  };

  const repeat = (id: bigint, sentAt: number): void => {
    mesh.doubt(casino, CASINO_PROTOCOL, sentAt);
    // Unless it has gone by another way just now.
    if (pending.get(id)?.sentAt === sentAt) attempt(id);
  };

  mesh.onWayLeft((destination) => {
    if (!bytesEqual(destination, casino)) return;
    for (const id of pending.keys()) attempt(id);
  });

  mesh.handle(CASINO_PROTOCOL, ({ source, payload }) => {
    if (stopped || !bytesEqual(source, casino)) return;
    const reply = decodeReply(payload);
    if (!reply.ok) return;
    const { id, answer } = reply.value;
    if (id === 0n) deps.onNotice(answer);
    else finish(id, ok(answer));
  });

  mesh.onUnreachable((destination, code) => {
    if (!bytesEqual(destination, casino)) return;
    const unreachable = new BitcrapsError('NODE_CASINO_UNREACHABLE', { code });
    const trouble = receivedError(code, unreachable.message) ?? unreachable;
    for (const request of pending.values()) request.trouble = trouble;
  });

  return {
    ask(ask) {
      if (pending.size >= PENDING_MAX) {
        return Promise.resolve(fail('NODE_SERVICE_BUSY', { pending: pending.size }));
      }
      const id = nextId;
      nextId += 1n;
      const { promise, resolve } = Promise.withResolvers<Result<CasinoAnswer>>();
      pending.set(id, {
        bytes: encodeRequest({ id, ask }),
        begunAt: clock.now(),
        sentAt: clock.now(),
        settle: resolve,
        timer: null,
        trouble: null,
      });
      attempt(id);
      return promise;
    },
    stop() {
      stopped = true;
      for (const id of pending.keys()) finish(id, fail('NODE_STOPPED', {}));
    },
  };
}
