import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../core/errors.ts';
import { identityFromSeed } from '../crypto/signing.ts';
import { primitives } from '../platform/node/primitives.ts';
import { checkBlock, decodeBlock, sealBlock, type Block, type Head } from './block.ts';

const operator = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const chainId = new Uint8Array(32).fill(2);
const head: Head = {
  height: 4n,
  hash: new Uint8Array(32).fill(5),
  timeMs: 1000n,
  stateRoot: chainId,
};
const draft = {
  chainId,
  height: 5n,
  parent: head.hash,
  timeMs: 1001n,
  stateRoot: new Uint8Array(32).fill(6),
  operations: [Uint8Array.of(1, 2), Uint8Array.of(3)],
  effects: Uint8Array.of(9),
};
const block = sealBlock(primitives, operator, draft);

function codeOf(changed: Block): string {
  const result = checkBlock(primitives, changed, chainId, head, operator.publicKey);
  return result.ok ? 'ok' : result.error.code;
}

function seal(change: Partial<typeof draft>): Block {
  return sealBlock(primitives, operator, { ...draft, ...change });
}

describe('block', () => {
  test('is read as it was written, and follows its parent', () => {
    expect(unwrap(decodeBlock(primitives, block.bytes))).toEqual(block);
    expect(codeOf(block)).toBe('ok');
  });

  test('each broken commitment has its code', () => {
    expect(codeOf(seal({ chainId: new Uint8Array(32) }))).toBe('CONSENSUS_BLOCK_CHAIN');
    expect(codeOf(seal({ height: 4n }))).toBe('CONSENSUS_BLOCK_HEIGHT');
    expect(codeOf(seal({ height: 6n }))).toBe('CONSENSUS_BLOCK_HEIGHT');
    expect(codeOf(seal({ parent: chainId }))).toBe('CONSENSUS_BLOCK_PARENT');
    expect(codeOf(seal({ timeMs: 1000n }))).toBe('CONSENSUS_BLOCK_TIME');
    const stranger = identityFromSeed(primitives, new Uint8Array(32).fill(7));
    expect(codeOf(sealBlock(primitives, stranger, draft))).toBe('CONSENSUS_BLOCK_SIGNATURE');
    expect(codeOf({ ...block, operations: block.operations.toReversed() })).toBe(
      'CONSENSUS_BLOCK_CONTENT',
    );
    expect(codeOf({ ...block, effects: Uint8Array.of(8) })).toBe('CONSENSUS_BLOCK_CONTENT');
  });

  test('every single flipped bit is refused', () => {
    for (let bit = 0; bit < block.bytes.length * 8; bit += 1) {
      const bytes = block.bytes.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = decodeBlock(primitives, bytes);
      if (decoded.ok) expect(codeOf(decoded.value)).not.toBe('ok');
    }
  });

  test('random bytes are refused with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeBlock(primitives, bytes);
        expect(!decoded.ok && decoded.error.code).toBe('CONSENSUS_BLOCK_MALFORMED');
      }),
    );
  });
});
