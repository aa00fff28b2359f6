// What accounting costs a packet: `node scripts/bench-accounting.ts` prints nanoseconds for each, by how many flows are
// mixed and how many packets of one flow come in a row. A packet is taken, acknowledged and counted for its source, as
// a gateway does; the price of walking through the packets without that is taken off.

import { createLogger } from '../src/platform/node/logger.ts';
import { systemClock } from '../src/platform/node/clock.ts';
import { systemRng } from '../src/platform/node/rng.ts';
import { RelayLedger } from '../src/gateway/accounting/relay-ledger.ts';
import { encodeFrame, FrameType } from '../src/wire/frame.ts';
import { encodePacket, PacketType } from '../src/wire/packet.ts';

const PACKETS = 2_000_000;
const ROUNDS = 5;
/** Acknowledgements come for so many packets at once. */
const ACKED_TOGETHER = 64;
const BODY_BYTES = 170;
const NONE = new Uint8Array(0);

function peer(): Uint8Array {
  const id = new Uint8Array(32);
  systemRng.fill(id);
  return id;
}

function frames(flows: number, inARow: number): readonly Uint8Array[] {
  const all = Array.from({ length: flows }, () => {
    const header = { type: PacketType.data, flags: 8, ttl: 64, flowId: 1, packetId: 7n };
    const ends = { source: peer(), destination: peer() };
    const packet = encodePacket(
      { ...header, ...ends, route: new Uint8Array(2), cursor: 0 },
      new Uint8Array(BODY_BYTES),
    );
    return encodeFrame(FrameType.packet, packet);
  });
  return all.flatMap((frame) => Array.from({ length: inARow }, () => frame));
}

/** Of processor time, for each packet. */
function nanoseconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / PACKETS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function measure(flows: number, inARow: number): number {
  const logger = createLogger({ level: 'error', pretty: false });
  const ledger = new RelayLedger(
    { clock: systemClock, rng: systemRng, logger, store: null },
    { newFlowsBurst: 100_000 },
  );
  const account = ledger.open(peer());
  const member = ledger.member(peer(), 0);
  const stream = frames(flows, inARow);
  const { length } = stream;
  let refused = 0;
  let seen = 0;
  const accounted = (): void => {
    for (let i = 0; i < PACKETS; i += ACKED_TOGETHER) {
      for (let j = 0; j < ACKED_TOGETHER; j += 1) {
        const frame = stream[(i + j) % length] ?? NONE;
        if (account.take(frame, 1) !== null) refused += 1;
        ledger.left(member, frame.length - 1);
      }
      for (let j = 0; j < ACKED_TOGETHER; j += 1) {
        const frame = stream[(i + j) % length] ?? NONE;
        account.acknowledged(frame, 1, frame.length - 1);
      }
    }
  };
  const walked = (): void => {
    for (let i = 0; i < PACKETS; i += ACKED_TOGETHER) {
      for (let pass = 0; pass < 2; pass += 1) {
        for (let j = 0; j < ACKED_TOGETHER; j += 1) {
          seen += (stream[(i + j) % length] ?? NONE).length;
        }
      }
    }
  };
  accounted();
  walked();
  const costs = Array.from({ length: ROUNDS }, () => nanoseconds(accounted) - nanoseconds(walked));
  void ledger.stop();
  if (refused > 0 || seen === 0) throw new Error('nothing was carried');
  return median(costs);
}

for (const [flows, inARow] of [
  [1, 1],
  [16, 1],
  [16, 16],
  [1_000, 1],
  [8_000, 1],
] as const) {
  const cost = measure(flows, inARow).toFixed(0);
  process.stdout.write(`${flows} flows, ${inARow} packets in a row: ${cost} ns for a packet\n`);
}
process.exit(0);
