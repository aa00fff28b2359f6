import { expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createSimNetwork } from '../network.ts';
import { createWorld } from '../world.ts';
import { ProcessGate } from './process-gate.ts';

test('a paused process does nothing; afterwards its late timers fire first, then comes what had arrived', () => {
  const world = createWorld({ seed: 1, primitives });
  const network = createSimNetwork(world);
  for (const name of ['a', 'b']) network.endpoint(primitives.sha256(new Uint8Array([1])), name);
  const [there, here] = network.pair('a', 'b');
  const gate = new ProcessGate();
  const clock = gate.clock(world.clockFor('b'));
  const seen: string[] = [];
  const quiet = { drain: () => undefined, close: () => undefined };
  there.attach({ ...quiet, frame: () => undefined });
  gate.link(here).attach({
    ...quiet,
    frame: (bytes) => seen.push(`frame ${bytes[0]} at ${clock.now()}`),
    close: () => seen.push('close'),
  });
  for (const ms of [10, 30, 50]) clock.after(ms, () => seen.push(`timer ${ms}`));
  const dropped = clock.after(40, () => seen.push('cancelled'));
  world.at(20, () => gate.pause());
  for (const ms of [25, 35]) world.at(ms, () => there.send(new Uint8Array([ms])));
  world.at(45, () => {
    dropped.cancel();
    there.close();
  });
  world.at(60, () => gate.resume());
  world.runSync(59);
  expect(seen).toEqual(['timer 10']);
  world.runSync(100);
  expect(seen).toEqual([
    'timer 10',
    'timer 30',
    'timer 50',
    'frame 25 at 60',
    'frame 35 at 60',
    'close',
  ]);
});

test('a process that dies while it stands still does nothing any more', () => {
  const world = createWorld({ seed: 1, primitives });
  const gate = new ProcessGate();
  const clock = gate.clock(world.clockFor('b'));
  let fired = 0;
  clock.after(10, () => {
    fired += 1;
  });
  gate.pause();
  world.runSync(20);
  clock.kill();
  gate.resume();
  world.runSync(30);
  expect(fired).toBe(0);
});
