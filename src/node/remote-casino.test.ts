// A player's node in front of a casino that tells lies. The mesh is a fake that hands requests to the test's casino.

import { beforeAll, describe, expect, test } from 'vitest';
import { finishedCasino, type SmallCasino } from '../../test/casino/small-casino.ts';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import { unwrap } from '../core/errors.ts';
import { verifyTranscript } from '../casino/verify-transcript.ts';
import type { Mesh, MeshMessage } from '../mesh/mesh.ts';
import { primitives } from '../platform/node/primitives.ts';
import type { Reach } from '../routing/route-planner.ts';
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
  /** How links stand to the casino, and whether a gateway leads there. */
  readonly way: { reach: Reach; hasGateway: boolean };
}

/** Follows the small casino; `answer` may replace what the honest one says, or keep it back. */
function scene(answer: (ask: CasinoAsk) => CasinoAnswer | 'silence' | null): Scene {
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
  const way: Scene['way'] = { reach: 'good', hasGateway: false };
  const mesh: Pick<
    Mesh,
    'send' | 'handle' | 'onUnreachable' | 'reach' | 'route' | 'doubt' | 'onWayLeft'
  > = {
    doubt: () => false,
    onWayLeft: () => undefined,
    reach: () => way.reach,
    route: () => (way.hasGateway ? { via: 'bridge', hops: [], weight: 0 } : null),
    send(_, __, payload) {
      const { id, ask } = unwrap(decodeRequest(payload));
      asked.push(ask.kind);
      const said = answer(ask) ?? honest(ask);
      if (said === 'silence') return { ok: true, value: undefined };
      const reply = encodeReply({ id, answer: said });
      world.clock.after(1, () => receive?.({ source: casino.operator.publicKey, payload: reply }));
      return { ok: true, value: undefined };
    },
    handle(_, receiver) {
      receive = receiver;
    },
    onUnreachable: () => undefined,
  };
  const client = followCasino(casino.operator.publicKey, {
    // The client uses these of the mesh.
    mesh: mesh as Mesh,
    identity: testIdentity('player'),
    primitives,
    clock: world.clock,
    logger: silentLogger,
    onTrouble: () => undefined,
  });
  return { world, client, asked, way };
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

describe('a player who does not reach the casino', () => {
  const bet = { case: 'openAccount', value: {} } as const;

  test.each(['none', 'suspect'] as const)(
    'is refused at once: links lead there as %s',
    async (reach) => {
      const { world, client, asked, way } = scene(() => null);
      await world.runUntil(() => client.head()?.height === casino.head.height, 60_000);
      way.reach = reach;
      const count = asked.filter((kind) => kind === 'submit').length;
      const atMs = world.clock.now();
      expect(client.quorum()).toMatchObject({ side: 'minority', reached: 0, quorum: 1 });
      const result = await client.submit(bet);
      expect(result).toMatchObject({ ok: false, error: { code: 'NODE_MINORITY_SIDE' } });
      expect(world.clock.now()).toBe(atMs);
      // Nothing waits to be placed once the casino is reached again.
      way.reach = 'good';
      await world.run(atMs + 60_000);
      expect(asked.filter((kind) => kind === 'submit')).toHaveLength(count);
      expect(client.quorum().side).toBe('majority');
    },
  );

  test('beyond a gateway is on the side of a casino that answers', async () => {
    let isSilent = false;
    const { world, client, way } = scene(() => (isSilent ? 'silence' : null));
    way.hasGateway = true;
    way.reach = 'none';
    await world.runUntil(() => client.head()?.height === casino.head.height, 60_000);
    expect(client.quorum().side).toBe('majority');
    isSilent = true;
    await world.runUntil(() => client.quorum().side === 'minority', world.clock.now() + 20_000);
    expect(await client.submit(bet)).toMatchObject({
      error: { code: 'NODE_MINORITY_SIDE', data: { why: 'NODE_SERVICE_TIMEOUT' } },
    });
    isSilent = false;
    await world.runUntil(() => client.quorum().side === 'majority', world.clock.now() + 20_000);
    way.hasGateway = false;
    expect(client.quorum().side).toBe('minority');
  });

  test('who lost it as a member has to be answered across a gateway first', async () => {
    const { world, client, way } = scene(() => null);
    await world.runUntil(() => client.head()?.height === casino.head.height, 60_000);
    way.reach = 'none';
    way.hasGateway = true;
    expect(client.quorum().side).toBe('minority');
    await world.runUntil(() => client.quorum().side === 'majority', world.clock.now() + 10_000);
  });

  test('who waits for his turn meanwhile is refused, too', async () => {
    const { world, client, asked, way } = scene((ask) => {
      if (ask.kind === 'submit') way.reach = 'none';
      return null;
    });
    await world.runUntil(() => client.head()?.height === casino.head.height, 60_000);
    const results: unknown[] = [];
    void client.submit(bet).then((result) => results.push(result));
    void client.submit(bet).then((result) => results.push(result));
    await world.runUntil(() => results.length === 2, 120_000);
    expect(results[1]).toMatchObject({ error: { code: 'NODE_MINORITY_SIDE' } });
    expect(asked.filter((kind) => kind === 'submit')).toHaveLength(1);
  });
});
