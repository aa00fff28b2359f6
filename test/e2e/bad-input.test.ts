// Bad input at the command line and in the state folder: a code, a cure, exit 2, and nothing lost.

import { chmodSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bitcraps, json, run, scratch, until, type Finished, type Running } from './harness.ts';

const folder = scratch();
const running: Running[] = [];
afterAll(() => {
  for (const { process: child } of running) if (child.exitCode === null) child.kill('SIGTERM');
  folder.remove();
});

const NODE = [
  'node',
  '--network',
  'local',
  '--proof-bits',
  '0',
  '--listen',
  '127.0.0.1:0',
  '--preset',
  'local',
];

async function expectError(end: Promise<Finished>, code: string): Promise<Finished> {
  const finished = await end;
  expect(finished.stderr).toMatch(new RegExp(`^error ${code}: `, 'm'));
  expect(finished.status).toBe(2);
  return finished;
}

/** Starts a node and waits until it listens. */
async function startNode(
  state: string,
  ...flags: readonly string[]
): Promise<{ readonly node: Running; readonly peerId: string; readonly listen: string }> {
  const node = bitcraps(folder.path, ...NODE, '--state', state, '--json', ...flags);
  running.push(node);
  const line = await until('the node listens', () =>
    node.stdout().includes('\n') ? node.stdout() : undefined,
  );
  const { peerId, listen } = JSON.parse(line) as { peerId: string; listen: string };
  return { node, peerId, listen };
}

async function stopNode({ node }: { readonly node: Running }): Promise<void> {
  node.process.kill('SIGTERM');
  await node.finished;
}

describe('usage', () => {
  test.each([
    [['up', '--round', '3']],
    [['up', '--rounds', 'three']],
    [['up', '--rounds', '0']],
    [['up', '--pace', '5']],
    [['nonsense']],
    [['negotiate', '1.0.0']],
    [['play', 'bet', 'pass']],
    [['status', '--verbose']],
    [['sim', 'grid:2x2', '--loss', '2']],
  ])('%j is refused with CLI_USAGE', async (words) => {
    await expectError(run(folder.path, ...words), 'CLI_USAGE');
  });

  test.each([
    'up',
    'node',
    'play',
    'status',
    'peers',
    'routes',
    'gateways',
    'verify',
    'odds',
    'negotiate',
    'keys',
    'config',
    'sim',
    'bench',
  ])('%s has help with examples', async (command) => {
    const { status, stdout } = await run(folder.path, command, '--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/Examples?/);
  });

  test('a setting out of range, an unknown key, a missing file', async () => {
    const file = join(folder.path, 'node.toml');
    writeFileSync(file, '[mesh]\nlistem = "127.0.0.1:1"\n');
    const misspelt = await expectError(
      run(folder.path, 'config', 'check', '--file', file),
      'CLI_CONFIG_UNKNOWN_KEY',
    );
    expect(misspelt.stderr).toContain('did you mean mesh.listen?');
    writeFileSync(file, `[health]\ncommand = ["${join(folder.path, 'none')}"]\n`);
    const check = ['config', 'check', '--file', file];
    await expectError(run(folder.path, ...check), 'CLI_HOOK_UNUSABLE');
    await expectError(run(folder.path, ...NODE, '--preset', 'moon'), 'CLI_CONFIG_VALUE');
    await expectError(
      run(folder.path, 'config', 'show', '--file', join(folder.path, 'none')),
      'CLI_CONFIG_UNREADABLE',
    );
    await expectError(
      run(folder.path, 'verify', join(folder.path, 'none')),
      'TRANSCRIPT_UNREADABLE',
    );
  });

  test('nobody answers for a node that does not run', async () => {
    await expectError(
      run(folder.path, 'status', '--state', join(folder.path, 'nobody')),
      'PLATFORM_NODE_NOT_RUNNING',
    );
    await expectError(run(folder.path, 'status', '--node', 'b-carol'), 'CLI_NODE_UNKNOWN');
  });
});

describe('a state folder', () => {
  test('a port in use is told, and the folder can be used at once with another', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const state = join(folder.path, 'port');
    await expectError(
      run(
        folder.path,
        'node',
        '--network',
        'local',
        '--proof-bits',
        '0',
        '--listen',
        `127.0.0.1:${port}`,
        '--state',
        state,
      ),
      'LINK_ADDRESS_IN_USE',
    );
    taken.close();
    await stopNode(await startNode(state));
  });

  test('a second node on one folder is refused; the first goes on', async () => {
    const state = join(folder.path, 'locked');
    const first = await startNode(state);
    await expectError(run(folder.path, ...NODE, '--state', state), 'PLATFORM_STATE_LOCKED');
    expect(json(await run(folder.path, 'status', '--state', state, '--json'))).toMatchObject({
      peerId: first.peerId,
    });
    await stopNode(first);
  });

  test('a loose, truncated or foreign key file is refused and left as it is', async () => {
    const state = join(folder.path, 'key');
    const { peerId, ...node } = await startNode(state);
    await stopNode(node);
    const key = join(state, 'identity.key');
    const whole = readFileSync(key);
    chmodSync(key, 0o644);
    await expectError(run(folder.path, ...NODE, '--state', state), 'CRYPTO_KEYSTORE_MODE');
    chmodSync(key, 0o600);
    truncateSync(key, 40);
    await expectError(run(folder.path, ...NODE, '--state', state), 'CRYPTO_KEYSTORE_TRUNCATED');
    expect(readFileSync(key).length).toBe(40);
    writeFileSync(key, whole);
    writeFileSync(join(state, 'identity.pass'), 'not the passphrase\n');
    await expectError(run(folder.path, ...NODE, '--state', state), 'CRYPTO_KEYSTORE_PASSPHRASE');
    expect(readFileSync(key)).toEqual(whole);
    expect(peerId).toHaveLength(52);
  });

  test('a corrupt database is refused and left as it is', async () => {
    const state = join(folder.path, 'database');
    await stopNode(await startNode(state, '--validator'));
    const database = join(state, 'node.db');
    for (const side of ['-wal', '-shm'])
      if (existsSync(database + side)) writeFileSync(database + side, '');
    const bytes = readFileSync(database);
    bytes.fill(0xa5, 0, 4096);
    writeFileSync(database, bytes);
    await expectError(run(folder.path, ...NODE, '--state', state, '--validator'), 'STORE_CORRUPT');
    expect(readFileSync(database).equals(bytes)).toBe(true);
  });
});

describe('a transcript', () => {
  test('that is no transcript does not hold', async () => {
    const file = join(folder.path, 'noise.bct');
    writeFileSync(file, Buffer.alloc(500, 7));
    const { status, stderr, stdout } = await run(folder.path, 'verify', file);
    expect(status).toBe(1);
    expect(stderr + stdout).toContain('TRANSCRIPT_MALFORMED');
  });
});

describe('at the table, through a running node', () => {
  test('each wrong bet is refused by its own code and costs nothing', async () => {
    const casino = await startNode(
      join(folder.path, 'casino'),
      '--validator',
      '--bankroll',
      '1000',
    );
    const state = join(folder.path, 'player');
    const player = await startNode(
      state,
      '--join',
      `${casino.peerId}@${casino.listen}`,
      '--casino',
      casino.peerId,
    );
    const play = (...words: readonly string[]): Promise<Finished> =>
      run(folder.path, 'play', ...words, '--state', state);
    await until('the first bet is accepted', async () =>
      (await play('bet', 'pass', '5')).status === 0 ? true : undefined,
    );
    await expectError(play('bet', 'pass', '900'), 'CASINO_ACCOUNT_SHARE');
    await expectError(play('bet', 'fire', '5000'), 'CASINO_BALANCE');
    await expectError(play('bet', 'come', '5'), 'CRAPS_WRONG_PHASE');
    await expectError(play('bet', 'pass-odds', '5'), 'CRAPS_BASE_MISSING');
    await expectError(play('bet', 'roulette', '5'), 'CRAPS_BET_UNKNOWN');
    await expectError(play('bet', 'pass', '0'), 'CASINO_STAKE_BELOW_MIN');
    await expectError(play('bet', 'pass', 'five'), 'AMOUNT_INVALID');
    const shown = json(await play('show', '--json'));
    expect(shown).toMatchObject({
      account: { balance: '995', bets: [{ kind: 'pass', stake: '5' }] },
      supplyConserved: true,
    });
    await stopNode(player);
    await stopNode(casino);
  });
});
