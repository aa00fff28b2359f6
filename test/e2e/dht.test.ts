// The distributed table over real sockets on loopback: a bootstrap node of our own, and nodes that know no other.

import { afterEach, describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { blindedPublicKey } from '../../src/crypto/blinded-key.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { Dht } from '../../src/env/dht.ts';
import { startBootstrapNode, startDhtNode, type DhtNode } from '../../src/platform/dht/dht-node.ts';
import { createDhtRecords } from '../../src/platform/dht/dht-records.ts';
import { networkContext } from '../../src/crypto/table-record.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { describeDht } from '../suites/dht.suite.ts';

const LOOPBACK = '127.0.0.1:0';
const opened: DhtNode[] = [];

async function kept(starting: Promise<DhtNode>): Promise<DhtNode> {
  const node = await starting;
  opened.push(node);
  await node.joined;
  return node;
}

const bootstrapNode = (): Promise<DhtNode> => kept(startBootstrapNode({ listen: LOOPBACK }));
const nodeOf = (bootstrap: DhtNode, persistent = false): Promise<DhtNode> =>
  kept(startDhtNode({ listen: LOOPBACK, bootstrap: [bootstrap.address], persistent }));
const recordsOf = (node: DhtNode, networkId: string): Dht =>
  createDhtRecords({ primitives, node, networkId, retries: 0 });

afterEach(async () => {
  for (const node of opened.splice(0).toReversed()) await node.close();
});

describeDht('table on hyperdht', async () => {
  const bootstrap = await bootstrapNode();
  const keeper = await nodeOf(bootstrap, true);
  const [a, b, c] = [await nodeOf(bootstrap), await nodeOf(bootstrap), await nodeOf(bootstrap)];
  return {
    writer: recordsOf(a, 'home'),
    reader: recordsOf(b, 'home'),
    stranger: recordsOf(c, 'elsewhere'),
    isolate: async () => {
      await bootstrap.close();
      await keeper.close();
    },
    settle: (work) => work,
    close: async () => undefined,
  };
});

describe('a record in the table', () => {
  const identity = identityFromSeed(primitives, new Uint8Array(32).fill(3));
  const value = utf8('reachable through gateway seven');

  test('shows its keepers neither whose it is nor what it says', async () => {
    const bootstrap = await bootstrapNode();
    const node = await nodeOf(bootstrap);
    await recordsOf(node, 'home').put(identity, value, 1n);
    const { engine } = node;
    expect(await engine.mutableGet(Buffer.from(identity.publicKey), { retries: 1 })).toBeNull();
    const key = blindedPublicKey(primitives, identity.publicKey, networkContext('home'));
    const held = await engine.mutableGet(Buffer.from(key ?? []), { retries: 1 });
    expect(held?.seq).toBe(1);
    const shown = toHex(held?.value ?? new Uint8Array(0));
    expect(shown).not.toContain(toHex(value));
    expect(shown).not.toContain(toHex(identity.publicKey));
  });

  test('outlives the node that wrote it, and the bootstrap node, while one keeper is left', async () => {
    const bootstrap = await bootstrapNode();
    await nodeOf(bootstrap, true);
    const [writer, reader] = [await nodeOf(bootstrap), await nodeOf(bootstrap)];
    await recordsOf(writer, 'home').put(identity, value, 1n);
    await writer.close();
    await bootstrap.close();
    expect((await recordsOf(reader, 'home').get(identity.publicKey))?.value).toEqual(value);
  });
});

describe('a node of the table', () => {
  test('refuses addresses that are none, are taken, or are not of this machine', async () => {
    const bootstrap = await bootstrapNode();
    const known = { bootstrap: [bootstrap.address] };
    await expect(startDhtNode({ ...known, listen: bootstrap.address })).rejects.toMatchObject({
      code: 'LINK_ADDRESS_IN_USE',
    });
    await expect(startDhtNode({ ...known, listen: '192.0.2.1:0' })).rejects.toMatchObject({
      code: 'LINK_ADDRESS_REFUSED',
    });
    for (const listen of ['', '127.0.0.1', '[::1]:0', 'x y:1']) {
      await expect(startDhtNode({ ...known, listen })).rejects.toMatchObject({
        code: 'LINK_ADDRESS_INVALID',
      });
    }
    for (const bad of [[], [''], ['127.0.0.1:0'], ['[::1]:80']]) {
      await expect(startDhtNode({ listen: LOOPBACK, bootstrap: bad })).rejects.toMatchObject({
        code: 'DHT_BOOTSTRAP_INVALID',
      });
    }
    for (const listen of ['0.0.0.0:0', 'localhost:0']) {
      await expect(startBootstrapNode({ listen })).rejects.toMatchObject({
        code: 'LINK_ADDRESS_INVALID',
      });
    }
  });

  test('starts while its bootstrap node is away', async () => {
    const bootstrap = await bootstrapNode();
    await bootstrap.close();
    const node = await startDhtNode({ listen: LOOPBACK, bootstrap: [bootstrap.address] });
    opened.push(node);
    expect(node.address).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});
