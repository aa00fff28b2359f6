// A logger that keeps what it is told and tells who waits for an event.

import type { LogFields, Logger } from '../../src/env/logger.ts';

export interface LogEntry {
  readonly event: string;
  readonly fields: LogFields;
}

export class LogBook implements Logger {
  readonly entries: LogEntry[] = [];
  #watchers = new Map<string, (entry: LogEntry) => void>();
  readonly debug = (event: string, fields: LogFields = {}): void => {
    const entry = { event, fields };
    this.entries.push(entry);
    this.#watchers.get(event)?.(entry);
  };
  readonly info = this.debug;
  readonly warn = this.debug;
  readonly error = this.debug;
  readonly child = (): Logger => this;

  /** The next event of this name. */
  next(event: string): Promise<LogEntry> {
    return new Promise((resolve) => {
      this.#watchers.set(event, resolve);
    });
  }
}
