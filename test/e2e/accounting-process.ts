// A process that accounts for packets as fast as its clock ticks, until somebody kills it. It says what its store had at
// the start, and then at each tick how much it has counted: `node test/e2e/accounting-process.ts DATABASE`.

import { writeSync } from 'node:fs';
import { RelayLedger } from '../../src/gateway/accounting/relay-ledger.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { openSqliteStore } from '../../src/platform/node/sqlite-store.ts';
import { encodePacket, PacketType } from '../../src/wire/packet.ts';

const TICK_MS = 5;
const PACKETS_PER_TICK = 20;
const FLOWS = 50;

const store = openSqliteStore(process.argv[2] ?? '');
const logger = createLogger({ level: 'error', pretty: false });
const ledger = new RelayLedger({ clock: systemClock, rng: systemRng, logger, store });
const account = ledger.open(new Uint8Array(32).fill(9));

function say(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

function packet(flow: number): Uint8Array {
  const ends = {
    source: new Uint8Array(32).fill(1 + flow),
    destination: new Uint8Array(32).fill(7),
  };
  const header = { type: PacketType.data, flags: 0, ttl: 9, flowId: 1, packetId: 1n };
  return encodePacket(
    { ...header, ...ends, route: new Uint8Array(0), cursor: 0 },
    new Uint8Array(30),
  );
}

const packets = Array.from({ length: FLOWS }, (_, flow) => packet(flow));
let counted = 0;

function tick(): void {
  systemClock.after(TICK_MS, tick);
  for (let i = 0; i < PACKETS_PER_TICK; i += 1) {
    const bytes = packets[counted % FLOWS] ?? packet(0);
    if (account.take(bytes, 0) === null) account.acknowledged(bytes, 0, bytes.length);
    ledger.left(ledger.member(bytes, 20), bytes.length);
    counted += 1;
  }
  say({ counted, atMs: systemClock.now() });
}

const gateways = [...ledger.book.gateways.values()];
const records = [ledger.epoch - 1, ledger.epoch].flatMap((epoch) =>
  ledger.records(epoch, null, 10_000),
);
say({
  carried: gateways.reduce((sum, { packetsOut }) => sum + packetsOut, 0),
  acknowledged: gateways.reduce((sum, { ackedPackets }) => sum + ackedPackets, 0),
  left: ledger.totals.packetsOut,
  byPeer: ledger.peers(1_000).reduce((sum, { packetsOut }) => sum + packetsOut, 0),
  inRecords: records.reduce((sum, { packets: count }) => sum + count, 0),
});
tick();
