// Aligned columns for people. Widths count characters, which is right for the texts that commands print.

/** Rows as lines; the first row may be a heading. Columns are separated by two spaces. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** A PeerId's first eight characters. */
export function shortPeer(peer: string): string {
  return peer.slice(0, 8);
}
