// Structured logs of a page as a `Logger`: to the browser's console, or wherever the page wants them.

import type { LogFields, Logger } from '../../env/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Takes one event; the fields of a child come with it. */
export interface LogSink {
  (level: LogLevel, event: string, fields: LogFields): void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Events below `level` go nowhere. Default sink: the console. */
export function createPageLogger(level: LogLevel, sink: LogSink = toConsole): Logger {
  const least = LEVELS.indexOf(level);
  const over = (inherited: LogFields): Logger => {
    const at =
      (one: LogLevel) =>
      (event: string, fields: LogFields = {}): void => {
        if (LEVELS.indexOf(one) >= least) sink(one, event, { ...inherited, ...fields });
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => over({ ...inherited, ...fields }),
    };
  };
  return over({});
}

const toConsole: LogSink = (level, event, fields) => {
  globalThis.console[level](event, fields);
};
