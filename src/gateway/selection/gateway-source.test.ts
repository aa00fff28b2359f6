import { expect, test } from 'vitest';
import { bridgeSource, discover, GATEWAYS_KNOWN_MAX, meshSource } from './gateway-source.ts';

const id = (i: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, at) => (at < 2 ? i >> (8 * at) : 0));

function mesh(
  count: number,
  silent: readonly { readonly peer: Uint8Array; readonly suspect: boolean }[] = [],
): ReturnType<typeof meshSource> {
  const gateways = Array.from({ length: count }, (_, i) => ({ peer: id(i), hops: 1, weight: i }));
  return meshSource(
    { gateways: () => gateways, reach: () => 'good', neighbours: () => silent },
    'home',
  );
}

test('each gateway is found once: the own mesh says where it is, a later source may hold its offer', () => {
  const far = bridgeSource({
    gateways: () => [
      { gateway: id(1), meshName: 'elsewhere', reachable: true, hops: 2 },
      { gateway: id(9), meshName: 'far', reachable: false, hops: 0 },
    ],
  });
  const offer = Uint8Array.of(1, 2, 3);
  const directory = { gateways: () => far.gateways().map((one) => ({ ...one, offer })) };
  const found = discover([mesh(2), far, directory]);
  expect(found).toMatchObject([
    { gateway: id(0), scope: 'own-mesh', meshName: 'home', offer: null },
    { gateway: id(1), scope: 'own-mesh', meshName: 'home', reach: 'good', offer },
    { gateway: id(9), scope: 'other-mesh', meshName: 'far', reach: 'none', hops: null, offer },
  ]);
});

test('a neighbour that does not answer is suspect, though others have links to it', () => {
  const found = mesh(3, [
    { peer: id(1), suspect: true },
    { peer: id(2), suspect: false },
  ]).gateways();
  expect(found.map(({ reach }) => reach)).toEqual(['good', 'suspect', 'good']);
});

test('no more are known than the bound, the nearest first', () => {
  const found = discover([mesh(GATEWAYS_KNOWN_MAX + 50), mesh(GATEWAYS_KNOWN_MAX + 90)]);
  expect(found).toHaveLength(GATEWAYS_KNOWN_MAX);
  expect(found[0]?.gateway).toEqual(id(0));
});
