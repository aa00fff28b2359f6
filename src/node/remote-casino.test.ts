// A player's node in front of a casino that tells lies. The mesh is a fake that hands requests to the test's casino.

import { beforeAll, describe, expect, test } from 'vitest';
import { finishedCasino, type SmallCasino } from '../../test/casino/small-casino.ts';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import { unwrap } from '../core/errors.ts';
import { verifyTranscript } from '../casino/verify-transcript.ts';
import type { Mesh, MeshMessage } from '../mesh/mesh.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createWorld, type World } from '../sim/world.ts';
import type { CasinoClient } from './casino-client.ts';
import { decodeRequest, encodeReply, type CasinoAnswer, type CasinoAsk } from './casino-service.ts';
import { followCasino } from './remote-casino.ts';

let casino: SmallCasino;

beforeAll(async () => {
  casino = await finishedCasino(2);
});

interface Scene {
  readonly world: World;
  readonly client: CasinoClient;
  readonly asked: CasinoAsk['kind'][];
}

/** Follows the small casino; `answer` may replace what the honest one says. */
function scene(answer: (ask: CasinoAsk) => CasinoAnswer | null): Scene {
  const world = createWorld({ seed: 1, primitives });
  const asked: CasinoAsk['kind'][] = [];
  let receive: ((message: MeshMessage) => void) | null = null;
  const honest = (ask: CasinoAsk): CasinoAnswer => {
    const head = casino.head.height;
    if (ask.kind === 'genesis') return { kind: 'genesis', genesis: casino.genesis.bytes };
    if (ask.kind === 'submit') return { kind: 'accepted', height: head };
    const blocks = casino.blocks
      .filter(({ header }) => header.height >= ask.fromHeight)
      .slice(0, 5);
    return { kind: 'blocks', blocks: blocks.map(({ bytes }) => bytes), head };
  };
  const mesh: Pick<Mesh, 'send' | 'handle' | 'onUnreachable'> = {
    send(_, __, payload) {
      const { id, ask } = unwrap(decodeRequest(payload));
      asked.push(ask.kind);
      const reply = encodeReply({ id, answer: answer(ask) ?? honest(ask) });
      world.clock.after(1, () => receive?.({ source: casino.operator.publicKey, payload: reply }));
      return { ok: true, value: undefined };
    },
    handle(_, receiver) {
      receive = receiver;
    },
    onUnreachable: () => undefined,
  };
  const client = followCasino(casino.operator.publicKey, {
    // The client uses these three of the mesh.
    mesh: mesh as Mesh,
    identity: testIdentity('player'),
    primitives,
    clock: world.clock,
    logger: silentLogger,
    onTrouble: () => undefined,
  });
  return { world, client, asked };
}

async function submitted({ world, client }: Scene): Promise<unknown> {
  await world.runUntil(() => client.head()?.height === casino.head.height, 60_000);
  let result: unknown = null;
  void client.submit({ case: 'openAccount', value: {} }).then((answer) => (result = answer));
  await world.runUntil(() => result !== null, 120_000);
  return result;
}

describe('a casino that says accepted', () => {
  test('about a block that does not hold the operation is caught', async () => {
    expect(await submitted(scene(() => null))).toMatchObject({
      ok: false,
      error: { code: 'NODE_OPERATION_MISSING' },
    });
  });

  test('about a block that never comes is not believed', async () => {
    const later: CasinoAnswer = { kind: 'accepted', height: casino.head.height + 9n };
    const result = await submitted(scene((ask) => (ask.kind === 'submit' ? later : null)));
    expect(result).toMatchObject({ ok: false, error: { code: 'NODE_BLOCK_NOT_SEEN' } });
  });
});

describe('following', () => {
  test('gives a transcript of its own that verifies', async () => {
    const { world, client } = scene(() => null);
    await world.runUntil(() => client.head()?.height === casino.head.height, 60_000);
    const report = unwrap(verifyTranscript(primitives, client.transcript()));
    expect(report).toMatchObject({ height: casino.head.height, signedByOperator: false });
  });

  test('ends at a block that does not check, and asks no more', async () => {
    const [first, second] = casino.blocks;
    const swapped = (ask: CasinoAsk): CasinoAnswer | null => {
      if (
        ask.kind !== 'blocks' ||
        ask.fromHeight !== 1n ||
        first === undefined ||
        second === undefined
      )
        return null;
      const damaged = first.bytes.slice();
      damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
      return { kind: 'blocks', blocks: [damaged, second.bytes], head: casino.head.height };
    };
    const { world, client, asked } = scene(swapped);
    await world.runUntil(() => client.broken() !== null, 60_000);
    expect(client.broken()?.code).toMatch(/^TRANSCRIPT_/);
    const count = asked.length;
    await world.run(world.clock.now() + 60_000);
    expect(asked.length).toBe(count);
  });

  test('of a genesis of another operator ends at once', async () => {
    const genesis: CasinoAnswer = { kind: 'genesis', genesis: new Uint8Array(10) };
    const { world, client, asked } = scene((ask) => (ask.kind === 'genesis' ? genesis : null));
    await world.run(60_000);
    expect(client.broken()?.code).toBe('TRANSCRIPT_GENESIS_INVALID');
    expect(asked).toEqual(['genesis']);
  });
});
