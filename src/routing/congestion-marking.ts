// What one bit tells of how full a path is (random exponential marking: Athuraliya, Low, Li and Yin, "REM: active queue
// management", 2001). A relay marks a packet with probability 1 − exp(−price), where the price rises steeply with the
// load of the link ahead; so the share of packets that arrive marked says the sum of the prices along the path.

/** At this load a link asks for relief: the price there is `PRICE_AT_TARGET`. */
export const TARGET_UTILISATION = 0.8;
const PRICE_AT_TARGET = 0.3;
/** With the exponent, minimising what all pay comes near to minimising the load of the fullest link. */
const PRICE_EXPONENT = 8;
/** Beyond this nothing more can be learned from marks: 99 % are marked. */
const PRICE_MAX = -Math.log(0.01);

/** Price of a link that is this full, 0 and up. */
export function linkPrice(utilisation: number): number {
  const load = Math.max(0, utilisation) / TARGET_UTILISATION;
  return Math.min(PRICE_MAX, PRICE_AT_TARGET * load ** PRICE_EXPONENT);
}

/** Probability with which a relay marks what it sends over a link that is this full. */
export function markProbability(utilisation: number): number {
  return 1 - Math.exp(-linkPrice(utilisation));
}

/** The sum of prices along a path of whose packets this share came marked. */
export function pathPrice(markedShare: number): number {
  return Math.min(PRICE_MAX, -Math.log(1 - Math.min(1, Math.max(0, markedShare))));
}

/** How full (0–1) a link of this price is. */
export function utilisationOf(price: number): number {
  return Math.min(
    1,
    TARGET_UTILISATION * (Math.max(0, price) / PRICE_AT_TARGET) ** (1 / PRICE_EXPONENT),
  );
}
