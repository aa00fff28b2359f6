// A text as one word of a POSIX shell, for commands that are printed to be pasted.

/** Unchanged where no character of it means anything to a shell. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
