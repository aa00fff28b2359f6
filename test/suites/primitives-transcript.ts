// One digest over what an implementation of `Primitives` answers to a few thousand drawn questions, the edge cases of
// Ed25519 among them. Two implementations with one digest follow one rule, wherever they run.

import speccheck from '../vectors/ed25519/speccheck.json' with { type: 'json' };
import { concat, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import type { Primitives } from '../../src/env/primitives.ts';

const ROUNDS = 40;

export function primitivesTranscript(primitives: Primitives): string {
  let digest = new Uint8Array(32);
  let draws = 0;
  const note = (answer: Uint8Array | boolean | null): void => {
    const bytes = answer instanceof Uint8Array ? answer : Uint8Array.of(Number(answer));
    const kind = Uint8Array.of(answer === null ? 0 : typeof answer === 'boolean' ? 1 : 2);
    digest = Uint8Array.from(primitives.sha256(concat(digest, kind, bytes)));
  };
  const draw = (bytes: number): Uint8Array => {
    draws += 1;
    return primitives.blake2b(utf8(`draw ${draws}`), 64).slice(0, bytes);
  };
  for (const { signature, message, publicKey } of speccheck.cases) {
    note(primitives.verify(hex(signature), hex(message), hex(publicKey)));
    note(primitives.pointIsValid(hex(publicKey)));
    note(primitives.signPublicToX25519(hex(publicKey)));
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    askKeys(primitives, draw, note);
    askSeals(primitives, draw, note);
    askGroup(primitives, draw, note);
  }
  note(primitives.argon2id(draw(10), draw(16), 2, 1024 * 1024, 32));
  return toHex(digest);
}

type Draw = (bytes: number) => Uint8Array;
type Note = (answer: Uint8Array | boolean | null) => void;

function askKeys(primitives: Primitives, draw: Draw, note: Note): void {
  const { publicKey, secretKey } = primitives.signKeypair(draw(32));
  const message = draw(50);
  const signature = primitives.sign(message, secretKey);
  for (const answer of [publicKey, secretKey, signature]) note(answer);
  note(primitives.verify(signature, message, publicKey));
  note(primitives.verify(signature.with(7, 1), message, publicKey));
  note(primitives.signPublicToX25519(publicKey));
  note(primitives.signSecretToX25519(secretKey));
  const [scalar, point] = [draw(32), draw(32)];
  note(primitives.x25519Base(scalar));
  note(primitives.x25519(scalar, point));
  note(primitives.x25519(scalar, new Uint8Array(32)));
}

function askSeals(primitives: Primitives, draw: Draw, note: Note): void {
  const [plaintext, ad, key] = [draw(60), draw(20), draw(32)];
  const sealed = primitives.chachaSeal(plaintext, ad, draw(12), key);
  const nonce = draw(24);
  const extended = primitives.xchachaSeal(plaintext, ad, nonce, key);
  note(sealed);
  note(extended);
  note(primitives.xchachaOpen(extended, ad, nonce, key));
  note(primitives.xchachaOpen(extended, key, nonce, key));
  note(primitives.chachaOpen(sealed, ad, draw(12), key));
  note(primitives.sha512(plaintext));
  note(primitives.blake2b(plaintext, 33, key));
  note(primitives.equal(plaintext, plaintext.slice()));
}

function askGroup(primitives: Primitives, draw: Draw, note: Note): void {
  const [a, b, point] = [draw(32), draw(32), draw(32)];
  note(primitives.scalarReduce(draw(64)));
  note(primitives.scalarAdd(a, b));
  note(primitives.scalarSub(a, b));
  note(primitives.scalarMul(a, b));
  note(primitives.scalarNegate(a));
  const [p, q] = [primitives.pointMulBase(a), primitives.pointMulBase(b)];
  note(p);
  if (p === null || q === null) return;
  note(primitives.pointAdd(p, q));
  note(primitives.pointSub(p, q));
  note(primitives.pointMul(b, p));
  note(primitives.pointIsValid(point));
  note(primitives.pointAdd(p, point));
  note(primitives.pointMul(b, point));
}

function hex(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array(0);
}
