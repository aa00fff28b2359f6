// The one registry of errors: each has a stable code, a message with typed placeholders, a cause and a cure.
// `docs/errors.md` is written from it (`npm run docs:errors`) and a test holds the two together.

import { casinoErrors } from './errors/casino.ts';
import { cliErrors } from './errors/cli.ts';
import { consensusErrors } from './errors/consensus.ts';
import { coreErrors } from './errors/core.ts';
import { crapsErrors } from './errors/craps.ts';
import { cryptoErrors } from './errors/crypto.ts';
import { dhtErrors } from './errors/dht.ts';
import { diceErrors } from './errors/dice.ts';
import { gatewayErrors } from './errors/gateway.ts';
import { meshErrors } from './errors/mesh.ts';
import { nodeErrors } from './errors/node.ts';
import { platformErrors } from './errors/platform.ts';
import { resilienceErrors } from './errors/resilience.ts';
import { routingErrors } from './errors/routing.ts';
import { simErrors } from './errors/sim.ts';
import { versioningErrors } from './errors/versioning.ts';
import { wireErrors } from './errors/wire.ts';

/** What a registry entry says. `{name}` in `message` is a placeholder for `data.name`. */
export interface ErrorText {
  readonly message: string;
  readonly cause: string;
  readonly cure: string;
}

type Registry = typeof coreErrors &
  typeof platformErrors &
  typeof cryptoErrors &
  typeof wireErrors &
  typeof versioningErrors &
  typeof resilienceErrors &
  typeof routingErrors &
  typeof meshErrors &
  typeof gatewayErrors &
  typeof consensusErrors &
  typeof dhtErrors &
  typeof diceErrors &
  typeof crapsErrors &
  typeof casinoErrors &
  typeof nodeErrors &
  typeof cliErrors &
  typeof simErrors;

export const ERRORS: Registry = {
  ...coreErrors,
  ...platformErrors,
  ...cryptoErrors,
  ...wireErrors,
  ...versioningErrors,
  ...resilienceErrors,
  ...routingErrors,
  ...meshErrors,
  ...gatewayErrors,
  ...consensusErrors,
  ...dhtErrors,
  ...diceErrors,
  ...crapsErrors,
  ...casinoErrors,
  ...nodeErrors,
  ...cliErrors,
  ...simErrors,
};

export type ErrorCode = keyof Registry;

type Placeholder<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;

type MessageOf<C extends ErrorCode> = Registry[C] extends {
  readonly message: infer M extends string;
}
  ? M
  : string;

export type DataValue = string | number | bigint | boolean;

/** The data an error of code `C` must carry: one value for each placeholder of its message. */
export type ErrorData<C extends ErrorCode> = Readonly<Record<Placeholder<MessageOf<C>>, DataValue>>;

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** The registry's text for a code, or `undefined` for a code it does not know. */
export function errorText(code: string): ErrorText | undefined {
  return isErrorCode(code) ? ERRORS[code] : undefined;
}

function fillIn(template: string, data: Readonly<Record<string, DataValue>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(data[name] ?? `{${name}}`));
}

/**
 * The one error class. Recoverable failures travel as values inside a `Result`; it is thrown only where a caller
 * broke a contract, or out of an `async` function of `env` (`Store`, `Dialer`).
 */
export class BitcrapsError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly data: Readonly<Record<string, DataValue>>;

  constructor(code: C, data: ErrorData<C>, options?: { readonly cause?: unknown }) {
    const text: ErrorText = ERRORS[code];
    super(fillIn(text.message, data), options);
    this.name = 'BitcrapsError';
    this.code = code;
    this.data = data;
  }
}

/**
 * An error that another node or process reported by its code and words; `null` for a code this build does not know.
 */
export function receivedError(code: string, message: string): BitcrapsError | null {
  if (!isErrorCode(code)) return null;
  const error: BitcrapsError = new BitcrapsError(code, {} as ErrorData<typeof code>);
  error.message = message;
  return error;
}

/** A value or a coded error. */
export type Result<T, C extends ErrorCode = ErrorCode> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: BitcrapsError<C> };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<C extends ErrorCode>(
  code: C,
  data: ErrorData<C>,
): { readonly ok: false; readonly error: BitcrapsError<C> } {
  return { ok: false, error: new BitcrapsError(code, data) };
}

/** The value, or throws the error: for callers that have already excluded it, and for tests. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw result.error;
  return result.value;
}
