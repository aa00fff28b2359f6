import { beforeAll, describe, expect, test } from 'vitest';
import { finishedCasino, identityOf, SmallCasino } from '../../test/casino/small-casino.ts';
import { crap } from '../core/amount.ts';
import { unwrap, type Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import { primitives } from '../platform/node/primitives.ts';
import { findAccount } from './accounts.ts';
import { signOperation } from './operation.ts';
import { createReplica } from './replica.ts';
import type { TranscriptReport } from './transcript-report.ts';
import { encodeTranscript, TRANSCRIPT_BYTES_MAX } from './transcript.ts';
import { verifyTranscript, type SeenBlock } from './verify-transcript.ts';

let casino: SmallCasino;

beforeAll(async () => {
  casino = await finishedCasino(4);
});

function code(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

function rewrite(change: object, signer = casino.operator): Uint8Array {
  return encodeTranscript(primitives, signer, {
    genesis: casino.genesis.bytes,
    blocks: casino.blocks.map(({ bytes }) => bytes),
    head: { ...casino.head, ...change },
  });
}

/** The sentence that every report has. */
function signedUpTo(height: bigint): string {
  return (
    `Each named player signed everything up to block ${height}; ` +
    'play after that block is not excluded by this file.'
  );
}

/** The file of an author who stopped after `blocks` blocks. */
function fileCutAfter(game: SmallCasino, blocks: number): Uint8Array {
  const replica = unwrap(createReplica(primitives, game.genesis.bytes));
  const kept = game.blocks.slice(0, blocks).map(({ bytes }) => bytes);
  for (const bytes of kept) unwrap(replica.add(bytes));
  const chain = { genesis: game.genesis.bytes, blocks: kept, head: replica.head() };
  return encodeTranscript(primitives, game.operator, chain);
}

function cutAfter(game: SmallCasino, blocks: number): TranscriptReport {
  return unwrap(verifyTranscript(primitives, fileCutAfter(game, blocks)));
}

function checkSeen(blocks: number, seen: SeenBlock): string {
  return code(verifyTranscript(primitives, fileCutAfter(casino, blocks), { seen }));
}

function countersigned(game: SmallCasino): readonly boolean[] {
  const report = unwrap(verifyTranscript(primitives, game.transcript()));
  return report.accounts.map((account) => account.countersigned);
}

describe('a sound transcript', () => {
  test('says what was proved, and by whom', () => {
    const report = unwrap(verifyTranscript(primitives, casino.transcript()));
    expect(report).toMatchObject({
      casino: peerIdText(casino.operator.publicKey),
      signedByOperator: true,
      height: casino.head.height,
      endProved: true,
      limits: [casino.genesis.disclosure, signedUpTo(casino.head.height - 3n)],
      openTables: [],
      signatures: casino.blocks.length,
    });
    expect(report.rolls.map(({ roll }) => roll)).toEqual(
      report.rolls.map((_, at) => BigInt(at + 1)),
    );
    expect(report.betsPlaced).toBe(report.betsResolved + report.betsTakenDown);
    expect(report.rolls.flatMap(({ resolved }) => resolved).length).toBe(report.betsResolved);
    expect(report.supply.sum).toBe(report.supply.cap);
    expect(report.accounts.map(({ countersigned }) => countersigned)).toEqual([true, true]);
    for (const { account, balance, staked, returned } of report.accounts) {
      const name = ['ann', 'bob'].find((one) => peerIdText(identityOf(one).publicKey) === account);
      const key = identityOf(name ?? '').publicKey;
      expect(balance).toBe(findAccount(casino.state.accounts, key)?.balance);
      expect(balance - casino.genesis.grant).toBe(returned - staked);
    }
  });

  test('countersigned is only what a player left after its last bet was decided', async () => {
    const game = new SmallCasino();
    game.openTable();
    game.must('ann', { case: 'openAccount', value: {} });
    unwrap(game.bet('ann', 'field'));
    unwrap(game.leave('ann'));
    expect(countersigned(game)).toEqual([false]);
    game.must('ann', { case: 'takeDown', value: { table: 1, roll: 1n, bet: 1 } });
    expect(countersigned(game)).toEqual([true]);
    unwrap(game.bet('ann', 'pass'));
    game.must('ann', { case: 'takeDown', value: { table: 1, roll: 1n, bet: 2 } });
    expect(countersigned(game)).toEqual([false]);
    unwrap(game.bet('ann', 'pass'));
    unwrap(game.bet('ann', 'field'));
    unwrap(game.shoot('ann'));
    await game.reveal();
    expect(countersigned(game)).toEqual([false]);
    while (game.table().bets.length > 0) {
      unwrap(game.shoot('ann'));
      await game.reveal();
    }
    unwrap(game.leave('ann'));
    expect(countersigned(game)).toEqual([true]);
  });

  test('may be written by a player as well', () => {
    const report = unwrap(verifyTranscript(primitives, casino.transcript(identityOf('ann'))));
    expect(report).toMatchObject({
      signer: peerIdText(identityOf('ann').publicKey),
      signedByOperator: false,
    });
  });

  test('of a casino where nothing happened yet holds too', () => {
    const report = unwrap(verifyTranscript(primitives, new SmallCasino().transcript()));
    expect(report).toMatchObject({ height: 0n, rolls: [], accounts: [], endProved: false });
    expect(report.limits).toContain(signedUpTo(0n));
  });

  test('is that of the casino that was meant', () => {
    const bytes = casino.transcript();
    const meant = (key: Uint8Array): string =>
      code(verifyTranscript(primitives, bytes, { casino: key }));
    expect(meant(casino.operator.publicKey)).toBe('ok');
    expect(meant(identityOf('ann').publicKey)).toBe('TRANSCRIPT_OTHER_CASINO');
  });
});

describe('the end of a transcript', () => {
  test('is proved by no proper beginning of a whole evening, and each says what it leaves open', () => {
    for (let blocks = 0; blocks < casino.blocks.length; blocks += 1) {
      const { endProved, limits } = cutAfter(casino, blocks);
      expect(endProved, `${blocks} blocks`).toBe(false);
      expect(limits.join(' ')).toContain('play after that block is not excluded by this file.');
    }
    expect(cutAfter(casino, casino.blocks.length).endProved).toBe(true);
  });

  test('names for each player the newest block that it signed to have seen', () => {
    const { accounts, limits } = unwrap(verifyTranscript(primitives, casino.transcript()));
    const height = casino.head.height;
    expect(accounts.map(({ seenHeight }) => seenHeight)).toEqual([height - 3n, height - 2n]);
    expect(limits[1]).toBe(signedUpTo(height - 3n));
  });

  test('is not proved where a player left and came back later', async () => {
    const game = await smallestGame();
    while (game.table().bets.length > 0) {
      unwrap(game.shoot('ann'));
      await game.reveal();
    }
    unwrap(game.leave('ann'));
    const blocks = game.blocks.length;
    unwrap(game.bet('ann', 'field'));
    const report = cutAfter(game, blocks);
    expect(report.accounts[0]?.countersigned).toBe(true);
    expect(report.endProved).toBe(false);
    expect(report.limits).toContain('Table 1 was still open at the end of this file.');
  });

  test('is not proved where an account bet and never left, though its bet was taken down', async () => {
    const game = await smallestGame();
    game.must('bob', { case: 'openAccount', value: {} });
    unwrap(game.bet('bob', 'field'));
    const { bets, roll } = game.table();
    const bet = bets.at(-1)?.live.id ?? 0;
    game.must('bob', { case: 'takeDown', value: { table: 1, roll, bet } });
    while (game.table().bets.length > 0) {
      unwrap(game.shoot('ann'));
      await game.reveal();
    }
    unwrap(game.leave('ann'));
    game.must('operator', { case: 'closeTable', value: { table: 1 } });
    const report = unwrap(verifyTranscript(primitives, game.transcript()));
    expect(report.openTables).toEqual([]);
    expect(report.endProved).toBe(false);
    expect(report.limits.join(' ')).toContain('did not countersign');
  });

  test('is not proved by a leaving that builds on a block before the last decision', async () => {
    const game = await smallestGame();
    while (game.table().bets.length > 0) {
      unwrap(game.shoot('ann'));
      await game.reveal();
    }
    const { chainId } = game.genesis;
    const nonce = findAccount(game.state.accounts, identityOf('ann').publicKey)?.nonce ?? 0n;
    const before = game.blocks.at(-2);
    if (before === undefined) throw new Error('two blocks');
    const anchor = { height: before.header.height, hash: before.hash };
    const action = { case: 'leaveTable', value: { table: 1, roll: game.table().roll } } as const;
    const content = { chainId, nonce, anchor, action };
    unwrap(game.submit(signOperation(primitives, identityOf('ann'), content)));
    expect(countersigned(game)).toEqual([false]);
  });

  test('counts the operator among the players if it bet', async () => {
    const game = await smallestGame();
    const to = game.operator.publicKey;
    game.must('ann', { case: 'transfer', value: { to, amount: crap(5) } });
    unwrap(game.bet('operator', 'field'));
    const { accounts } = unwrap(verifyTranscript(primitives, game.transcript()));
    expect(accounts.map(({ account }) => account)).toContain(peerIdText(to));
  });
});

/** One player, one bet, one roll. */
async function smallestGame(): Promise<SmallCasino> {
  const small = new SmallCasino();
  small.openTable();
  small.must('ann', { case: 'openAccount', value: {} });
  unwrap(small.bet('ann', 'pass'));
  unwrap(small.shoot('ann'));
  await small.reveal();
  return small;
}

/** `bytes` with each of its bits flipped, one at a time. */
function* flips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield flipped;
  }
}

describe('a block that was seen', () => {
  test('is in the whole transcript, whichever it was', () => {
    const whole = casino.blocks.length;
    expect(checkSeen(whole, { height: 0n, hash: casino.genesis.chainId })).toBe('ok');
    for (const { header, hash } of casino.blocks) {
      expect(checkSeen(whole, { height: header.height, hash })).toBe('ok');
    }
  });

  test('is missing in a transcript that was cut off before it', () => {
    const seen = casino.head;
    for (const blocks of [0, 1, casino.blocks.length - 1]) {
      expect(checkSeen(blocks, seen)).toBe('TRANSCRIPT_SEEN_MISSING');
    }
  });

  test('is missing where the chain has another block at its height', () => {
    const hash = casino.head.hash.slice();
    hash[0] = (hash[0] ?? 0) ^ 1;
    const whole = casino.blocks.length;
    expect(checkSeen(whole, { height: casino.head.height, hash })).toBe('TRANSCRIPT_SEEN_MISSING');
    expect(checkSeen(whole, { height: 1n, hash: casino.head.hash })).toBe(
      'TRANSCRIPT_SEEN_MISSING',
    );
    expect(checkSeen(whole, { height: 0n, hash })).toBe('TRANSCRIPT_SEEN_MISSING');
    expect(checkSeen(whole, { ...casino.head, hash: hash.subarray(0, 31) })).toBe(
      'TRANSCRIPT_SEEN_MISSING',
    );
  });
});

describe('a damaged transcript', () => {
  test('every single flipped bit of the file fails', async () => {
    const bytes = (await smallestGame()).transcript();
    expect(verifyTranscript(primitives, bytes).ok).toBe(true);
    const passed = flips(bytes).filter((flipped) => verifyTranscript(primitives, flipped).ok);
    expect(passed.toArray()).toEqual([]);
  });

  test('every single flipped bit of a block fails, even if the file is signed again', async () => {
    const small = await smallestGame();
    const replica = unwrap(createReplica(primitives, small.genesis.bytes));
    for (const { bytes } of small.blocks) {
      const passed = flips(bytes).filter((flipped) => replica.add(flipped).ok);
      expect(passed.toArray()).toEqual([]);
      unwrap(replica.add(bytes));
    }
  });

  test('every truncation fails', () => {
    const bytes = casino.transcript();
    for (let length = 0; length < bytes.length; length += 7) {
      expect(verifyTranscript(primitives, bytes.subarray(0, length)).ok).toBe(false);
    }
  });

  test('a changed block is named by its height where that can be told', () => {
    const bytes = casino.transcript();
    const block = casino.blocks[3]?.bytes ?? new Uint8Array(0);
    const at = Buffer.from(bytes).indexOf(Buffer.from(block));
    const changed = bytes.slice();
    changed[at + 1] = (changed[at + 1] ?? 0) ^ 0xff;
    const result = verifyTranscript(primitives, changed);
    expect(code(result)).toMatch(/TRANSCRIPT_(CHAIN_BROKEN|MALFORMED)/);
  });

  test('a closing that tells of another end fails', () => {
    expect(code(verifyTranscript(primitives, rewrite({})))).toBe('ok');
    for (const change of [
      { height: casino.head.height - 1n },
      { hash: new Uint8Array(32) },
      { stateRoot: new Uint8Array(32) },
    ]) {
      const result = verifyTranscript(primitives, rewrite(change));
      expect(code(result)).toBe('TRANSCRIPT_CLOSING_WRONG');
    }
  });

  test('a file that is too long is not read', () => {
    expect(code(verifyTranscript(primitives, new Uint8Array(TRANSCRIPT_BYTES_MAX + 1)))).toBe(
      'TRANSCRIPT_TOO_LONG',
    );
  });
});
