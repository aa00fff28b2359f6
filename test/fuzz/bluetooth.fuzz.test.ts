// Reassembly against values that no honest device sends: the pipe ends or goes on, holds no more than its bound, and hands
// out nothing that was not sent. Time budget: BITCRAPS_FUZZ_MS; a failure prints the seed, BITCRAPS_FUZZ_SEED replays it.

import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/env/clock.ts';
import type { GattHandlers, GattPipe } from '../../src/env/gatt.ts';
import { parseBluetoothAddress } from '../../src/platform/links/bluetooth/bluetooth-node.ts';
import {
  cutFragment,
  decodeFragment,
  encodeClose,
  encodeCredit,
} from '../../src/platform/links/bluetooth/fragment.ts';
import { CREDIT_AT_FIRST, messagesOver } from '../../src/platform/links/bluetooth/fragment-pipe.ts';
import { createReassembly } from '../../src/platform/links/bluetooth/reassembly.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSeededRng, type SeededRng } from '../../src/sim/seeded-rng.ts';

const BUDGET_MS = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const SEED = Number(process.env['BITCRAPS_FUZZ_SEED'] ?? systemClock.wallMs() % 2 ** 31);

function bytesOf(rng: SeededRng, bytesMax: number): Uint8Array {
  return Uint8Array.from({ length: rng.uint32() % bytesMax }, () => rng.uint32() & 0xff);
}

/** Values that are almost right: cut from messages, then changed, left out, repeated or mixed with control values. */
function* values(rng: SeededRng): Generator<Uint8Array> {
  let sequence = 0;
  for (;;) {
    const message = Uint8Array.from(
      { length: 1 + (rng.uint32() % 400) },
      () => rng.uint32() & 0xff,
    );
    for (let at = 0; at < message.length;) {
      const { value, next } = cutFragment(message, at, sequence, 20 + (rng.uint32() % 100));
      at = next;
      if (!rng.chance(0.01)) sequence += 1;
      if (rng.chance(0.01)) value[rng.uint32() % value.length] = rng.uint32() & 0xff;
      if (!rng.chance(0.01)) yield value;
      if (rng.chance(0.01)) yield value.slice();
      if (rng.chance(0.02)) yield encodeCredit(1 + (rng.uint32() % 40));
      if (rng.chance(0.005)) yield bytesOf(rng, 600);
      if (rng.chance(0.001)) yield encodeClose();
    }
  }
}

class HandGatt implements GattPipe {
  readonly remoteAddress = 'ble:test';
  readonly mtuBytes = 100;
  handlers: GattHandlers | null = null;
  closes = 0;
  readonly attach = (handlers: GattHandlers): void => {
    this.handlers = handlers;
  };
  readonly write = (_: Uint8Array, taken: () => void): void => {
    this.pending.push(taken);
  };
  readonly pending: (() => void)[] = [];
  readonly close = (): void => {
    this.closes += 1;
  };
}

/** Runs what is planned at once, when told. */
class HandClock implements Clock {
  readonly planned: (() => void)[] = [];
  readonly now = (): number => 0;
  readonly wallMs = (): number => 0;
  readonly after = (_: number, run: () => void): { cancel(): void } => {
    this.planned.push(run);
    return { cancel: () => undefined };
  };
}

describe(`seed ${SEED}`, () => {
  test('any value is a fragment or not, any text an address or not', () => {
    const rng = createSeededRng(primitives, SEED, 'values');
    const until = performance.now() + BUDGET_MS / 2;
    while (performance.now() < until) {
      const value = bytesOf(rng, 600);
      const fragment = decodeFragment(value);
      if (fragment?.kind === 'first') expect(fragment.content.length).toBeGreaterThan(0);
      expect(
        typeof parseBluetoothAddress(`ble:${String.fromCharCode(...value.subarray(0, 20))}`).ok,
      ).toBe('boolean');
    }
  });

  test('reassembly holds what came, never what was claimed', () => {
    const rng = createSeededRng(primitives, SEED, 'reassembly');
    const until = performance.now() + BUDGET_MS;
    while (performance.now() < until) {
      const reassembly = createReassembly();
      let bytes = 0;
      for (const value of values(rng)) {
        const fragment = decodeFragment(value);
        if (fragment?.kind !== 'first' && fragment?.kind !== 'middle') continue;
        bytes += fragment.content.length;
        const taken = reassembly.push(fragment);
        if (taken.kind === 'broken') break;
        if (taken.kind !== 'message') continue;
        expect(taken.bytes.length).toBeLessThanOrEqual(bytes);
        bytes = 0;
      }
    }
  });

  test('a pipe ends once, and is quiet afterwards', () => {
    const rng = createSeededRng(primitives, SEED, 'pipe');
    const until = performance.now() + BUDGET_MS;
    while (performance.now() < until) {
      const [gatt, clock] = [new HandGatt(), new HandClock()];
      const pipe = messagesOver(gatt, clock);
      let closed = 0;
      pipe.attach({
        message: (bytes) => {
          expect(closed).toBe(0);
          expect(bytes.length).toBeGreaterThan(0);
        },
        written: () => expect(closed).toBe(0),
        closed: () => {
          closed += 1;
        },
      });
      let unread = 0;
      for (const value of values(rng)) {
        if (rng.chance(0.02)) pipe.pause();
        if (rng.chance(0.02)) pipe.resume();
        if (rng.chance(0.05)) pipe.send(new Uint8Array(1 + (rng.uint32() % 300)));
        if (rng.chance(0.5)) gatt.pending.shift()?.();
        if (rng.chance(0.3)) clock.planned.shift()?.();
        if (gatt.closes > 0) break;
        gatt.handlers?.value(value);
        unread += 1;
        if (unread > 100 * CREDIT_AT_FIRST) break;
      }
      gatt.handlers?.closed('gone');
      pipe.destroy();
      for (const run of clock.planned) run();
      for (const taken of gatt.pending) taken();
      expect(closed).toBe(1);
      expect(pipe.bufferedBytes).toBe(0);
    }
  });
});
