import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex, utf8 } from '../core/bytes.ts';
import { unwrap } from '../core/errors.ts';
import { solveProofOfWork } from '../crypto/proof-of-work.ts';
import { identityFromSeed, signIn, type Identity } from '../crypto/signing.ts';
import type { Rng } from '../env/rng.ts';
import { primitives } from '../platform/node/primitives.ts';
import { decodeFrame, encodeFrame, FrameType } from '../wire/frame.ts';
import { decodeGoodbye, encodeGoodbye } from '../wire/goodbye.ts';
import { decodeHello, encodeHello, helloFor, type Hello } from './hello.ts';
import {
  createLinkHandshake,
  type LinkHandshake,
  type LinkHandshakeConfig,
  type LinkHandshakeOutput,
  type LinkRole,
} from './link-handshake.ts';
import { CURRENT } from './protocol-version.ts';

const rng: Rng = {
  fill: (out: Uint8Array): void => {
    for (let i = 0; i < out.length; i += 1) out[i] = rng.uint32() & 0xff;
  },
  uint32: (
    (next) => (): number =>
      next++
  )(0),
};

const dialer = identityFromSeed(primitives, new Uint8Array(32).fill(0x51));
const listener = identityFromSeed(primitives, new Uint8Array(32).fill(0x52));

function freshHello(change: Partial<Hello> = {}): Hello {
  const rest = {
    networkId: 'test',
    rulesHash: new Uint8Array(32),
    purpose: 'mesh',
    meshName: 'hall',
    gateway: false,
    frameBytesMax: 65_536,
    proof: new Uint8Array(8),
  } as const;
  return { ...helloFor(CURRENT, rest, rng), ...change };
}

function configFor(role: LinkRole, change: Partial<LinkHandshakeConfig> = {}): LinkHandshakeConfig {
  const [identity, remote] = role === 'dialer' ? [dialer, listener] : [listener, dialer];
  return {
    primitives,
    identity,
    role,
    remoteKey: remote.publicKey,
    channelBinding: new Uint8Array(32).fill(7),
    hello: freshHello(),
    proofBits: 0,
    checkProof: () => true,
    ...change,
  };
}

/** Frames in order of their sending; `from` is who sent it. */
type Tamper = (from: LinkRole, index: number, frame: Uint8Array) => Uint8Array;

interface Outcome {
  readonly established: Partial<Record<LinkRole, LinkHandshakeOutput & { kind: 'established' }>>;
  readonly failed: Partial<Record<LinkRole, string>>;
  /** What each side sent, as sent. */
  readonly sent: Readonly<Record<LinkRole, readonly Uint8Array[]>>;
}

/** Two handshakes back to back, every frame through `tamper`, until nothing is left to deliver. */
function converse(
  configs: Readonly<Record<LinkRole, LinkHandshakeConfig>>,
  tamper: Tamper = (_from, _index, frame) => frame,
): Outcome {
  const machines: Record<LinkRole, LinkHandshake> = {
    dialer: createLinkHandshake(configs.dialer),
    listener: createLinkHandshake(configs.listener),
  };
  const outcome = {
    established: {} as Outcome['established'],
    failed: {} as Outcome['failed'],
    sent: { dialer: [] as Uint8Array[], listener: [] as Uint8Array[] },
  };
  const wire: { from: LinkRole; frame: Uint8Array }[] = [];
  const take = (role: LinkRole, outputs: readonly LinkHandshakeOutput[]): void => {
    for (const output of outputs) {
      if (output.kind === 'send') {
        const index = outcome.sent[role].push(output.frame) - 1;
        wire.push({ from: role, frame: tamper(role, index, output.frame) });
      } else if (output.kind === 'established') outcome.established[role] = output;
      else outcome.failed[role] = output.error.code;
    }
  };
  take('dialer', machines.dialer.start());
  take('listener', machines.listener.start());
  for (let next = wire.shift(); next !== undefined; next = wire.shift()) {
    const to = next.from === 'dialer' ? 'listener' : 'dialer';
    // An established link hands its frames to the mesh.
    if (outcome.established[to] === undefined) take(to, machines[to].receive(next.frame));
  }
  return outcome;
}

function pair(
  dialerChange: Partial<LinkHandshakeConfig> = {},
  listenerChange: Partial<LinkHandshakeConfig> = {},
): Record<LinkRole, LinkHandshakeConfig> {
  return {
    dialer: configFor('dialer', dialerChange),
    listener: configFor('listener', listenerChange),
  };
}

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/** The dialer's binding signed for another purpose. */
function signElsewhere(from: LinkRole, index: number, frame: Uint8Array): Uint8Array {
  if (from !== 'dialer' || index !== 1) return frame;
  return encodeFrame(FrameType.helloBinding, signIn(primitives, dialer, 'transcript', frame));
}

function bridge(meshName: string): Partial<LinkHandshakeConfig> {
  return { hello: freshHello({ meshName, purpose: 'bridge' }) };
}

describe('link handshake', () => {
  test('both sides establish with each other’s Hello and one view', () => {
    const configs = pair();
    const { established, failed, sent } = converse(configs);
    expect(failed).toEqual({});
    expect(established.dialer?.remote).toEqual(configs.listener.hello);
    expect(established.listener?.remote).toEqual(configs.dialer.hello);
    expect(established.dialer?.negotiation).toEqual(established.listener?.negotiation);
    expect(sent.dialer.map((frame) => frame[0])).toEqual([FrameType.hello, FrameType.helloBinding]);
  });

  test('frames are those of the golden vector', () => {
    const file = new URL('../../test/vectors/wire-1/hello.json', import.meta.url);
    const vector = (
      JSON.parse(readFileSync(file, 'utf8')) as Record<'binding', Record<string, string>>
    ).binding;
    const bytes = (name: string): Uint8Array => fromHex(vector[name] ?? '-') ?? new Uint8Array();
    const hello = (name: string): Hello => unwrap(decodeHello(bytes(name)));
    const channelBinding = bytes('channelBinding');
    const { established, sent } = converse(
      pair(
        { channelBinding, hello: hello('dialerHello') },
        { channelBinding, hello: hello('listenerHello') },
      ),
    );
    expect(Object.keys(established)).toHaveLength(2);
    for (const role of ['dialer', 'listener'] as const) {
      const [first, second] = sent[role].map((frame) => toHex(frame));
      expect(first).toBe(`01${vector[`${role}Hello`]}`);
      expect(second).toBe(`02${vector[`${role}Signature`]}`);
    }
  });

  test('any bit of either Hello changed on the way: neither side establishes', () => {
    const configs = pair();
    for (const from of ['dialer', 'listener'] as const) {
      const bits = 8 * (1 + encodeHello(configs[from].hello).length);
      for (let bit = 0; bit < bits; bit += 1) {
        const { established, failed } = converse(configs, (role, index, frame) =>
          role === from && index === 0 ? flipBit(frame, bit) : frame,
        );
        expect([bit, Object.keys(established)]).toEqual([bit, []]);
        // A Hello that became a goodbye ends one side without a word; the other is left to its caller's time limit.
        expect(Object.keys(failed).length).toBeGreaterThan(0);
      }
    }
  });

  test('any bit of either binding changed on the way: its receiver does not establish', () => {
    const configs = pair();
    for (const from of ['dialer', 'listener'] as const) {
      const to = from === 'dialer' ? 'listener' : 'dialer';
      for (let bit = 0; bit < 8 * 65; bit += 1) {
        const { established, failed } = converse(configs, (role, index, frame) =>
          role === from && index === 1 ? flipBit(frame, bit) : frame,
        );
        expect(established[to]).toBeUndefined();
        expect(failed[to]).toBeDefined();
      }
    }
  });

  test('a Hello and binding recorded on another connection are refused', () => {
    const hello = freshHello();
    const recorded = converse(pair({ hello, channelBinding: new Uint8Array(32).fill(1) })).sent
      .dialer;
    const replay: Tamper = (from, index, frame) =>
      from === 'dialer' ? (recorded[index] ?? frame) : frame;
    const { established, failed } = converse(pair({ hello: freshHello() }), replay);
    expect(established).toEqual({});
    expect(failed.listener).toBe('HELLO_BINDING_INVALID');
  });

  test('two connections spliced together are refused though both Hellos arrive unchanged', () => {
    const { established, failed } = converse(
      pair(
        { channelBinding: new Uint8Array(32).fill(1) },
        { channelBinding: new Uint8Array(32).fill(2) },
      ),
    );
    expect(established).toEqual({});
    expect(failed).toEqual({ dialer: 'HELLO_BINDING_INVALID', listener: 'HELLO_BINDING_INVALID' });
  });

  test('a side’s own frames, reflected, do not establish it', () => {
    const config = configFor('dialer');
    const machine = createLinkHandshake(config);
    const [hello] = machine.start();
    const [binding] = hello?.kind === 'send' ? machine.receive(hello.frame) : [];
    const outputs = binding?.kind === 'send' ? machine.receive(binding.frame) : [];
    expect(outputs.map(({ kind }) => kind)).toEqual(['send', 'failed']);
  });

  test('a binding by another key or in another domain is refused', () => {
    const other = identityFromSeed(primitives, new Uint8Array(32).fill(9));
    const { established } = converse(pair({ identity: other }));
    expect(established).toEqual({});
    expect(converse(pair(), signElsewhere).failed.listener).toBe('HELLO_BINDING_INVALID');
  });

  const refusals: readonly [string, Partial<Hello>, string][] = [
    ['another network', { networkId: 'other' }, 'HELLO_OTHER_NETWORK'],
    ['other rules', { rulesHash: new Uint8Array(32).fill(1) }, 'HELLO_OTHER_RULES'],
    ['another purpose', { purpose: 'bridge' }, 'HELLO_OTHER_PURPOSE'],
    ['another mesh', { meshName: 'cellar' }, 'HELLO_OTHER_MESH'],
    ['no common wire', { wireMin: 8, wireMax: 9 }, 'HELLO_NO_COMMON_WIRE'],
    [
      'an unknown required feature',
      { features: [{ id: 77, min: 1, max: 1, required: true }] },
      'HELLO_FEATURE_MISSING',
    ],
  ];
  test.each(refusals)('%s: both fail and say why', (_, change, code) => {
    const { established, failed, sent } = converse(pair({}, { hello: freshHello(change) }));
    expect(established).toEqual({});
    expect(failed).toEqual({ dialer: code, listener: code });
    const { type, payload } = unwrap(decodeFrame(sent.dialer[1] ?? new Uint8Array()));
    expect([type, decodeGoodbye(payload)]).toEqual([FrameType.goodbye, code]);
  });

  test('meshes of other names may bridge', () => {
    expect(converse(pair(bridge('hall'), bridge('cellar'))).failed).toEqual({});
  });

  test('a goodbye ends the handshake without an answer', () => {
    const machine = createLinkHandshake(configFor('dialer'));
    machine.start();
    const [output, ...more] = machine.receive(encodeGoodbye('HELLO_OTHER_RULES'));
    expect(output?.kind === 'failed' ? output.error.message : '').toContain('HELLO_OTHER_RULES');
    expect(more).toEqual([]);
    expect(machine.receive(encodeFrame(FrameType.hello, encodeHello(freshHello())))).toEqual([]);
  });

  test('a node does not link with itself', () => {
    const machine = createLinkHandshake(configFor('dialer', { remoteKey: dialer.publicKey }));
    expect(machine.start().map(codeOf)).toEqual(['goodbye HELLO_SELF', 'HELLO_SELF']);
  });

  test('frames out of order fail with a code', () => {
    const hello = encodeFrame(FrameType.hello, encodeHello(freshHello()));
    const wrong: readonly (readonly Uint8Array[])[] = [
      [encodeFrame(FrameType.helloBinding, new Uint8Array(64))],
      [encodeFrame(FrameType.packet, new Uint8Array(3))],
      [hello, hello],
      [hello, encodeFrame(FrameType.ping, new Uint8Array(0))],
    ];
    for (const frames of wrong) {
      const machine = createLinkHandshake(configFor('dialer'));
      machine.start();
      const outputs = frames.flatMap((frame) => machine.receive(frame));
      expect(codeOf(outputs.at(-1))).toBe('HELLO_UNEXPECTED_FRAME');
    }
    const machine = createLinkHandshake(configFor('dialer'));
    machine.start();
    expect(codeOf(machine.receive(new Uint8Array(0)).at(-1))).toBe('WIRE_FRAME_EMPTY');
  });

  test('whatever the frames, at most one end is announced', () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.nat({ max: 9 }).map((type) => Uint8Array.of(type)),
      fc.constant(encodeFrame(FrameType.hello, encodeHello(freshHello()))),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
        const machine = createLinkHandshake(configFor('listener'));
        const outputs = [...machine.start(), ...frames.flatMap((each) => machine.receive(each))];
        expect(outputs.filter(({ kind }) => kind === 'failed').length).toBeLessThanOrEqual(1);
        expect(outputs.filter(({ kind }) => kind === 'established')).toHaveLength(0);
        const end = outputs.findIndex(({ kind }) => kind === 'failed');
        if (end >= 0) expect(end).toBe(outputs.length - 1);
      }),
    );
  });
});

describe('proof of work in the handshake', () => {
  const bits = 3;
  const solve = (identity: Identity, networkId: string): Uint8Array =>
    solveProofOfWork(primitives, rng, identity.publicKey, networkId, bits);

  /** The dialer demands `bits`; the listener shows `proof`. */
  function show(proof: Uint8Array): Outcome {
    const { checkProof: _, ...strict } = configFor('dialer', { proofBits: bits });
    return converse({
      dialer: strict,
      listener: configFor('listener', { hello: freshHello({ proof }) }),
    });
  }

  test('a proof for this key and network passes, at the verifier’s difficulty', () => {
    expect(show(solve(listener, 'test')).failed).toEqual({});
  });

  test('no proof, another’s, or one of another network is too weak', () => {
    // Each has one chance in some thousands by luck; keys and draws are fixed, so the outcome is too.
    const weak = [utf8('no proof'), solve(dialer, 'test'), solve(listener, 'other')];
    const codes = weak.map((proof) => show(proof).failed.dialer);
    expect(codes).toEqual(Array.from({ length: 3 }, () => 'HELLO_PROOF_TOO_WEAK'));
  });
});

/** Frames and verdicts come in the order that `picks` gives; both ends at last, in order of their roles. */
function meet(
  verdicts: Readonly<Record<LinkRole, boolean | 'busy' | null>>,
  picks: readonly number[],
): Readonly<Record<LinkRole, string>> {
  const ends: Record<LinkRole, string> = { dialer: 'open', listener: 'open' };
  const machines = {} as Record<LinkRole, LinkHandshake>;
  const due: { readonly to: LinkRole; readonly run: () => readonly LinkHandshakeOutput[] }[] = [];
  const take = (role: LinkRole, outputs: readonly LinkHandshakeOutput[]): void => {
    const other = role === 'dialer' ? 'listener' : 'dialer';
    for (const output of outputs) {
      if (output.kind === 'send') {
        due.push({ to: other, run: () => machines[other].receive(output.frame) });
      } else ends[role] = output.kind === 'failed' ? output.error.code : 'established';
    }
  };
  const checks: { to: LinkRole; run: () => readonly LinkHandshakeOutput[] }[] = [];
  for (const role of ['dialer', 'listener'] as const) {
    const verdict = verdicts[role];
    const checkProof = (): true | 'later' => {
      if (verdict === null) return true;
      checks.push({ to: role, run: () => machines[role].proofChecked(verdict) });
      return 'later';
    };
    machines[role] = createLinkHandshake(configFor(role, { checkProof }));
  }
  take('dialer', machines.dialer.start());
  take('listener', machines.listener.start());
  for (let turn = 0; due.length + checks.length > 0; turn += 1) {
    const fromChecks = checks.length > 0 && (due.length === 0 || (picks[turn] ?? 0) === 1);
    // The frames of one direction keep their order: those of both are taken as they were sent.
    const next = fromChecks ? checks.shift() : due.shift();
    if (next !== undefined && ends[next.to] === 'open') take(next.to, next.run());
  }
  return ends;
}

/** It has the neighbour's Hello, and waits for the verdict on its proof. */
function checking(): LinkHandshake {
  const machine = createLinkHandshake(configFor('dialer', { checkProof: () => 'later' }));
  machine.start();
  const hello = encodeFrame(FrameType.hello, encodeHello(freshHello()));
  expect(machine.receive(hello)).toEqual([]);
  return machine;
}

describe('a proof whose check takes its time', () => {
  const picks = fc.array(fc.nat(1), { maxLength: 12 });
  const good = fc.constantFrom(true, null);

  test('changes nothing, whenever its verdict comes', () => {
    fc.assert(
      fc.property(good, good, picks, (dialerSays, listenerSays, picks) => {
        expect(meet({ dialer: dialerSays, listener: listenerSays }, picks)).toEqual({
          dialer: 'established',
          listener: 'established',
        });
      }),
    );
  });

  test('refuses as one that is checked at once', () => {
    fc.assert(
      fc.property(fc.constantFrom(false, 'busy' as const), good, picks, (verdict, other, picks) => {
        const { dialer, listener } = meet({ dialer: verdict, listener: other }, picks);
        expect(dialer).toBe(verdict === 'busy' ? 'HELLO_PROOF_UNCHECKED' : 'HELLO_PROOF_TOO_WEAK');
        expect(listener).toBe('HELLO_REFUSED');
      }),
    );
  });

  test('holds one binding meanwhile and nothing else, and hears a goodbye', () => {
    const binding = encodeFrame(FrameType.helloBinding, new Uint8Array(64));
    const twice = checking();
    expect(twice.receive(binding)).toEqual([]);
    expect(twice.receive(binding).map(codeOf)).toEqual([
      'goodbye HELLO_UNEXPECTED_FRAME',
      'HELLO_UNEXPECTED_FRAME',
    ]);
    expect(twice.proofChecked(true)).toEqual([]);
    const left = checking();
    expect(left.receive(encodeGoodbye('UNSPECIFIED')).map(codeOf)).toEqual(['HELLO_REFUSED']);
    expect(left.proofChecked(true)).toEqual([]);
    const forged = checking();
    forged.receive(binding);
    expect(forged.proofChecked(true).map(codeOf)).toContain('HELLO_BINDING_INVALID');
  });
});

function codeOf(output: LinkHandshakeOutput | undefined): string {
  if (output?.kind === 'failed') return output.error.code;
  if (output?.kind !== 'send') return output?.kind ?? 'nothing';
  return `goodbye ${decodeGoodbye(output.frame.subarray(1))}`;
}
