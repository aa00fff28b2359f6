import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../core/bytes.ts';
import { ok } from '../core/errors.ts';
import { identityFromSeed, type Identity } from '../crypto/signing.ts';
import type { Logger } from '../env/logger.ts';
import { primitives } from '../platform/node/primitives.ts';
import { zstd } from '../platform/node/zstd.ts';
import { createWorld, type World } from '../sim/world.ts';
import { helloFor, HELLO_FRAME_BYTES_MIN } from '../versioning/hello.ts';
import { CURRENT } from '../versioning/protocol-version.ts';
import { HINT_INTERVAL_MS_MIN, REFUSED_MS, SessionTable } from './session-table.ts';
import { SESSION_MS_MAX } from './session.ts';
import { UNCONFIRMED_MAX, UNCONFIRMED_MS_MAX } from './unconfirmed-sessions.ts';

const quiet: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quiet,
};

function identityOf(name: string): Identity {
  return identityFromSeed(primitives, primitives.sha256(utf8(name)));
}

interface Wire {
  /** Delays of the copies that arrive. */
  readonly copies: (kind: 'handshake' | 'data') => readonly number[];
}

interface End {
  readonly table: SessionTable<never>;
  readonly self: Uint8Array;
  readonly got: string[];
  readonly failed: string[];
  handshakes: number;
}

/** Two tables with a wire between them that does what a test wants. */
class Pair {
  readonly world: World;
  wire: Wire = { copies: () => [10] };
  a: End;
  b: End;

  constructor(seed = 1) {
    this.world = createWorld({ seed, primitives });
    this.a = this.end('a', 'b');
    this.b = this.end('b', 'a');
  }

  end(name: string, other: 'a' | 'b', networkId = 'test'): End {
    const identity = identityOf(name);
    const got: string[] = [];
    const failed: string[] = [];
    const carry = (kind: 'handshake' | 'data', body: Uint8Array): void => {
      for (const delayMs of this.wire.copies(kind)) {
        this.world.clock.after(delayMs, () => {
          const { table } = this[other];
          const bytes = body.slice();
          if (kind === 'data') table.receiveData(identity.publicKey, bytes);
          else table.receiveHandshake(identity.publicKey, bytes);
        });
      }
    };
    const rng = this.world.rng(name);
    const end: End = {
      self: identity.publicKey,
      got,
      failed,
      handshakes: 0,
      table: new SessionTable<never>({
        primitives,
        rng,
        identity,
        staticSecret: primitives.signSecretToX25519(identity.secretKey),
        networkId: 'test',
        sessionsMax: 16,
        clock: this.world.clock,
        logger: quiet,
        compressor: zstd,
        hello: () =>
          helloFor(
            CURRENT,
            {
              networkId,
              rulesHash: new Uint8Array(32),
              purpose: 'mesh',
              meshName: 'home',
              gateway: false,
              frameBytesMax: HELLO_FRAME_BYTES_MIN,
              proof: new Uint8Array(8),
            },
            rng,
          ),
        sendHandshake: (_, body) => {
          end.handshakes += 1;
          carry('handshake', body);
        },
        sendData: (_, body) => {
          carry('data', body);
          return ok(undefined);
        },
        deliver: (_, __, payload) => void got.push(fromUtf8(payload) ?? ''),
        failed: (_, code) => void failed.push(code),
      }),
    };
    return end;
  }

  /** Both ends forget everything. */
  restart(): void {
    this.a.table.stop();
    this.b.table.stop();
    this.a = this.end('a', 'b');
    this.b = this.end('b', 'a');
  }

  send(from: 'a' | 'b', text: string): boolean {
    const to = from === 'a' ? this.b : this.a;
    return this[from].table.send(to.self, 1, utf8(text)).ok;
  }

  run(ms: number): void {
    this.world.runSync(this.world.clock.now() + ms);
  }
}

/** First messages of `from` to the other end, made by runs of both that are over. */
function oldInits(pair: Pair, from: 'a' | 'b', count: number): readonly Uint8Array[] {
  const to = from === 'a' ? 'b' : 'a';
  const inits: Uint8Array[] = [];
  for (let i = 0; i < count; i += 1) {
    pair.restart();
    const { table } = pair[to];
    const receive = table.receiveHandshake.bind(table);
    table.receiveHandshake = (source, body) => {
      inits.push(body.slice());
      return receive(source, body);
    };
    pair.send(from, 'x');
    pair.run(1_000);
  }
  pair.restart();
  expect(new Set(inits.map(toHex)).size).toBe(count);
  return inits;
}

describe('replayed first messages', () => {
  test.each(['a', 'b'] as const)('two in turn stop no message of or to %s', (victim) => {
    const pair = new Pair();
    const other = victim === 'a' ? 'b' : 'a';
    const inits = oldInits(pair, other, 2);
    for (let second = 0; second < 60; second += 1) {
      if (second % 4 === 0) {
        const init = inits[(second / 4) % 2] ?? new Uint8Array(0);
        pair[victim].table.receiveHandshake(pair[other].self, init);
      }
      pair.send(victim, `${second}`);
      if (second >= 30) pair.send(other, `${second}`);
      pair.run(1_000);
      expect(pair[other].got).toHaveLength(second + 1);
      expect(pair[victim].got).toHaveLength(Math.max(0, second - 29));
    }
  });

  test.each(['a', 'b'] as const)(
    '%s keeps the younger session that one of them meets',
    (victim) => {
      const pair = new Pair();
      const other = victim === 'a' ? 'b' : 'a';
      const inits = oldInits(pair, other, 3);
      pair.send(other, 'hello');
      // The question arrives after 10 ms, the answer after 20 ms, the message after 30 ms.
      pair.run(15);
      for (const init of inits) pair[victim].table.receiveHandshake(pair[other].self, init);
      pair.run(1_000);
      expect(pair[victim].got).toEqual(['hello']);
    },
  );

  test('both ends that begin at once end up on one session, in whatever order packets come', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(300), (seed, apartMs) => {
        const pair = new Pair(seed);
        const rng = pair.world.rng('wire');
        pair.wire = { copies: () => [rng.uint32() % 400] };
        pair.send('a', 'a1');
        pair.run(apartMs);
        pair.send('b', 'b1');
        pair.run(20_000);
        expect([pair.a.got, pair.b.got]).toEqual([['b1'], ['a1']]);
        // Long after the keys that lost are gone.
        pair.run(120_000);
        pair.a.table.sweep();
        pair.b.table.sweep();
        pair.send('a', 'a2');
        pair.send('b', 'b2');
        pair.run(1_000);
        expect([pair.a.got, pair.b.got]).toEqual([
          ['b1', 'b2'],
          ['a1', 'a2'],
        ]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('session table', () => {
  test('over any wire a message comes at most once, and over a good one again it comes', () => {
    const sends = fc.array(fc.record({ from: fc.constantFrom('a', 'b'), pauseMs: fc.nat(3_000) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.nat(), sends, fc.nat(90), (seed, list, lossPercent) => {
        const pair = new Pair(seed);
        const rng = pair.world.rng('wire');
        // Loses, repeats and reorders.
        pair.wire = {
          copies: () =>
            [1, 2]
              .filter((copy) => rng.uint32() % 100 >= (copy === 1 ? lossPercent : 80))
              .map(() => rng.uint32() % 500),
        };
        list.forEach(({ from, pauseMs }, i) => {
          pair.send(from, `${from}${i}`);
          pair.run(pauseMs);
        });
        pair.run(1_000);
        pair.wire = { copies: () => [10] };
        // Long enough for what is under way to be confirmed or given up.
        pair.run(60_000);
        // A session that only one end has left is found out by the first message, which is lost.
        pair.send('a', 'first a');
        pair.send('b', 'first b');
        pair.run(10_000);
        pair.send('a', 'last a');
        pair.send('b', 'last b');
        pair.run(10_000);
        for (const { got } of [pair.a, pair.b]) expect(new Set(got).size).toBe(got.length);
        expect(pair.b.got).toContain('last a');
        expect(pair.a.got).toContain('last b');
        for (const { table } of [pair.a, pair.b]) {
          expect(table.list().map(({ pendingMessages }) => pendingMessages)).toEqual([0]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a lost answer is sent again for the repeated question', () => {
    const pair = new Pair();
    let answers = 0;
    pair.wire = {
      copies: (kind) => {
        if (kind === 'data') return [10];
        answers += 1;
        return answers === 2 ? [] : [10];
      },
    };
    pair.send('a', 'hello');
    pair.run(5_000);
    expect(pair.b.got).toEqual(['hello']);
    expect([pair.a.handshakes, pair.b.handshakes]).toEqual([2, 2]);
  });

  test('who was asked and never heard again begins anew', () => {
    const pair = new Pair();
    pair.send('a', 'lost');
    pair.run(5);
    // The question is under way; afterwards nothing from a arrives for a while.
    pair.a = pair.end('a', 'b');
    pair.run(50);
    pair.send('b', 'patience');
    pair.run(UNCONFIRMED_MS_MAX + 2_000);
    expect(pair.a.got).toEqual(['patience']);
  });

  test('a peer that restarted says so; the old session stays until the new one is up', () => {
    const pair = new Pair();
    pair.send('a', 'one');
    pair.run(1_000);
    pair.b = pair.end('b', 'a');
    pair.wire = { copies: (kind) => (kind === 'data' || pair.b.handshakes === 1 ? [10] : []) };
    pair.send('a', 'lost');
    pair.run(30);
    expect(pair.a.table.list()).toMatchObject([{ state: 'open' }]);
    pair.wire = { copies: () => [10] };
    pair.run(5_000);
    pair.send('a', 'two');
    pair.run(1_000);
    expect(pair.b.got).toEqual(['two']);
  });

  test('forged hints start at most one handshake in five seconds, and cost the session nothing', () => {
    const pair = new Pair();
    pair.send('a', 'one');
    pair.run(1_000);
    const before = pair.a.handshakes;
    const ids: Uint8Array[] = [];
    const receive = pair.b.table.receiveData.bind(pair.b.table);
    pair.b.table.receiveData = (source, body) => {
      ids.push(body.slice(0, 4));
      return receive(source, body);
    };
    /** Hints in the name of b, of the session that a used last. */
    const forge = (): void => {
      pair.send('a', 'bait');
      pair.run(100);
      const hint = Uint8Array.of(0x1a, 5, 0x0d, ...(ids.at(-1) ?? []).toReversed());
      for (let i = 0; i < 50; i += 1) pair.a.table.receiveHandshake(pair.b.self, hint);
      pair.run(400);
    };
    for (let i = 0; i < 9; i += 1) forge();
    expect(pair.a.handshakes - before).toBe(1);
    pair.run(HINT_INTERVAL_MS_MIN);
    forge();
    expect(pair.a.handshakes - before).toBe(2);
    expect(pair.b.got).toHaveLength(11);
  });

  test('keys are replaced before they run out, and what was under way still opens', () => {
    const pair = new Pair();
    pair.send('a', 'one');
    pair.run(SESSION_MS_MAX - 60_000);
    let slow = true;
    pair.wire = {
      copies: (kind) => {
        if (kind === 'handshake') return [10];
        const delayMs = slow ? 5_000 : 10;
        slow = false;
        return [delayMs];
      },
    };
    pair.send('a', 'slow');
    pair.run(1_000);
    expect(pair.a.table.list()[0]?.ageMs).toBeLessThan(1_000);
    pair.send('a', 'fast');
    pair.run(10_000);
    expect(pair.b.got).toEqual(['one', 'fast', 'slow']);
    expect(pair.a.handshakes).toBe(2);
  });

  test('a handshake that does not finish is given up, and what waited is dropped', () => {
    const pair = new Pair();
    pair.wire = { copies: () => [] };
    pair.send('a', 'nobody there');
    pair.run(60_000);
    expect(pair.a.failed).toEqual(['MESH_SESSION_TIMEOUT']);
    expect(pair.a.handshakes).toBe(5);
    expect(pair.a.table.list()).toEqual([]);
    pair.wire = { copies: () => [10] };
    pair.send('a', 'now');
    pair.run(1_000);
    expect(pair.b.got).toEqual(['now']);
  });

  test('both ends see that they do not fit, and do not try again at once', () => {
    const pair = new Pair();
    pair.b = pair.end('b', 'a', 'other network');
    pair.send('a', 'hello');
    pair.run(1_000);
    expect(pair.a.failed).toEqual(['MESH_SESSION_REFUSED']);
    expect(pair.a.table.send(pair.b.self, 1, utf8('x'))).toMatchObject({
      error: { code: 'MESH_SESSION_REFUSED' },
    });
    expect(pair.b.table.list()).toEqual([]);
    pair.run(60_000);
    expect(pair.send('a', 'again')).toBe(true);
  });

  test('strangers who begin sessions and leave cost honest peers nothing, and are forgotten', () => {
    const pair = new Pair();
    pair.send('b', 'one');
    pair.run(1_000);
    for (let i = 0; i < UNCONFIRMED_MAX + 50; i += 1) {
      const stranger = pair.end(`stranger ${i}`, 'a');
      stranger.table.send(pair.a.self, 1, utf8('x'));
      // Handshakes are answered at this rate.
      pair.run(15);
      stranger.table.stop();
    }
    expect(pair.a.handshakes).toBe(1 + UNCONFIRMED_MAX + 50);
    expect(pair.a.table.unconfirmed).toBe(UNCONFIRMED_MAX);
    expect(pair.a.table.list()).toMatchObject([{ peer: pair.b.self, state: 'open' }]);
    pair.send('b', 'two');
    pair.send('a', 'back');
    pair.run(UNCONFIRMED_MS_MAX);
    expect([pair.a.got, pair.b.got]).toEqual([['one', 'two'], ['back']]);
    expect(pair.a.table.unconfirmed).toBe(0);
  });

  test('a peer of whom nothing is left takes no place', () => {
    const pair = new Pair();
    pair.wire = { copies: () => [] };
    for (let i = 0; i < 5; i += 1) pair.a.table.send(identityOf(`${i}`).publicKey, 1, utf8('x'));
    expect(pair.a.table.peers).toBe(5);
    pair.run(60_000);
    pair.a.table.sweep();
    expect(pair.a.table.peers).toBe(0);
  });

  test('a refusal is remembered as long as it holds', () => {
    const pair = new Pair();
    pair.b = pair.end('b', 'a', 'other network');
    pair.send('a', 'hello');
    pair.run(REFUSED_MS / 2);
    pair.a.table.sweep();
    expect(pair.a.table.peers).toBe(1);
    expect(pair.send('a', 'again')).toBe(false);
    pair.run(REFUSED_MS);
    pair.a.table.sweep();
    expect(pair.a.table.peers).toBe(0);
  });

  test('packets of unknown sessions do not use up the answers to handshakes', () => {
    const pair = new Pair();
    const { publicKey } = identityOf('stranger');
    pair.send('b', 'hello');
    // The question arrives after 10 ms.
    pair.run(9);
    for (let i = 0; i < 1_000; i += 1) pair.a.table.receiveData(publicKey, new Uint8Array(40));
    expect(pair.a.handshakes).toBeLessThan(500);
    pair.run(100);
    expect(pair.a.got).toEqual(['hello']);
  });

  test('what is no PeerId is refused', () => {
    const { a } = new Pair();
    const wrong = a.table.send(new Uint8Array(32).fill(0xff), 1, utf8('x'));
    expect(wrong).toMatchObject({ error: { code: 'MESH_KEY_INVALID' } });
  });

  test('the table is bounded: the least recently used goes', () => {
    const pair = new Pair();
    pair.send('a', 'first');
    pair.run(1_000);
    pair.wire = { copies: () => [] };
    for (let i = 0; i < 16; i += 1) {
      const { publicKey } = identityOf(`peer ${i}`);
      pair.a.table.send(publicKey, 1, utf8('x'));
    }
    const listed = pair.a.table.list();
    expect(listed).toHaveLength(16);
    expect(listed.some(({ peer }) => toHex(peer) === toHex(pair.b.self))).toBe(false);
  });
});
