// Goodbye: the last frame of a side that ends a link, with the code of its reason, so that the other end can say why.

import { fromUtf8, utf8 } from '../core/bytes.ts';
import { encodeFrame, FrameType } from './frame.ts';

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** What is told when a code does not fit, or none was given. */
const NO_CODE = 'UNSPECIFIED';

/** A goodbye frame. `code` is an error code of the registry: at most 64 of A–Z, 0–9 and underscore. */
export function encodeGoodbye(code: string): Uint8Array {
  return encodeFrame(FrameType.goodbye, utf8(CODE.test(code) ? code : NO_CODE));
}

/** The code inside a goodbye's payload; anything else reads as `UNSPECIFIED`, so it may be shown and logged. */
export function decodeGoodbye(payload: Uint8Array): string {
  const code = payload.length > 64 ? null : fromUtf8(payload);
  return code !== null && CODE.test(code) ? code : NO_CODE;
}
