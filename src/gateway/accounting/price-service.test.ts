// Prices between nodes: asked for inside a mesh and known before they take effect.

import { expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createSimStore } from '../../sim/store.ts';
import { MeshRig, testIdentity } from '../../../test/suites/mesh-rig.ts';
import { openOwnPrice } from './own-price.ts';
import { createPriceService, PRICE_PROTOCOL, type PriceService } from './price-service.ts';
import { encodeGatewayPrice, PRICE_NOTICE_MS, PRICE_VALID_MS } from './price.ts';

interface Priced {
  readonly rig: MeshRig;
  readonly buyer: PriceService;
  readonly refused: string[];
  readonly propose: (price: bigint) => Promise<void>;
}

async function priced(): Promise<Priced> {
  const rig = new MeshRig();
  rig.line(['buyer', 'relay', 'gate'], (name) => ({ gateway: name === 'gate' }));
  const store = createSimStore(rig.world, { name: 'disk' });
  const { mesh, clock } = rig.node('gate');
  const identity = testIdentity('gate');
  const opening = openOwnPrice({ primitives, identity, store, bootEpoch: 1 }, clock.wallMs(), {
    control: 0n,
    game: 10n,
    bulk: 20n,
  });
  await rig.run(5_000);
  const own = await opening;
  const refused: string[] = [];
  createPriceService({ mesh, clock, primitives, own });
  const buyer = createPriceService({
    mesh: rig.node('buyer').mesh,
    clock: rig.node('buyer').clock,
    primitives,
    own: null,
    onRefused: (_, error) => refused.push(error.code),
  });
  return {
    rig,
    buyer,
    refused,
    propose: async (price) => {
      const proposed = own.propose({ control: 0n, game: price, bulk: price }, clock.wallMs());
      await rig.run(100);
      unwrap(await proposed);
    },
  };
}

test('a node knows the price of the gateway that it watches, and each change before it is in force', async () => {
  const { rig, buyer, propose } = await priced();
  const gate = testIdentity('gate').publicKey;
  const { clock } = rig.node('buyer');
  buyer.watch(gate);
  await rig.run(2_000);
  expect(buyer.book.termsOf(gate, clock.wallMs())?.game).toBe(10n);
  await propose(77n);
  await rig.run(PRICE_NOTICE_MS / 2);
  expect(buyer.book.priceOf(gate, clock.wallMs())?.next?.game).toBe(77n);
  expect(buyer.book.termsOf(gate, clock.wallMs())?.game).toBe(10n);
  await rig.run(PRICE_NOTICE_MS / 2);
  expect(buyer.book.termsOf(gate, clock.wallMs())?.game).toBe(77n);
  buyer.unwatch(gate);
  await rig.run(2 * PRICE_VALID_MS);
  expect(buyer.book.termsOf(gate, clock.wallMs())).toBeNull();
});

test('a gateway that changes its price at once is found out, and is held to its promise', async () => {
  const { rig, buyer, refused } = await priced();
  const gate = testIdentity('gate');
  buyer.watch(gate.publicKey);
  await rig.run(2_000);
  const wallMs = rig.node('gate').clock.wallMs();
  const cheat = encodeGatewayPrice(primitives, gate, {
    sequence: 2n ** 60n,
    current: { control: 0n, game: 900n, bulk: 900n, fromMs: wallMs },
    next: null,
    validUntilMs: wallMs + PRICE_VALID_MS,
  });
  // Field 2 of the message, with its length in one or two bytes.
  const length =
    cheat.length < 128 ? [cheat.length] : [(cheat.length & 127) | 128, cheat.length >> 7];
  const answer = Uint8Array.from([0x12, ...length, ...cheat]);
  rig.node('gate').mesh.send(testIdentity('buyer').publicKey, PRICE_PROTOCOL, answer);
  await rig.run(2_000);
  expect(refused).toEqual(['GATEWAY_PRICE_NOTICE']);
  expect(buyer.book.termsOf(gate.publicKey, wallMs)?.game).toBe(10n);
});
