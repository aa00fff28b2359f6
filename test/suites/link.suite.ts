// What every transport must do, whoever implements it: one suite over `Dialer`, `Listen` and `Link`. A transport calls
// it in three lines with an arena that makes two nodes and, where time is virtual, lets it pass.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesEqual } from '../../src/core/bytes.ts';
import type { Dialer, Link, LinkClose, Listen, Listener } from '../../src/env/link.ts';

/**
 * Where nobody listens: the discard port (RFC 863), which no system hands out. One that was free a moment ago may be another's
 * by the time it is dialled.
 */
export const DEAD_PORT = 9;

/**
 * What a node that stops grants its closing links, where time is real: both ends share one thread here, and a machine that is
 * busy may hold it up for as long as a node would wait.
 */
export const PATIENT_STOP = { stopTimeoutMs: 20_000 } as const;

/** One node of the arena. */
export interface LinkNode {
  readonly publicKey: Uint8Array;
  readonly dialer: Dialer;
  readonly listen: Listen;
  /** An address on which the node may listen; a port 0 asks for a free one. */
  readonly listenAddress: string;
  /** The node stops: its links, listeners and dials end. `null` where nothing of it does so in order. */
  readonly stop: (() => Promise<void>) | null;
}

export interface LinkArena {
  /** Three nodes with different keys. */
  readonly nodes: readonly [LinkNode, LinkNode, LinkNode];
  /** Bounds of every link here. A queue of some 100 KiB fills fast. */
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  /** Resolves with what `work` gives; where time is virtual, lets it pass meanwhile. */
  settle<T>(work: Promise<T>): Promise<T>;
  /** Nothing listens there. */
  readonly deadAddress: string;
  readonly invalidAddresses: readonly string[];
  /** Ends everything. */
  close(): Promise<void>;
}

/** The receiving side of a link, as promises. */
class Receiver {
  readonly frames: Uint8Array[] = [];
  drains = 0;
  closes: LinkClose[] = [];
  /** Called at each event. */
  #watchers = new Set<() => void>();

  attach(link: Link): this {
    link.attach({
      frame: (bytes) => {
        expect(this.closes).toEqual([]);
        this.frames.push(bytes);
        this.#changed();
      },
      drain: () => {
        this.drains += 1;
        this.#changed();
      },
      close: (reason) => {
        this.closes.push(reason);
        this.#changed();
      },
    });
    return this;
  }

  until(holds: (receiver: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds(this)) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

function pattern(bytes: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
}

function closed(receiver: Receiver): boolean {
  return receiver.closes.length > 0;
}

/** Fills the queue of a link whose other end has no receiver yet; the number of frames it took. */
function fill(link: Link, frame: Uint8Array): number {
  const framesMax = 4 * Math.ceil(link.queueBytesMax / frame.length) + 1000;
  for (let sent = 0; sent < framesMax; sent += 1) {
    if (link.send(frame) === 'full') return sent;
  }
  return expect.unreachable('the queue has a bound');
}

/** Registers the suite for one reliable transport. `stops`: its nodes can stop in order. */
export function describeLink(
  name: string,
  createArena: () => Promise<LinkArena>,
  stops: boolean = true,
): void {
  describe(name, () => {
    let arena: LinkArena;
    let listener: Listener;
    let accepted: Link[];
    let onAccept: () => void;

    beforeEach(async () => {
      arena = await createArena();
      accepted = [];
      onAccept = () => undefined;
      const [, b] = arena.nodes;
      listener = await arena.settle(
        b.listen(b.listenAddress, (link) => {
          accepted.push(link);
          onAccept();
        }),
      );
    });
    afterEach(async () => {
      await arena.settle(listener.close());
      await arena.close();
    });

    const nextAccepted = (): Promise<Link> =>
      arena.settle(
        new Promise((resolve) => {
          const count = accepted.length;
          onAccept = () => {
            const link = accepted[count];
            if (link !== undefined) resolve(link);
          };
        }),
      );
    /** An established link: the dialer's end and the listener's. */
    const connect = async (from = 0): Promise<readonly [Link, Link]> => {
      const [, b] = arena.nodes;
      const node = arena.nodes[from] ?? arena.nodes[0];
      const inbound = nextAccepted();
      const dialled = await arena.settle(node.dialer.dial(listener.address, b.publicKey));
      return [dialled, await inbound];
    };
    const until = (receiver: Receiver, holds: (receiver: Receiver) => boolean): Promise<void> =>
      arena.settle(receiver.until(holds));

    test('both ends know each other, their role and their bounds', async () => {
      const [a, b] = arena.nodes;
      const [out, inn] = await connect();
      expect([out.role, inn.role]).toEqual(['dialer', 'listener']);
      expect(out.remoteKey).toEqual(b.publicKey);
      expect(inn.remoteKey).toEqual(a.publicKey);
      expect(out.transport).toBe(inn.transport);
      expect(out.remoteAddress).toBe(listener.address);
      expect(inn.remoteAddress).not.toBe('');
      for (const link of [out, inn]) {
        expect(link.reliable).toBe(true);
        expect(link.frameBytesMax).toBe(arena.frameBytesMax);
        expect(link.queueBytesMax).toBe(arena.queueBytesMax);
        expect(link.bufferedBytes).toBe(0);
      }
    });

    test('the channel binding is equal at both ends and different for each link', async () => {
      const [out, inn] = await connect();
      expect(out.channelBinding.length).toBe(32);
      expect(out.channelBinding).toEqual(inn.channelBinding);
      const [again] = await connect();
      const [other] = await connect(2);
      expect(bytesEqual(again.channelBinding, out.channelBinding)).toBe(false);
      expect(bytesEqual(other.channelBinding, out.channelBinding)).toBe(false);
    });

    test('frames keep their boundaries and their order, both ways at once', async () => {
      const [out, inn] = await connect();
      const [atOut, atIn] = [new Receiver().attach(out), new Receiver().attach(inn)];
      const frames = Array.from({ length: 300 }, (_, i) => pattern(1 + ((i * 37) % 700), i));
      for (const frame of frames) {
        expect(out.send(frame)).toBe('sent');
        expect(inn.send(frame.toReversed())).toBe('sent');
      }
      await until(atIn, (r) => r.frames.length === frames.length);
      await until(atOut, (r) => r.frames.length === frames.length);
      expect(atIn.frames).toEqual(frames);
      expect(atOut.frames).toEqual(frames.map((frame) => frame.toReversed()));
    });

    test('a frame of one byte and a frame of the full length arrive whole', async () => {
      const [out, inn] = await connect();
      const atIn = new Receiver().attach(inn);
      const frames = [pattern(1, 1), pattern(arena.frameBytesMax, 2), pattern(1, 3)];
      for (const frame of frames) {
        while (out.send(frame) === 'full')
          await until(new Receiver().attach(out), (r) => r.drains > 0);
      }
      await until(atIn, (r) => r.frames.length === 3);
      expect(atIn.frames.every((frame, i) => bytesEqual(frame, frames[i] ?? frame))).toBe(true);
    });

    test('what the receiver gets is a plain array of its own', async () => {
      const [out, inn] = await connect();
      const atIn = new Receiver().attach(inn);
      const frame = pattern(100, 1);
      out.send(frame);
      frame.fill(0);
      out.send(pattern(100, 2));
      await until(atIn, (r) => r.frames.length === 2);
      expect(atIn.frames[0]).toEqual(pattern(100, 1));
      atIn.frames[0]?.fill(9);
      expect(atIn.frames[1]).toEqual(pattern(100, 2));
      expect(Object.getPrototypeOf(atIn.frames[0])).toBe(Uint8Array.prototype);
    });

    test('a frame that is too long, or empty, is the caller’s bug and leaves the link alone', async () => {
      const [out, inn] = await connect();
      const atIn = new Receiver().attach(inn);
      expect(() => out.send(new Uint8Array(arena.frameBytesMax + 1))).toThrow(
        expect.objectContaining({ code: 'LINK_FRAME_TOO_LONG' }),
      );
      expect(() => out.send(new Uint8Array(0))).toThrow('at least one byte');
      expect(out.send(pattern(5, 1))).toBe('sent');
      await until(atIn, (r) => r.frames.length === 1);
      expect(atIn.frames).toEqual([pattern(5, 1)]);
    });

    test('frames that came before the receiver are kept, in order', async () => {
      const [out, inn] = await connect();
      for (let i = 0; i < 20; i += 1) out.send(pattern(50, i));
      const [probe, probeIn] = await connect(2);
      // A second link's round trip: by now the first frames are there.
      const back = new Receiver().attach(probe);
      const there = new Receiver().attach(probeIn);
      probe.send(pattern(1, 1));
      await until(there, (r) => r.frames.length === 1);
      probeIn.send(pattern(1, 1));
      await until(back, (r) => r.frames.length === 1);
      const late = new Receiver().attach(inn);
      expect(late.frames).toEqual([]);
      await until(late, (r) => r.frames.length === 20);
      expect(late.frames).toEqual(Array.from({ length: 20 }, (_, i) => pattern(50, i)));
    });

    test('no handler runs inside a call to the link', async () => {
      const [out, inn] = await connect();
      let inside = false;
      let events = 0;
      const enough = Promise.withResolvers<void>();
      const guarded = (link: Link): void =>
        link.attach({
          frame: () => {
            events += 1;
            if (events === 10) enough.resolve();
            expect(inside).toBe(false);
            inside = true;
            link.send(pattern(10, 1));
            inside = false;
          },
          drain: () => expect(inside).toBe(false),
          close: () => expect(inside).toBe(false),
        });
      const call = (act: () => void): void => {
        inside = true;
        act();
        inside = false;
      };
      call(() => guarded(out));
      call(() => guarded(inn));
      call(() => void out.send(pattern(10, 1)));
      await arena.settle(enough.promise);
      call(() => out.destroy({ code: null, detail: 'test' }));
      call(() => inn.close());
    });

    test('a full queue pushes back, then drains, and loses nothing', async () => {
      const [out, inn] = await connect();
      const atOut = new Receiver().attach(out);
      const frame = pattern(10_000, 3);
      const sent = fill(out, frame);
      expect(out.bufferedBytes).toBeGreaterThanOrEqual(arena.queueBytesMax);
      expect(out.bufferedBytes).toBeLessThan(arena.queueBytesMax + arena.frameBytesMax + 1000);
      expect(out.send(frame)).toBe('full');
      expect(atOut.drains).toBe(0);
      const atIn = new Receiver().attach(inn);
      await until(atOut, (r) => r.drains > 0);
      expect(out.bufferedBytes).toBeLessThanOrEqual(arena.queueBytesMax / 2);
      expect(out.send(pattern(10, 4))).toBe('sent');
      await until(atIn, (r) => r.frames.length === sent + 1);
      expect(atIn.frames.slice(0, sent).every((got) => bytesEqual(got, frame))).toBe(true);
      expect(atIn.frames[sent]).toEqual(pattern(10, 4));
      expect(out.bufferedBytes).toBe(0);
      expect(atOut.drains).toBe(1);
    });

    test('an orderly close delivers what was accepted, at both ends, and ends both with null', async () => {
      const [out, inn] = await connect();
      const [atOut, atIn] = [new Receiver().attach(out), new Receiver().attach(inn)];
      const frames = Array.from({ length: 100 }, (_, i) => pattern(2000, i));
      for (const frame of frames) out.send(frame);
      for (const frame of frames.slice(0, 50)) inn.send(frame);
      out.close();
      out.close();
      expect(out.send(pattern(1, 1))).toBe('closed');
      await until(atIn, closed);
      await until(atOut, closed);
      expect(atIn.frames).toEqual(frames);
      expect(atOut.frames).toEqual(frames.slice(0, 50));
      expect([atOut.closes, atIn.closes].map((list) => list.map(({ code }) => code))).toEqual([
        [null],
        [null],
      ]);
      expect(out.send(pattern(1, 1))).toBe('closed');
      expect(inn.send(pattern(1, 1))).toBe('closed');
      expect([out.bufferedBytes, inn.bufferedBytes]).toEqual([0, 0]);
    });

    test('destroy ends at once: here with the given reason, there with a code', async () => {
      const [out, inn] = await connect();
      const atOut = new Receiver().attach(out);
      fill(out, pattern(10_000, 1));
      out.destroy({ code: 'LINK_STALLED', detail: 'a test' });
      out.destroy({ code: 'LINK_RESET', detail: 'again' });
      expect(out.send(pattern(1, 1))).toBe('closed');
      expect(out.bufferedBytes).toBe(0);
      await until(atOut, closed);
      const atIn = new Receiver().attach(inn);
      await until(atIn, closed);
      expect(atOut.closes).toEqual([{ code: 'LINK_STALLED', detail: 'a test' }]);
      expect(atIn.closes.map(({ code }) => code)).toEqual(['LINK_RESET']);
    });

    test('frames that end in zeros, and frames of nothing else, are frames', async () => {
      const [out, inn] = await connect();
      const atIn = new Receiver().attach(inn);
      const sizes = [1, 2, 3, 4, 5, 8, 9, 100, 4096];
      for (const size of sizes) {
        out.send(new Uint8Array(size));
        await until(atIn, (r) => r.frames.at(-1)?.length === size);
      }
      out.close();
      await until(atIn, closed);
      expect(atIn.frames).toEqual(sizes.map((size) => new Uint8Array(size)));
      expect(atIn.closes.map(({ code }) => code)).toEqual([null]);
    });

    if (stops) {
      test.each(['dialer', 'listener'] as const)(
        'a link closed just before its node, the %s, stops delivers its last frames and the goodbye',
        async (leaver) => {
          const [out, inn] = await connect();
          const [a, b] = arena.nodes;
          const [leaving, staying] = leaver === 'dialer' ? [out, inn] : [inn, out];
          const atStaying = new Receiver().attach(staying);
          new Receiver().attach(leaving);
          const frames = [1, 2, 3].map((byte) => Uint8Array.of(byte));
          for (const frame of frames) leaving.send(frame);
          leaving.close();
          const { stop } = leaver === 'dialer' ? a : b;
          if (stop === null) return expect.unreachable('it can stop');
          await arena.settle(stop());
          await until(atStaying, closed);
          expect(atStaying.frames).toEqual(frames);
          expect(atStaying.closes.map(({ code }) => code)).toEqual([null]);
        },
      );
    }

    test('a link that ended before its receiver came tells it then', async () => {
      const [out, inn] = await connect();
      const atIn = new Receiver().attach(inn);
      out.destroy({ code: 'LINK_STALLED', detail: 'a test' });
      await until(atIn, closed);
      const late = new Receiver().attach(out);
      expect(late.closes).toEqual([]);
      await until(late, closed);
      expect(late.closes).toEqual([{ code: 'LINK_STALLED', detail: 'a test' }]);
    });

    test('another identity than the one dialled is refused; any is taken on request', async () => {
      const [a, b, c] = arena.nodes;
      await expect(
        arena.settle(a.dialer.dial(listener.address, c.publicKey)),
      ).rejects.toMatchObject({ code: 'LINK_WRONG_IDENTITY' });
      const link = await arena.settle(a.dialer.dial(listener.address, null));
      expect(link.remoteKey).toEqual(b.publicKey);
    });

    test('dialling where nobody listens, or nowhere at all, fails with a code', async () => {
      const [a, b] = arena.nodes;
      await expect(
        arena.settle(a.dialer.dial(arena.deadAddress, b.publicKey)),
      ).rejects.toMatchObject({ code: 'LINK_DIAL_FAILED' });
      for (const address of arena.invalidAddresses) {
        await expect(arena.settle(a.dialer.dial(address, null))).rejects.toMatchObject({
          code: 'LINK_ADDRESS_INVALID',
        });
        await expect(arena.settle(b.listen(address, () => undefined))).rejects.toMatchObject({
          code: 'LINK_ADDRESS_INVALID',
        });
      }
    });

    test('one address has one listener, free again after its close; links outlive their listener', async () => {
      const [a, b] = arena.nodes;
      const { address } = listener;
      await expect(arena.settle(b.listen(address, () => undefined))).rejects.toMatchObject({
        code: 'LINK_ADDRESS_IN_USE',
      });
      const [out, inn] = await connect();
      const atIn = new Receiver().attach(inn);
      await arena.settle(listener.close());
      await expect(arena.settle(a.dialer.dial(address, b.publicKey))).rejects.toMatchObject({
        code: 'LINK_DIAL_FAILED',
      });
      out.send(pattern(3, 1));
      await until(atIn, (r) => r.frames.length === 1);
      listener = await arena.settle(b.listen(address, () => undefined));
      expect(listener.address).toBe(address);
    });
  });
}
