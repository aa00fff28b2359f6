// Structured logs by pino as a `Logger`: JSON lines, or short lines for a person at a terminal. Writing never blocks.

import picocolors from 'picocolors';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import type { LogFields, Logger } from '../../env/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  /** Events below it are not written. */
  readonly level: LogLevel;
  /** Short coloured lines instead of JSON. Default `false`. */
  readonly pretty?: boolean;
  /** A file to append to, made with mode 0600; `null` is standard error. Default `null`. */
  readonly file?: string | null;
}

/** A logger with an end. */
export interface NodeLogger extends Logger {
  /** Resolves once everything logged so far has reached the operating system. */
  flush(): Promise<void>;
}

/** Lines that a reader who fell asleep leaves waiting; beyond it new ones are dropped. */
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;
const STDERR = 2;

export function createLogger(options: LoggerOptions): NodeLogger {
  const destination = pino.destination({
    dest: options.file ?? STDERR,
    sync: false,
    // Lines leave at once; with 0, `flush` would not wait for them.
    minLength: 1,
    maxLength: QUEUE_BYTES_MAX,
    mode: 0o600,
    mkdir: false,
  });
  // A full disk or a closed pipe must not end the node; there is nowhere left to tell of it.
  destination.on('error', () => undefined);
  const stream: DestinationStream =
    options.pretty === true
      ? { write: (line) => destination.write(prettyLine(line)) }
      : destination;
  const root = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    ...wrap(root),
    flush: () =>
      new Promise((resolve) => {
        destination.flush(() => resolve());
      }),
  };
}

function wrap(target: PinoLogger): Logger {
  return {
    debug: (event, fields) => target.debug(printable(fields), event),
    info: (event, fields) => target.info(printable(fields), event),
    warn: (event, fields) => target.warn(printable(fields), event),
    error: (event, fields) => target.error(printable(fields), event),
    child: (fields) => wrap(target.child(printable(fields))),
  };
}

/** JSON has no bigint: amounts are written as texts, so that no digit is lost. */
function printable(fields: LogFields = {}): LogFields {
  const hasBigint = Object.values(fields).some((value) => typeof value === 'bigint');
  if (!hasBigint) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? value.toString() : value,
    ]),
  );
}

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  debug: picocolors.dim,
  info: picocolors.green,
  warn: picocolors.yellow,
  error: picocolors.red,
};

function prettyLine(json: string): string {
  const { level, time, event, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const colour = COLOURS[String(level)] ?? String;
  const pairs = Object.entries(fields).map(
    ([name, value]) =>
      ` ${picocolors.dim(`${name}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const clock = String(time).slice('2026-01-01T'.length, -1);
  return `${picocolors.dim(clock)} ${colour(String(level).padEnd(5))} ${String(event)}${pairs.join('')}\n`;
}
