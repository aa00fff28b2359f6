// The control protocol: one JSON document a line, in UTF-8. A client sends `{ method, params }`; the node answers
// `{ result }` or `{ error: { code, message, cure } }`, and where it streams, `{ event }` lines and a last `{ end: true }`.

import {
  BitcrapsError,
  errorText,
  fail,
  ok,
  receivedError,
  type Result,
} from '../../core/errors.ts';
import { concat, fromUtf8, utf8 } from '../../core/bytes.ts';

export interface ControlRequest {
  readonly method: string;
  readonly params: unknown;
}

/** An error as it crosses the socket. */
export interface ControlError {
  readonly code: string;
  readonly message: string;
  readonly cure: string;
}

/** A line of the node. `dropped` events of a stream went lost before this one, since the client read too slowly. */
export type ControlAnswer =
  | { readonly result: unknown }
  | { readonly error: ControlError }
  | { readonly event: unknown; readonly dropped?: number }
  | { readonly end: true };

const LINE_FEED = 0x0a;

/** A line. JSON has no bigint: amounts cross as texts. */
export function encodeLine(document: ControlRequest | ControlAnswer): Uint8Array {
  return utf8(
    `${JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`,
  );
}

export interface LineSplitter {
  /** The lines that `chunk` completes, or `null` once one is longer than the bound. */
  push(chunk: Uint8Array): readonly Uint8Array[] | null;
}

/** Splits a stream into lines of at most `lineBytesMax`, without their line feed. */
export function createLineSplitter(lineBytesMax: number): LineSplitter {
  let parts: Uint8Array[] = [];
  let partBytes = 0;
  return {
    push(chunk) {
      const lines: Uint8Array[] = [];
      let from = 0;
      for (;;) {
        const end = chunk.indexOf(LINE_FEED, from);
        const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
        partBytes += piece.length;
        if (partBytes > lineBytesMax) return null;
        parts.push(piece);
        if (end < 0) return lines;
        lines.push(concat(...parts));
        parts = [];
        partBytes = 0;
        from = end + 1;
      }
    },
  };
}

function parseObject(line: Uint8Array): Readonly<Record<string, unknown>> | null {
  const text = fromUtf8(line);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function decodeRequest(
  line: Uint8Array,
): Result<ControlRequest, 'PLATFORM_CONTROL_REQUEST_MALFORMED'> {
  const object = parseObject(line);
  if (object === null) {
    return fail('PLATFORM_CONTROL_REQUEST_MALFORMED', { detail: 'it is not a JSON object' });
  }
  const { method, params } = object;
  if (typeof method !== 'string') {
    return fail('PLATFORM_CONTROL_REQUEST_MALFORMED', { detail: 'it names no method' });
  }
  return ok({ method, params });
}

/** `null` for a line that no node of ours writes. */
export function decodeAnswer(line: Uint8Array): ControlAnswer | null {
  const object = parseObject(line);
  if (object === null) return null;
  if (object['end'] === true) return { end: true };
  const { error, event, dropped } = object;
  if (isRecord(error)) {
    const { code, message, cure } = error;
    return { error: { code: String(code), message: String(message), cure: String(cure) } };
  }
  if ('event' in object) {
    return typeof dropped === 'number' ? { event, dropped } : { event };
  }
  return { result: object['result'] };
}

export function errorAnswer(error: unknown): ControlAnswer {
  const coded =
    error instanceof BitcrapsError
      ? error
      : new BitcrapsError('PLATFORM_CONTROL_FAILED', {
          detail: error instanceof Error ? error.message : String(error),
        });
  const { code, message } = coded;
  return { error: { code, message, cure: errorText(code)?.cure ?? '' } };
}

/** The error of an answer, with the node's own code where this build knows it. */
export function errorOf({ code, message }: ControlError): BitcrapsError {
  return (
    receivedError(code, message) ??
    new BitcrapsError('PLATFORM_CONTROL_FAILED', { detail: `${code}: ${message}` })
  );
}
