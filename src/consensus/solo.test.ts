import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../test/casino/memory-store.ts';
import { concat, fromUtf8, utf8 } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, unwrap, type Result } from '../core/errors.ts';
import { hashIn } from '../crypto/hash.ts';
import { identityFromSeed } from '../crypto/signing.ts';
import type { Logger } from '../env/logger.ts';
import { primitives } from '../platform/node/primitives.ts';
import { decodeBlock, type Block } from './block.ts';
import { writeBlock } from './block-log.ts';
import type { Accepted, Engine } from './engine.ts';
import type { Applied, BlockContext, Replicated } from './replicated.ts';
import { openSolo, SOLO_LIMITS, type SoloConfig, type SoloLimits } from './solo.ts';

const identity = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const chainId = new Uint8Array(32).fill(2);
const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};

/** Remembers each operation once; `no…` is refused, `boom` breaks an invariant, `big…` has large effects. */
class Journal implements Replicated<readonly string[]> {
  #entries: readonly string[] = [];
  #hash: Uint8Array = hashIn(primitives, 'casino-state');

  query(): readonly string[] {
    return this.#entries;
  }

  stateHash(): Uint8Array {
    return this.#hash;
  }

  check(operation: Uint8Array): Result<void> {
    return fromUtf8(operation) === 'unchecked' ? fail('CASINO_NOT_OPERATOR', {}) : ok(undefined);
  }

  apply({ height, operations }: BlockContext): Applied {
    let entries = this.#entries;
    let effects = new Uint8Array(0);
    const outcomes = operations.map((operation): Result<void> => {
      const text = fromUtf8(operation) ?? '?';
      if (text === 'boom') throw new Error('the journal is broken');
      if (text.startsWith('no') || entries.includes(text)) return fail('CASINO_NOT_OPERATOR', {});
      entries = [...entries, text];
      effects = new Uint8Array(effects.length + (text.startsWith('big') ? 3000 : 1));
      return ok(undefined);
    });
    const stateHash = hashIn(primitives, 'casino-state', utf8(`${height} ${entries.join()}`));
    const commit = (): void => {
      this.#entries = entries;
      this.#hash = stateHash;
    };
    return { outcomes, effects, stateHash, commit };
  }
}

interface Opened {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly blocks: Block[];
}

async function tryOpen(
  store: MemoryStore,
  change: Partial<SoloConfig> & { readonly limits?: Partial<SoloLimits> } = {},
): Promise<Result<Opened>> {
  const journal = new Journal();
  const opened = await openSolo({
    primitives,
    clock: { now: () => 0, wallMs: () => 5000.7, after: () => ({ cancel: () => undefined }) },
    store,
    logger: quiet,
    identity,
    genesis: utf8('genesis'),
    chainId,
    genesisTimeMs: 1000n,
    machine: journal,
    ...change,
  });
  if (!opened.ok) return opened;
  const blocks: Block[] = [];
  opened.value.subscribe((block) => blocks.push(block));
  return ok({ engine: opened.value, journal, blocks });
}

async function open(store: MemoryStore, limits: Partial<SoloLimits> = {}): Promise<Opened> {
  return unwrap(await tryOpen(store, { limits }));
}

function codes(results: readonly Result<Accepted>[]): string[] {
  return results.map((result) => (result.ok ? 'ok' : result.error.code));
}

describe('one validator', () => {
  test('operations submitted together share a block and one write', async () => {
    const store = new MemoryStore();
    const { engine, journal, blocks } = await open(store);
    const before = store.writes;
    const results = await Promise.all(
      ['a', 'b', 'no', 'c'].map((text) => engine.submit(utf8(text))),
    );
    expect(codes(results)).toEqual(['ok', 'ok', 'CASINO_NOT_OPERATOR', 'ok']);
    expect(blocks.map((block) => block.operations.map((one) => fromUtf8(one)))).toEqual([
      ['a', 'b', 'c'],
    ]);
    expect(store.writes - before).toBe(1);
    expect(journal.query()).toEqual(['a', 'b', 'c']);
    expect(engine.head()).toMatchObject({ height: 1n, timeMs: 5000n });
    expect(engine.block(1n)).toEqual(blocks[0]?.bytes);
    expect(engine.block(0n)).toBeUndefined();
    expect(engine.block(2n)).toBeUndefined();
  });

  test('nothing is announced, answered or applied before it is durable', async () => {
    const store = new MemoryStore();
    const { engine, journal, blocks } = await open(store);
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    let answered = false;
    const answer = engine.submit(utf8('a')).then((result) => {
      answered = true;
      return result;
    });
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect([answered, blocks.length, journal.query().length]).toEqual([false, 0, 0]);
    expect(engine.head().height).toBe(0n);
    expect((await open(store.copy())).journal.query()).toEqual([]);
    gate.resolve();
    expect((await answer).ok).toBe(true);
    expect(blocks.length).toBe(1);
  });

  test('a full disk refuses the operation whole, and the next one goes on once there is room', async () => {
    const store = new MemoryStore();
    const { engine, journal, blocks } = await open(store);
    store.failure = new BitcrapsError('STORE_FULL', { path: 'memory' });
    expect(codes([await engine.submit(utf8('a')), await engine.submit(utf8('b'))])).toEqual([
      'STORE_FULL',
      'STORE_FULL',
    ]);
    expect([journal.query().length, blocks.length, engine.head().height]).toEqual([0, 0, 0n]);
    store.failure = null;
    expect((await engine.submit(utf8('a'))).ok).toBe(true);
    expect(journal.query()).toEqual(['a']);
    expect((await open(store)).journal.query()).toEqual(['a']);
  });

  test('a failure without a code gets one', async () => {
    const store = new MemoryStore();
    const { engine } = await open(store);
    store.failure = new Error('the cable is out');
    expect(codes([await engine.submit(utf8('a'))])).toEqual(['CONSENSUS_STORE_FAILED']);
  });

  test('repeating an operation gives its place and applies it once, before and after a restart', async () => {
    const store = new MemoryStore();
    const first = await open(store);
    const twice = await Promise.all([
      first.engine.submit(utf8('a')),
      first.engine.submit(utf8('a')),
    ]);
    const again = await first.engine.submit(utf8('a'));
    const second = await open(store);
    const later = await second.engine.submit(utf8('a'));
    for (const result of [...twice, again, later]) {
      expect(unwrap(result)).toEqual({ height: 1n, blockHash: first.engine.head().hash });
    }
    expect(second.journal.query()).toEqual(['a']);
    expect(second.engine.head()).toEqual(first.engine.head());
  });

  test('the bytes are taken over when they are submitted', async () => {
    const { engine, journal } = await open(new MemoryStore());
    const bytes = utf8('a');
    const answer = engine.submit(bytes);
    bytes.fill(0);
    expect((await answer).ok).toBe(true);
    expect(journal.query()).toEqual(['a']);
  });

  test('block time is after the parent’s even if the clock stands still', async () => {
    const { engine, blocks } = await open(new MemoryStore());
    for (const text of ['a', 'b', 'c']) await engine.submit(utf8(text));
    expect(blocks.map((block) => block.header.timeMs)).toEqual([5000n, 5001n, 5002n]);
  });

  test('any run of operations, cut into restarts, replays to the same state', async () => {
    const text = fc.constantFrom('a', 'b', 'c', 'd', 'no', 'e', 'f');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(text, { maxLength: 6 }), { maxLength: 5 }),
        async (runs) => {
          const store = new MemoryStore();
          const accepted: string[] = [];
          for (const run of runs) {
            const { engine, journal } = await open(store, { operationsPerBlockMax: 2 });
            expect(journal.query()).toEqual(accepted);
            const results = await Promise.all(run.map((one) => engine.submit(utf8(one))));
            results.forEach((result, at) => {
              const one = run[at] ?? '';
              if (result.ok && !accepted.includes(one)) accepted.push(one);
            });
            expect(journal.query()).toEqual(accepted);
            const reopened = await open(store.copy());
            expect(reopened.engine.head()).toEqual(engine.head());
            expect(reopened.journal.stateHash()).toEqual(journal.stateHash());
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('bounds', () => {
  test('a full queue, a long operation, an operation that does not deserve a place', async () => {
    const { engine } = await open(new MemoryStore(), { pendingOperationsMax: 2 });
    const results = await Promise.all(['a', 'b', 'c'].map((text) => engine.submit(utf8(text))));
    expect(codes(results)).toEqual(['ok', 'ok', 'CONSENSUS_QUEUE_FULL']);
    const long = new Uint8Array(SOLO_LIMITS.operationBytesMax + 1);
    expect(codes([await engine.submit(long)])).toEqual(['CONSENSUS_OPERATION_TOO_LONG']);
    expect(codes([await engine.submit(utf8('unchecked'))])).toEqual(['CASINO_NOT_OPERATOR']);
    expect(codes([await engine.submit(utf8('c'))])).toEqual(['ok']);
  });

  test('a block that grows too long is cut; an operation that never fits is refused', async () => {
    const { engine, blocks, journal } = await open(new MemoryStore(), { blockBytesMax: 2000 });
    const texts = ['a', 'b', 'big', 'c', 'd'];
    const results = await Promise.all(texts.map((text) => engine.submit(utf8(text))));
    expect(codes(results)).toEqual(['ok', 'ok', 'CONSENSUS_BLOCK_TOO_LONG', 'ok', 'ok']);
    expect(journal.query()).toEqual(['a', 'b', 'c', 'd']);
    for (const block of blocks) expect(block.bytes.length).toBeLessThanOrEqual(2000);
  });

  test('no block holds more than its share', async () => {
    const { engine, blocks } = await open(new MemoryStore(), { operationsPerBlockMax: 2 });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => engine.submit(utf8(text))));
    expect(blocks.map((block) => block.operations.length)).toEqual([2, 2, 1]);
  });
});

describe('when something breaks', () => {
  test('a listener that throws stops nobody', async () => {
    const { engine, blocks } = await open(new MemoryStore());
    const stop = engine.subscribe(() => {
      throw new Error('listener');
    });
    engine.subscribe((block) => blocks.push(block));
    expect((await engine.submit(utf8('a'))).ok).toBe(true);
    expect(blocks.length).toBe(2);
    stop();
  });

  test('a broken invariant halts: nothing is written any more', async () => {
    const store = new MemoryStore();
    const { engine } = await open(store);
    expect(codes([await engine.submit(utf8('boom'))])).toEqual(['CONSENSUS_HALTED']);
    expect(codes([await engine.submit(utf8('a'))])).toEqual(['CONSENSUS_HALTED']);
    expect((await open(store)).journal.query()).toEqual([]);
  });

  test('stopping finishes the block at hand and refuses the rest', async () => {
    const store = new MemoryStore();
    const { engine } = await open(store, { operationsPerBlockMax: 1 });
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const answers = ['a', 'b'].map((text) => engine.submit(utf8(text)));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    const stopped = engine.stop();
    gate.resolve();
    await stopped;
    expect(codes(await Promise.all(answers))).toEqual(['ok', 'CONSENSUS_STOPPED']);
    expect(codes([await engine.submit(utf8('c'))])).toEqual(['CONSENSUS_STOPPED']);
  });

  test('another genesis, a lost block and a changed block are found at the start', async () => {
    const store = new MemoryStore();
    const { engine } = await open(store);
    for (const text of ['a', 'b', 'c']) await engine.submit(utf8(text));
    const other = await tryOpen(store, { genesis: utf8('another') });
    expect(!other.ok && other.error.code).toBe('CONSENSUS_OTHER_GENESIS');
    const prefix = utf8('ledger/block/');
    const second = concat(prefix, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2));
    const lost = store.copy();
    await lost.write([{ kind: 'delete', key: second }]);
    const gap = await tryOpen(lost);
    expect(!gap.ok && gap.error.code).toBe('CONSENSUS_LOG_CORRUPT');
    const block = unwrap(decodeBlock(primitives, engine.block(2n) ?? new Uint8Array(0)));
    const changed = store.copy();
    const bytes = block.bytes.slice();
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeBlock(changed, { ...block, bytes }, []);
    const flipped = await tryOpen(changed);
    expect(!flipped.ok && flipped.error.code).toBe('CONSENSUS_LOG_CORRUPT');
  });
});
