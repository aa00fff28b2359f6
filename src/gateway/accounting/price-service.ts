// How nodes learn what gateways ask: a question and a signed answer, sealed from end to end, inside a mesh and across
// bridges. Who relies on a gateway asks again well within the notice, so that a change never takes it by surprise.

import { create } from '@bufbuild/protobuf';
import { assert } from '../../core/assert.ts';
import type { BitcrapsError } from '../../core/errors.ts';
import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Mesh } from '../../mesh/mesh-contract.ts';
import { createTokenBucket } from '../../core/token-bucket.ts';
import { decodeBody, encodeBody } from '../../wire/body.ts';
import {
  PriceMessageSchema,
  PriceQuestionSchema,
  SignedGatewayPriceSchema,
} from '../../wire/gen/bitcraps/v1/gateway_price_pb.ts';
import type { OwnPrice } from './own-price.ts';
import { createPriceBook, type PriceBook } from './price-book.ts';
import { decodeGatewayPrice, PRICE_BYTES_MAX, PRICE_NOTICE_MS } from './price.ts';

/** Number of the protocol between nodes. */
export const PRICE_PROTOCOL = 3;
/** Who relies on a price asks so often. */
export const PRICE_REFRESH_MS = 60_000;
assert(
  4 * PRICE_REFRESH_MS < PRICE_NOTICE_MS,
  'a change is heard of even if three answers are lost',
);
/** Until a first answer came, questions are repeated sooner. */
const RETRY_MS = 5_000;
/** Gateways whose price is asked for. */
export const WATCHED_MAX = 64;
/** Questions answered: so many at once, then so many a second; who is not answered asks again. */
const ANSWERS_BURST = 200;
const ANSWERS_PER_SECOND = 100;

export interface PriceServiceDeps {
  readonly mesh: Pick<Mesh, 'send' | 'handle'>;
  readonly clock: Clock;
  readonly primitives: Primitives;
  /** `null` at a node that is no gateway. */
  readonly own: OwnPrice | null;
  /** A gateway broke its promise, or an answer was forged. */
  onRefused?(gateway: Uint8Array, error: BitcrapsError): void;
}

export interface PriceService {
  readonly book: PriceBook;
  /** Asks for the gateway's price from now on; beyond `WATCHED_MAX` the one watched first is let go. */
  watch(gateway: Uint8Array): void;
  unwatch(gateway: Uint8Array): void;
  stop(): void;
}

interface Watched {
  readonly gateway: Uint8Array;
  timer: Timer;
}

export function createPriceService(deps: PriceServiceDeps): PriceService {
  const { mesh, clock, primitives, own } = deps;
  const book = createPriceBook();
  const watched = new Map<PeerIdText, Watched>();
  const answers = createTokenBucket(ANSWERS_BURST, ANSWERS_PER_SECOND);

  const ask = (gateway: Uint8Array): Timer => {
    // Without a route the question is lost; it is asked again.
    mesh.send(gateway, PRICE_PROTOCOL, QUESTION);
    const isKnown = book.priceOf(gateway, clock.wallMs()) !== null;
    return clock.after(isKnown ? PRICE_REFRESH_MS : RETRY_MS, () => {
      const entry = watched.get(peerIdText(gateway));
      if (entry !== undefined) entry.timer = ask(gateway);
    });
  };

  const release = (key: PeerIdText): void => {
    watched.get(key)?.timer.cancel();
    watched.delete(key);
  };

  const answered = (source: Uint8Array, bytes: Uint8Array): void => {
    const price = decodeGatewayPrice(primitives, bytes);
    if (!price.ok) {
      deps.onRefused?.(source, price.error);
      return;
    }
    // Only what was asked for: strangers cannot push others out of the book.
    if (!watched.has(peerIdText(price.value.gateway))) return;
    const accepted = book.accept(price.value, clock.wallMs());
    if (!accepted.ok) deps.onRefused?.(price.value.gateway, accepted.error);
  };

  mesh.handle(PRICE_PROTOCOL, ({ source, payload }) => {
    const content = decodePriceMessage(payload);
    if (content === null) return;
    if (content !== 'question') answered(source, content);
    else if (own !== null && answers.take(clock.now())) {
      mesh.send(source, PRICE_PROTOCOL, encodePriceAnswer(own.signed(clock.wallMs())));
    }
  });

  return {
    book,
    watch(gateway) {
      const key = peerIdText(gateway);
      if (watched.has(key)) return;
      const oldest = watched.size >= WATCHED_MAX ? watched.keys().next().value : undefined;
      if (oldest !== undefined) release(oldest);
      const kept = gateway.slice();
      watched.set(key, { gateway: kept, timer: ask(kept) });
    },
    unwatch: (gateway) => release(peerIdText(gateway)),
    stop() {
      for (const key of watched.keys()) release(key);
    },
  };
}

const QUESTION: Uint8Array = encodeBody(
  PriceMessageSchema,
  create(PriceMessageSchema, {
    content: { case: 'question', value: create(PriceQuestionSchema) },
  }),
);

function encodePriceAnswer(signed: Uint8Array): Uint8Array {
  // What the gateway wrote itself a moment ago.
  const body = decodeBody(SignedGatewayPriceSchema, signed);
  assert(body.ok, 'an own price is well-formed');
  return encodeBody(
    PriceMessageSchema,
    create(PriceMessageSchema, { content: { case: 'answer', value: body.value } }),
  );
}

/** The `SignedGatewayPrice` of an answer; `null` for what is neither. */
export function decodePriceMessage(payload: Uint8Array): 'question' | Uint8Array | null {
  if (payload.length > PRICE_BYTES_MAX + 16) return null;
  const message = decodeBody(PriceMessageSchema, payload);
  if (!message.ok) return null;
  const { content } = message.value;
  switch (content.case) {
    case 'question':
      return 'question';
    case 'answer':
      return encodeBody(SignedGatewayPriceSchema, content.value);
    default:
      return null;
  }
}
