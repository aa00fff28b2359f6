// Every decoder of the wire and of the versions against random bytes and mutated valid input: an answer, never an
// exception, and what is accepted encodes back. BITCRAPS_FUZZ_MS is the time for each (300 ms unless told);
// a failure prints its seed and the smallest input found.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unreachable } from '../../src/core/assert.ts';
import { concat } from '../../src/core/bytes.ts';
import { unwrap } from '../../src/core/errors.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { decodeHello, encodeHello } from '../../src/versioning/hello.ts';
import { createLinkHandshake } from '../../src/versioning/link-handshake.ts';
import { negotiate } from '../../src/versioning/negotiate.ts';
import { formatVersion, parseVersion } from '../../src/versioning/protocol-version.ts';
import { decodeBody, decodeCanonical, encodeBody } from '../../src/wire/body.ts';
import { decodeFailedLinks, encodeFailedLinks } from '../../src/wire/failed-links.ts';
import { decodeFlowReports, encodeFlowReports } from '../../src/wire/flow-report.ts';
import { decodeFrame, encodeFrame, FrameType } from '../../src/wire/frame.ts';
import { HelloSchema } from '../../src/wire/gen/bitcraps/v1/hello_pb.ts';
import { decodeGoodbye, encodeGoodbye } from '../../src/wire/goodbye.ts';
import { decodePacketHeader, encodePacket, replaceRoute } from '../../src/wire/packet.ts';
import { decodePorts, encodePorts, readPort } from '../../src/wire/ports.ts';
import { createFrameSplitter, frameLengthPrefix } from '../../src/wire/stream-framing.ts';
import { bytes, hellos, packets, ports } from '../wire/arbitraries.ts';

const budgetMs = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');

/** Runs the property until the time is up. */
function fuzz<T>(input: fc.Arbitrary<T>, check: (value: T) => void): void {
  const property = fc.property(input, (value) => check(value));
  const runs = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: budgetMs };
  fc.assert(property, { ...runs, markInterruptAsFailure: false });
}

interface Mutation {
  readonly kind: 'flip' | 'set' | 'cut' | 'insert' | 'repeat';
  readonly at: number;
  readonly value: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'repeat'),
  at: fc.nat({ max: 0xffff }),
  value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
});

function mutate(input: Uint8Array, { kind, at, value }: Mutation): Uint8Array {
  const index = input.length === 0 ? 0 : at % input.length;
  const [before, after] = [input.subarray(0, index), input.subarray(index)];
  const changed = input.slice();
  switch (kind) {
    case 'flip':
      changed[index] = (changed[index] ?? 0) ^ (1 << (value & 7));
      return changed;
    case 'set':
      changed[index] = value;
      return changed;
    case 'cut':
      return before.slice();
    case 'insert':
      return concat(before, Uint8Array.of(value), after);
    case 'repeat':
      return concat(before, after.subarray(0, value), after);
    default:
      return unreachable(kind);
  }
}

/** Random bytes, valid ones, and valid ones with a few mutations. */
function hostile(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const mutated = fc
    .tuple(valid, fc.array(mutation, { maxLength: 4 }))
    .map(([input, mutations]) => mutations.reduce((current, each) => mutate(current, each), input));
  return fc.oneof(
    { arbitrary: fc.uint8Array({ maxLength: 400 }), weight: 1 },
    { arbitrary: mutated, weight: 3 },
  );
}

const packetBytes = packets.map(({ header, body }) => encodePacket(header, body));
const helloBytes = hellos.map(encodeHello);

describe('decoders answer and never throw', () => {
  test('ports', () => {
    fuzz(hostile(ports.map(encodePorts)), (route) => {
      const run = decodePorts(route);
      if (run !== null) expect(encodePorts(run)).toEqual(route);
      for (let cursor = -1; cursor <= route.length; cursor += 1) {
        const next = readPort(route, cursor)?.next ?? route.length;
        expect(next > cursor && next <= route.length).toBe(cursor < route.length);
      }
    });
  });

  test('packet', () => {
    fuzz(fc.tuple(hostile(packetBytes), ports), ([packet, run]) => {
      const decoded = decodePacketHeader(packet);
      if (!decoded.ok) return;
      const body = packet.subarray(decoded.value.headerBytes);
      expect(encodePacket(decoded.value, body)).toEqual(packet);
      const detoured = unwrap(decodePacketHeader(replaceRoute(packet, encodePorts(run))));
      expect(decodePorts(detoured.route)).toEqual(run);
    });
  });

  test('failed links: what passes is encoded the same', () => {
    const route = concat(
      encodePorts([5, 300]),
      encodeFailedLinks([
        { owner: Uint8Array.of(1, 2, 3, 4), port: 9 },
        { owner: Uint8Array.of(0, 0, 0, 0), port: 200 },
      ]),
    );
    fuzz(hostile(fc.constant(route)), (bytes) => {
      const links = decodeFailedLinks(bytes);
      if (links === null || links.length === 0) return;
      const names = encodeFailedLinks(links);
      expect(bytes.subarray(bytes.length - names.length)).toEqual(names);
    });
  });

  test('flow reports: what passes is encoded the same', () => {
    const report = { flowId: 1, received: 9, marked: 2, lastPacketId: 5n, holdMs: 20 };
    fuzz(hostile(fc.constant(encodeFlowReports([report, report]))), (bytes) => {
      const reports = decodeFlowReports(bytes);
      if (reports !== null) expect(encodeFlowReports(reports)).toEqual(bytes);
    });
  });

  test('frame and goodbye', () => {
    const types = fc.constantFrom(...Object.values(FrameType));
    const frames = fc
      .tuple(types, fc.uint8Array({ maxLength: 80 }))
      .map(([type, payload]) => encodeFrame(type, payload));
    fuzz(hostile(fc.oneof(frames, fc.constant(encodeGoodbye('HELLO_SELF')))), (frame) => {
      const decoded = decodeFrame(frame);
      if (decoded.ok) expect(encodeFrame(decoded.value.type, decoded.value.payload)).toEqual(frame);
      expect(decodeGoodbye(frame.subarray(1))).toMatch(/^[A-Z][A-Z0-9_]{0,63}$/);
    });
  });

  test('frame splitter: the same frames and the same end however the stream is cut', () => {
    const frameBytesMax = 600;
    const streams = fc
      .array(fc.uint8Array({ minLength: 1, maxLength: frameBytesMax }), { maxLength: 8 })
      .map((frames) =>
        concat(...frames.flatMap((frame) => [frameLengthPrefix(frame.length), frame])),
      );
    const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 40 });
    fuzz(fc.tuple(hostile(streams), cuts), ([stream, cuts]) => {
      const whole = split(stream, [], frameBytesMax);
      const pieces = split(stream, cuts, frameBytesMax);
      expect(pieces.code).toBe(whole.code);
      if (whole.code === null) expect(pieces.frames).toEqual(whole.frames);
      for (const frame of pieces.frames) expect(frame.length).toBeLessThanOrEqual(frameBytesMax);
    });
  });

  test('body', () => {
    fuzz(hostile(helloBytes), (body) => {
      const decoded = decodeBody(HelloSchema, body);
      const canonical = decodeCanonical(HelloSchema, body);
      if (canonical.ok) expect(encodeBody(HelloSchema, canonical.value)).toEqual(body);
      expect(decoded.ok || !canonical.ok).toBe(true);
    });
  });

  test('Hello', () => {
    fuzz(fc.tuple(hostile(helloBytes), hellos), ([hello, own]) => {
      const decoded = decodeHello(hello);
      if (!decoded.ok) return;
      expect(unwrap(decodeHello(encodeHello(decoded.value)))).toEqual(decoded.value);
      const { mode, features } = negotiate(own, decoded.value);
      expect(negotiate(decoded.value, own)).toMatchObject({ mode, features });
    });
  });

  test('link handshake', () => {
    const identity = primitives.signKeypair(new Uint8Array(32).fill(1));
    const remoteKey = primitives.signKeypair(new Uint8Array(32).fill(2)).publicKey;
    const frame = fc.oneof(
      hostile(helloBytes.map((hello) => encodeFrame(FrameType.hello, hello))),
      bytes(64).map((signature) => encodeFrame(FrameType.helloBinding, signature)),
    );
    fuzz(
      fc.tuple(hellos, fc.boolean(), fc.array(frame, { maxLength: 4 })),
      ([hello, echo, frames]) => {
        const role = 'dialer';
        const channelBinding = new Uint8Array(32);
        const config = { primitives, identity, role, remoteKey, channelBinding, hello } as const;
        const machine = createLinkHandshake({ ...config, proofBits: 0, checkProof: () => true });
        const outputs = [...machine.start()];
        const [first] = outputs;
        if (echo && first?.kind === 'send') outputs.push(...machine.receive(first.frame));
        for (const each of frames) outputs.push(...machine.receive(each));
        expect(outputs.some(({ kind }) => kind === 'established')).toBe(false);
      },
    );
  });

  test('version', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,12}$/));
    fuzz(texts, (text) => {
      const parsed = parseVersion(text);
      if (parsed.ok) expect([text, `${text}.0`]).toContain(formatVersion(parsed.value));
    });
  });
});

/** Pushes `stream` in chunks of the lengths `cuts`, then the rest; the frames, and the code of the end. */
function split(
  stream: Uint8Array,
  cuts: readonly number[],
  frameBytesMax: number,
): { readonly frames: readonly Uint8Array[]; readonly code: string | null } {
  const splitter = createFrameSplitter(frameBytesMax);
  const frames: Uint8Array[] = [];
  let at = 0;
  for (const length of [...cuts, stream.length]) {
    const pushed = splitter.push(stream.slice(at, at + length));
    if (!pushed.ok) return { frames, code: pushed.error.code };
    frames.push(...pushed.value);
    at += length;
  }
  return { frames, code: null };
}
