// Colours for people at a terminal only: never into a pipe or a file, and not where NO_COLOR is set (no-color.org).

import pc from 'picocolors';

const wanted = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';

/** Colours if standard output is a terminal, else functions that give the text back. */
export const colour: ReturnType<typeof pc.createColors> = pc.createColors(wanted);
