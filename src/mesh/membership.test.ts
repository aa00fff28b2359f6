import { expect, test } from 'vitest';
import { MeshRig, testIdentity } from '../../test/suites/mesh-rig.ts';
import { LocalHealth } from '../resilience/detector/local-health.ts';
import type { MembershipEvent } from '../resilience/membership/verdict.ts';
import { NO_NODE } from '../resilience/partitions/cut-points.ts';
import { presets } from '../resilience/presets.ts';
import { watchMembers } from './membership.ts';
import { decodeMembership, encodeMembership, MEMBERSHIP_BYTES_MAX } from './membership-message.ts';
import type { Mesh } from './mesh-contract.ts';

/** As after many years without a record, so that links alone tell. */
function withoutRecords(mesh: Mesh): Mesh {
  return new Proxy(mesh, {
    get(target, property) {
      if (property === 'memberReports') {
        return () => ({
          nodes: 0,
          self: NO_NODE,
          starts: new Uint32Array(1),
          targets: new Uint32Array(0),
          flags: new Uint8Array(0),
          peerOf: () => target.self,
          nodeOf: () => NO_NODE,
        });
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function watched(): { readonly rig: MeshRig; readonly told: MembershipEvent['kind'][] } {
  const rig = new MeshRig();
  for (const name of ['a', 'b', 'c']) rig.add(name);
  for (const name of ['b', 'c']) rig.link('a', name);
  const told: MembershipEvent['kind'][] = [];
  watchMembers({
    mesh: withoutRecords(rig.node('a').mesh),
    clock: rig.node('a').clock,
    rng: rig.world.rng('a'),
    health: new LocalHealth(),
    bootEpoch: 1,
    timings: presets.lan,
    tell: ({ kind, peer }) => {
      expect(peer).toEqual(testIdentity('b').publicKey);
      told.push(kind);
    },
  });
  return { rig, told };
}

test('a goodbye is no failure', async () => {
  const { rig, told } = watched();
  await rig.run(5_000);
  rig.node('b').mesh.stop();
  await rig.run(20_000);
  expect(told).toEqual(['left']);
});

test('an end without a goodbye is one, and a link that takes its place is a return', async () => {
  const { rig, told } = watched();
  await rig.run(5_000);
  rig.node('b').clock.kill();
  rig.node('b').endpoint.kill();
  await rig.run(100);
  expect(told).toEqual(['suspected']);
  await rig.run(10_000);
  expect(told).toEqual(['suspected', 'confirmed']);
  rig.add('b', { bootEpoch: 2 });
  rig.link('b', 'a');
  await rig.run(1_000);
  expect(told).toEqual(['suspected', 'confirmed', 'returned']);
});

test('a second link to a neighbour, of which one is closed, is neither', async () => {
  const { rig, told } = watched();
  await rig.run(5_000);
  rig.link('b', 'a');
  rig.link('a', 'b');
  await rig.run(20_000);
  expect(told).toEqual([]);
});

test('messages come back as they were, and longer ones are none', () => {
  const about = {
    number: 0xffff_ffff,
    subject: testIdentity('b').publicKey,
    incarnation: 1n << 63n,
  };
  for (const message of [
    { kind: 'query', ...about },
    ...(['alive', 'silent', 'unsure'] as const).map(
      (finding) => ({ kind: 'answer', finding, ...about }) as const,
    ),
  ] as const) {
    expect(decodeMembership(encodeMembership(message))).toEqual(message);
  }
  const bytes = encodeMembership({ kind: 'query', ...about });
  expect(bytes.length).toBeLessThan(64);
  const padding = new Uint8Array(MEMBERSHIP_BYTES_MAX);
  expect(decodeMembership(new Uint8Array([...bytes, ...padding]))).toBe(null);
  const short = encodeMembership({ kind: 'query', ...about, subject: about.subject.slice(1) });
  expect(decodeMembership(short)).toBe(null);
});
