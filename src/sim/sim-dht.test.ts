import { describeDht } from '../../test/suites/dht.suite.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createSimDht } from './sim-dht.ts';
import { createWorld } from './world.ts';

describeDht('simulated table', async () => {
  const world = createWorld({ seed: 1, primitives });
  const dht = createSimDht(world);
  return {
    writer: dht.node('a', 'home'),
    reader: dht.node('b', 'home'),
    stranger: dht.node('c', 'elsewhere'),
    async isolate() {
      dht.cut('a');
      dht.cut('b');
    },
    async settle(work) {
      let over = false;
      const end = (): void => {
        over = true;
      };
      work.then(end, end);
      await world.runUntil(() => over, world.clock.now() + 10_000);
      return work;
    },
    close: async () => undefined,
  };
});
