// Structured logging as an argument: an event name in kebab-case plus flat fields, never secrets.

export type LogValue = string | number | bigint | boolean | null | undefined;
export type LogFields = Readonly<Record<string, LogValue>>;

/** Levels as in RFC 5424's spirit: `debug` for developers, `info` for operators, `warn` and `error` for action. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}
