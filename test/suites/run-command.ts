// Runs a command inside the test's own process and hears what it prints: for tests of texts, which need no process.

import type { Command } from 'commander';
import { vi } from 'vitest';

export interface CommandRun {
  readonly out: string;
  readonly err: string;
  /** The exit code that it set. */
  readonly code: unknown;
}

/** What the command prints and the exit code it sets; rejects with what commander throws on bad usage. */
export async function runInProcess(
  command: Command,
  ...words: readonly string[]
): Promise<CommandRun> {
  let [out, err] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await command.exitOverride().parseAsync([...words], { from: 'user' });
    return { out, err, code: process.exitCode };
  } finally {
    process.exitCode = before;
    stdout.mockRestore();
    stderr.mockRestore();
  }
}
