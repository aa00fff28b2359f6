// The order in which a node's records changed: one append-only list of originators, and a cursor for each link instead of
// a set, so that what is still to be told costs no memory per link. Entries that a later change superseded are skipped,
// and taken out in place when the list is full. Also who is known to have what, which is not told to him again.

import type { PeerTable } from './peer-table.ts';

/** Links with a bit of their own for each record; of the others one for each record is remembered. */
const BITS = 16;
const SLACK = 64;

/** A place in the log: everything before it has been told. */
export interface LogCursor {
  position: number;
}

export class LinkStateLog {
  readonly #table: PeerTable;
  #log = new Int32Array(SLACK);
  #end = 0;
  readonly #cursors = new Set<LogCursor>();

  constructor(table: PeerTable) {
    this.#table = table;
  }

  get bytes(): number {
    return this.#log.byteLength;
  }

  append(peer: number): void {
    if (this.#end === this.#log.length) this.#compact();
    this.#log[this.#end] = peer;
    this.#end += 1;
    this.#table.setPosition(peer, this.#end);
  }

  /** The peer's record is another, which so far only the other end of the link of `slot` has; −1 for none. */
  renew(peer: number, slot: number): void {
    this.#table.setHave(peer, bitOf(slot));
    this.#table.setFrom(peer, slot + 1);
  }

  /** The peer has no record any more. */
  remove(peer: number): void {
    this.#table.setPosition(peer, 0);
    this.#table.setHave(peer, 0);
    this.#table.setFrom(peer, 0);
  }

  /** A cursor at the end. */
  openCursor(): LogCursor {
    const cursor = { position: this.#end };
    this.#cursors.add(cursor);
    return cursor;
  }

  closeCursor(cursor: LogCursor): void {
    this.#cursors.delete(cursor);
  }

  hasNews(cursor: LogCursor): boolean {
    return cursor.position < this.#end;
  }

  /** The next peer whose record the link of `slot` is not known to have, −1 at the end; moves the cursor. */
  next(cursor: LogCursor, slot: number): number {
    while (cursor.position < this.#end) {
      const at = cursor.position;
      const peer = this.#log[at] ?? 0;
      cursor.position = at + 1;
      if (this.#table.position(peer) !== at + 1) continue;
      if (!this.has(peer, slot)) return peer;
    }
    return -1;
  }

  /** The other end of the link has what this node holds of the peer. */
  noteHas(peer: number, slot: number): void {
    if (peer < 0 || peer >= this.#table.length) return;
    if (slot < BITS) this.#table.setHave(peer, this.#table.have(peer) | bitOf(slot));
    else if (this.#table.from(peer) <= BITS) this.#table.setFrom(peer, slot + 1);
  }

  has(peer: number, slot: number): boolean {
    if (slot < BITS) return (this.#table.have(peer) & bitOf(slot)) !== 0;
    return this.#table.from(peer) === slot + 1;
  }

  /** A slot gets another link. */
  forgetSlot(slot: number): void {
    const others = 0xffff ^ bitOf(slot);
    for (let peer = 0; peer < this.#table.length; peer += 1) {
      this.#table.setHave(peer, this.#table.have(peer) & others);
      if (this.#table.from(peer) === slot + 1) this.#table.setFrom(peer, 0);
    }
  }

  /** Takes out what is superseded; cursors stay where they were among the rest. */
  #compact(): void {
    const cursors = [...this.#cursors].sort((a, b) => a.position - b.position);
    let kept = 0;
    let next = 0;
    for (let at = 0; at < this.#end; at += 1) {
      for (; (cursors[next]?.position ?? Infinity) <= at; next += 1) {
        const cursor = cursors[next];
        if (cursor !== undefined) cursor.position = kept;
      }
      const peer = this.#log[at] ?? 0;
      if (this.#table.position(peer) !== at + 1) continue;
      this.#log[kept] = peer;
      kept += 1;
      this.#table.setPosition(peer, kept);
    }
    for (const cursor of cursors.slice(next)) cursor.position = kept;
    this.#end = kept;
    const wanted = kept + (kept >> 1) + SLACK;
    if (wanted <= this.#log.length) return;
    const larger = new Int32Array(wanted);
    larger.set(this.#log.subarray(0, kept));
    this.#log = larger;
  }
}

/** 0 for a link beyond those with a bit. */
function bitOf(slot: number): number {
  return slot >= 0 && slot < BITS ? 1 << slot : 0;
}
