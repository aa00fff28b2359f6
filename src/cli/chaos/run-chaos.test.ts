import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ChaosCasino } from './chaos-casino.ts';
import { runChaos } from './run-chaos.ts';

const path = mkdtempSync(join(tmpdir(), 'bc-'));
afterAll(() => rmSync(path, { recursive: true, force: true }));

/** A casino whose nodes never answer. */
const SILENT: ChaosCasino = {
  nodes: [
    { name: 'a-table', role: 'validator', folder: join(path, 'a-table') },
    { name: 'a-player-1', role: 'player', folder: join(path, 'a-player-1') },
  ],
  gone: null,
  inflict: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

// A loop that goes on without waiting would hold the whole process until the first bets are given up, a minute later.
test(
  'given up while the first bets are waited for, it ends at once',
  { timeout: 20_000 },
  async () => {
    const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<string>();
    const report = runChaos({
      casino: SILENT,
      links: null,
      schedule: { durationMs: 1_000, events: [], leftOut: [] },
      seed: 1,
      folder: {
        id: 'x',
        path,
        transcript: join(path, 'x.bct'),
        note: () => undefined,
        end: () => undefined,
      },
      closes: true,
      unexpected: [],
      say: () => undefined,
      givenUp,
    });
    setImmediate(() => giveUp('SIGINT'));
    expect(await report).toBeNull();
    // The process can do other things again.
    await new Promise((done) => void setImmediate(done));
  },
);
