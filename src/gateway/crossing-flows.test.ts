import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePacket, PacketType } from '../wire/packet.ts';
import { CrossingFlows } from './crossing-flows.ts';

function packet(source: number, destination: number, flowId: number): Uint8Array {
  const header = {
    type: PacketType.data,
    flags: 0,
    ttl: 9,
    flowId,
    packetId: 1n,
    source: new Uint8Array(32).fill(source, 31),
    destination: new Uint8Array(32).fill(destination, 7, 9),
    route: Uint8Array.of(1),
    cursor: 0,
  };
  return encodePacket(header, new Uint8Array(3));
}

test('answers what was remembered of just this flow, or nothing', () => {
  const step = fc.record({
    source: fc.nat(3),
    destination: fc.nat(3),
    flowId: fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1),
    at: fc.nat(3),
    pauseMs: fc.nat(40),
    isNewVersion: fc.boolean(),
    remembers: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const flows = new CrossingFlows<string>();
      const model = new Map<string, { readonly version: number; readonly atMs: number }>();
      let version = 0;
      let nowMs = 0;
      for (const { source, destination, flowId, at, pauseMs, isNewVersion, remembers } of steps) {
        nowMs += pauseMs;
        if (isNewVersion) version += 1;
        const bytes = new Uint8Array(at + packet(0, 0, 0).length);
        bytes.set(packet(source, destination, flowId), at);
        const key = `${source} ${destination} ${flowId}`;
        const known = model.get(key);
        const found = flows.find(bytes, at, version, nowMs);
        // Flows may take each other's places: what is found is right, and what nobody displaced is found.
        if (found !== null) expect(found).toBe(`${key} ${known?.version} ${known?.atMs}`);
        if (known === undefined || known.version !== version || nowMs - known.atMs >= 100) {
          expect(found).toBe(null);
        } else if (model.size === 1) expect(found).not.toBe(null);
        if (!remembers) continue;
        flows.remember(bytes, at, version, nowMs, `${key} ${version} ${nowMs}`);
        model.set(key, { version, atMs: nowMs });
      }
    }),
  );
});
