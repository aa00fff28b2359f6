// How every command ends: results on stdout, words about them on stderr, and an exit code that says which.

import { BitcrapsError, errorText } from '../core/errors.ts';

export const EXIT_DONE = 0;
/** The command worked and its answer is no. */
export const EXIT_NO = 1;
/** Bad usage or bad input. */
export const EXIT_BAD_INPUT = 2;
/** A threshold that the caller set was missed. */
export const EXIT_THRESHOLD = 99;
/** A measured figure is clearly on the wrong side of its threshold. */
export const EXIT_THRESHOLD_MISSED = 99;

/** Prints an error with its code and cure to stderr; the exit code to use. */
export function reportError(error: unknown): number {
  if (!(error instanceof BitcrapsError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`error INTERNAL: ${text}\n`);
    return EXIT_BAD_INPUT;
  }
  process.stderr.write(`error ${error.code}: ${error.message}\n`);
  const cure = errorText(error.code)?.cure;
  if (cure !== undefined) process.stderr.write(`  ${cure}\n`);
  return EXIT_BAD_INPUT;
}

/** One JSON document as one line on stdout; amounts (`bigint`) as decimal strings. */
export function printJson(document: unknown): void {
  const text = JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  process.stdout.write(`${text}\n`);
}

/** The error as a document, for `--json`. */
export function errorDocument(error: unknown): {
  error: { code: string; message: string; cure: string };
} {
  if (error instanceof BitcrapsError) {
    const cure = errorText(error.code)?.cure ?? '';
    return { error: { code: error.code, message: error.message, cure } };
  }
  return { error: { code: 'INTERNAL', message: String(error), cure: 'Please report this.' } };
}

/** Runs a command's body, reports what it throws (as JSON on stdout too if asked) and sets the process's exit code. */
export async function runCommand(
  json: boolean,
  body: () => Promise<number> | number,
): Promise<void> {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (json) printJson(errorDocument(error));
    process.exitCode = reportError(error);
  }
}
