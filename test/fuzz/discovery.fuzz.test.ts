// Discovery against what anybody on the local network may send: packets of chance, records of every wrong shape, and
// announcements with changes. Time budget: BITCRAPS_FUZZ_MS; a failure prints the seed, BITCRAPS_FUZZ_SEED replays it.

import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import {
  decodeAnnouncement,
  encodeAnnouncement,
  networkMark,
} from '../../src/platform/discovery/announcement.ts';
import {
  heardIn,
  readQuery,
  readResponse,
  SERVICE,
} from '../../src/platform/discovery/mdns-wire.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSeededRng, type SeededRng } from '../../src/sim/seeded-rng.ts';

const BUDGET_MS = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const SEED = Number(process.env['BITCRAPS_FUZZ_SEED'] ?? systemClock.wallMs() % 2 ** 31);

interface DnsPacket {
  readonly type: string;
  readonly questions: readonly { readonly name: string; readonly type: string }[];
  readonly answers: readonly { readonly name: string; readonly type: string }[];
  readonly additionals: readonly { readonly name: string; readonly type: string }[];
}
interface DnsCodec {
  encode(packet: object): Buffer;
  decode(bytes: Buffer): DnsPacket;
}
const require = createRequire(createRequire(import.meta.url).resolve('multicast-dns'));
const codecName = 'dns-packet';
const codec = require(codecName) as DnsCodec;

function pick<T>(rng: SeededRng, choices: readonly [T, ...T[]]): T {
  return choices[rng.uint32() % choices.length] ?? choices[0];
}

function bytesOf(rng: SeededRng, bytesMax: number): Uint8Array {
  return Uint8Array.from({ length: rng.uint32() % bytesMax }, () => rng.uint32() & 0xff);
}

const honest = encodeAnnouncement({
  network: networkMark(primitives, 'n', 'home'),
  publicKey: new Uint8Array(32).fill(3),
  places: [
    { transport: 'tls', port: 4700 },
    { transport: 'quic', port: 4701 },
  ],
});

function textOf(rng: SeededRng): unknown {
  const strings = honest.map((one): unknown => {
    const bytes = Buffer.from(one);
    if (rng.chance(0.3)) bytes[rng.uint32() % bytes.length] = rng.uint32() & 0xff;
    return rng.chance(0.05) ? pick(rng, [null, 'x', 7, [], bytesOf(rng, 300)]) : bytes;
  });
  return pick(rng, [
    strings,
    strings.slice(1),
    strings[0],
    null,
    undefined,
    'text',
    [...strings, ...strings],
  ]);
}

function check(packet: Omit<DnsPacket, 'type'>): void {
  const query = readQuery(packet, '192.0.2.1');
  expect(query.kind).toBe('query');
  const response = readResponse(packet, '192.0.2.1');
  if (response.kind !== 'response') return;
  for (const { announcement, ttlS } of heardIn(response)) {
    expect(announcement.publicKey.length).toBe(32);
    expect(announcement.places.length).toBeGreaterThan(0);
    expect(announcement.places.length).toBeLessThanOrEqual(8);
    expect(ttlS).toBeGreaterThanOrEqual(0);
  }
}

describe(`seed ${SEED}`, () => {
  test('records of any shape are announcements or nothing', () => {
    const rng = createSeededRng(primitives, SEED, 'records');
    const until = performance.now() + BUDGET_MS;
    while (performance.now() < until) {
      const records = Array.from({ length: rng.uint32() % 5 }, () => ({
        name: pick(rng, [SERVICE, `x.${SERVICE}`, `X.${SERVICE.toUpperCase()}`, '', 'y.local']),
        type: pick(rng, ['TXT', 'PTR', 'SRV', 'A', 'ANY', 'UNKNOWN_7']),
        ttl: rng.uint32(),
        data: textOf(rng),
      }));
      check({ questions: records, answers: records, additionals: records });
      decodeAnnouncement(Array.from({ length: rng.uint32() % 20 }, () => bytesOf(rng, 300)));
    }
  });

  test('datagrams with changes decode to announcements, to nothing, or not at all', () => {
    const rng = createSeededRng(primitives, SEED, 'datagrams');
    const whole = codec.encode({
      type: 'response',
      answers: [
        { name: SERVICE, type: 'PTR', ttl: 120, data: `x.${SERVICE}` },
        { name: `x.${SERVICE}`, type: 'TXT', ttl: 120, data: honest },
      ],
    });
    const until = performance.now() + BUDGET_MS;
    let decoded = 0;
    while (performance.now() < until) {
      const datagram = Buffer.from(whole);
      for (let i = rng.uint32() % 6; i > 0; i -= 1) {
        datagram[rng.uint32() % datagram.length] = rng.uint32() & 0xff;
      }
      let packet: DnsPacket;
      try {
        packet = codec.decode(rng.chance(0.2) ? Buffer.from(bytesOf(rng, 600)) : datagram);
      } catch {
        // The codec's way to say no; the socket's handler expects it.
        continue;
      }
      decoded += 1;
      check(packet);
    }
    expect(decoded).toBeGreaterThan(0);
  });
});
