// Wire version 1 is frozen: golden vectors made by an independent encoder, and a schema image that no change may break.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../src/core/bytes.ts';
import { unwrap, type Result } from '../src/core/errors.ts';
import { decodeHello, encodeHello } from '../src/versioning/hello.ts';
import { decodeFailedLinks, encodeFailedLinks } from '../src/wire/failed-links.ts';
import { decodeFrame, encodeFrame, FrameType } from '../src/wire/frame.ts';
import { decodePacketHeader, encodePacket } from '../src/wire/packet.ts';
import { decodePorts, encodePorts } from '../src/wire/ports.ts';
import { createFrameSplitter, frameLengthPrefix } from '../src/wire/stream-framing.ts';
import type { Hello } from '../src/versioning/hello.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const frozen = 'test/vectors/wire-1/schema.binpb';

/** A vector file; the shape is what the file's own `about` says. */
function vectors(name: string): unknown {
  return JSON.parse(readFileSync(join(root, 'test/vectors/wire-1', name), 'utf8'));
}

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null) throw new Error(`not hex: ${text}`);
  return bytes;
}

function code(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

interface Refused {
  readonly name: string;
  readonly hex: string;
  readonly code: string;
}

describe('golden vectors of wire 1', () => {
  interface PortVectors {
    readonly accepted: readonly { readonly ports: readonly number[]; readonly hex: string }[];
    readonly refused: readonly { readonly name: string; readonly hex: string }[];
  }
  const ports = vectors('ports.json') as PortVectors;
  test.each(ports.accepted)('ports $ports', ({ ports, hex: encoded }) => {
    expect(toHex(encodePorts(ports))).toBe(encoded);
    expect(decodePorts(hex(encoded))).toEqual(ports);
  });
  test.each(ports.refused)('ports: $name', ({ hex: encoded }) => {
    expect(decodePorts(hex(encoded))).toBeNull();
  });

  interface FailedLinkVectors {
    readonly accepted: readonly {
      readonly links: readonly { readonly owner: string; readonly port: number }[];
      readonly hex: string;
    }[];
    readonly refused: readonly { readonly name: string; readonly hex: string }[];
  }
  const failed = vectors('failed-links.json') as FailedLinkVectors;
  test.each(failed.accepted)('failed links $hex', ({ links, hex: encoded }) => {
    const named = links.map(({ owner, port }) => ({ owner: hex(owner), port }));
    expect(toHex(encodeFailedLinks(named))).toBe(encoded);
    expect(decodeFailedLinks(hex(encoded))).toEqual(named);
  });
  test.each(failed.refused)('failed links: $name', ({ hex: encoded }) => {
    expect(decodeFailedLinks(hex(encoded))).toBeNull();
  });

  interface PacketVector {
    readonly name: string;
    readonly hex: string;
    readonly header: Readonly<Record<string, string | number>>;
    readonly ports: readonly number[];
    readonly body: string;
  }
  interface PacketVectors {
    readonly accepted: readonly PacketVector[];
    readonly refused: readonly Refused[];
  }
  const packets = vectors('packets.json') as PacketVectors;
  test.each(packets.accepted)('packet: $name', (vector) => {
    const packet = hex(vector.hex);
    const header = unwrap(decodePacketHeader(packet));
    const { packetId, source, destination, route, ...numbers } = header;
    expect({
      ...numbers,
      packetId: packetId.toString(),
      source: toHex(source),
      destination: toHex(destination),
      route: toHex(route),
    }).toEqual(vector.header);
    expect(decodePorts(route)).toEqual(vector.ports);
    const body = packet.subarray(header.headerBytes);
    expect(toHex(body)).toBe(vector.body);
    expect(toHex(encodePacket(header, body))).toBe(vector.hex);
  });
  test.each(packets.refused)('packet: $name', ({ hex: encoded, code: expected }) => {
    expect(code(decodePacketHeader(hex(encoded)))).toBe(expected);
  });

  interface FrameVectors {
    readonly accepted: readonly {
      readonly type: keyof typeof FrameType;
      readonly hex: string;
      readonly payload: string;
    }[];
    readonly refused: readonly Refused[];
  }
  const frames = vectors('frames.json') as FrameVectors;
  test.each(frames.accepted)('frame: $type', ({ type, hex: encoded, payload }) => {
    const decoded = unwrap(decodeFrame(hex(encoded)));
    expect(decoded.type).toBe(FrameType[type]);
    expect(toHex(decoded.payload)).toBe(payload);
    expect(toHex(encodeFrame(decoded.type, decoded.payload))).toBe(encoded);
  });
  test('every frame type has a vector', () => {
    expect(frames.accepted.map(({ type }) => type)).toEqual(Object.keys(FrameType));
  });
  test.each(frames.refused)('frame: $name', ({ hex: encoded, code: expected }) => {
    expect(code(decodeFrame(hex(encoded)))).toBe(expected);
  });

  interface FramingVectors {
    readonly accepted: readonly {
      readonly frameBytesMax: number;
      readonly stream: string;
      readonly frames: readonly string[];
    }[];
    readonly refused: readonly {
      readonly name: string;
      readonly frameBytesMax: number;
      readonly stream: string;
      readonly code: string;
    }[];
  }
  const framing = vectors('framing.json') as FramingVectors;
  test.each(framing.accepted)('framing, up to $frameBytesMax bytes', (vector) => {
    const split = unwrap(createFrameSplitter(vector.frameBytesMax).push(hex(vector.stream)));
    expect(split.map(toHex)).toEqual(vector.frames);
    const joined = split.flatMap((frame) => [frameLengthPrefix(frame.length), frame]);
    expect(toHex(concat(...joined))).toBe(vector.stream);
  });
  test.each(framing.refused)('framing: $name', ({ frameBytesMax, stream, code: expected }) => {
    expect(code(createFrameSplitter(frameBytesMax).push(hex(stream)))).toBe(expected);
  });

  interface HelloVectors {
    readonly accepted: readonly {
      readonly name: string;
      readonly hex: string;
      readonly hello: Omit<Hello, 'rulesHash' | 'proof' | 'nonce'> &
        Readonly<Record<'rulesHash' | 'proof' | 'nonce', string>>;
      readonly canonical: boolean;
    }[];
    readonly refused: readonly Refused[];
  }
  const hellos = vectors('hello.json') as HelloVectors;
  test.each(hellos.accepted)('Hello: $name', ({ hex: encoded, hello, canonical }) => {
    const decoded = unwrap(decodeHello(hex(encoded)));
    const expected = {
      ...hello,
      rulesHash: hex(hello.rulesHash),
      proof: hex(hello.proof),
      nonce: hex(hello.nonce),
    };
    expect(decoded).toEqual(expected);
    if (canonical) expect(toHex(encodeHello(decoded))).toBe(encoded);
  });
  test.each(hellos.refused)('Hello: $name', ({ hex: encoded, code: expected }) => {
    expect(code(decodeHello(hex(encoded)))).toBe(expected);
  });
});

describe('schemas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bitcraps-wire-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bins = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bins}:${process.env['PATH'] ?? ''}` };

  function buf(...args: readonly string[]): { readonly status: number; readonly output: string } {
    const run = spawnSync(join(bins, 'buf'), args, { cwd: root, env, encoding: 'utf8' });
    return { status: run.status ?? 127, output: `${run.stdout}${run.stderr}` };
  }

  test('keep to buf’s rules', () => {
    expect(buf('lint')).toEqual({ status: 0, output: '' });
  });

  test('break nothing of wire 1', () => {
    const advice = `no frozen schemas: run \`npm run wire:freeze\` once, when wire 1 is complete, and commit ${frozen}`;
    expect(existsSync(join(root, frozen)), advice).toBe(true);
    expect(buf('breaking', '--against', frozen)).toEqual({ status: 0, output: '' });
  });

  test('a changed field would be noticed', () => {
    const image = join(folder, 'schema.binpb');
    expect(buf('build', '-o', image).status).toBe(0);
    const changed = join(folder, 'changed');
    cpSync(join(root, 'proto'), join(changed, 'proto'), { recursive: true });
    cpSync(join(root, 'buf.yaml'), join(changed, 'buf.yaml'));
    const file = join(changed, 'proto/bitcraps/v1/hello.proto');
    const schema = readFileSync(file, 'utf8');
    writeFileSync(file, schema.replace('bytes rules_hash = 6;', 'uint64 rules_hash = 6;'));
    const { status, output } = buf('breaking', changed, '--against', image);
    expect(status).not.toBe(0);
    expect(output).toContain('rules_hash');
  });

  test('are what the generated code was made from', () => {
    const out = join(folder, 'generated');
    execFileSync(join(bins, 'buf'), ['generate', '-o', out], { cwd: root, env, stdio: 'pipe' });
    const made = join(out, 'src/wire/gen/bitcraps/v1');
    const kept = join(root, 'src/wire/gen/bitcraps/v1');
    expect(readdirSync(kept).sort()).toEqual(readdirSync(made).sort());
    for (const name of readdirSync(made)) {
      const [fresh, committed] = [made, kept].map((at) => readFileSync(join(at, name), 'utf8'));
      expect(committed, `${name} is stale: run \`npm run gen\``).toBe(fresh);
    }
  });
});
