// What a node keeps of each originator, in one array by the pool's numbers of peers: four words each, side by side, since
// a record that comes in touches all of them and ten thousand nodes share one processor's cache in a simulation.

const WORDS_SHIFT = 2;
const HELD = 0;
const POSITION = 1;
const TELLING = 2;
const STATE = 3;
const LOW = 0xffff;
const BYTE = 0xff;
const FROM_SHIFT = 16;

/** All numbers are 0 for a peer that nothing was noted of, whatever its number. */
export class PeerTable {
  #words = new Int32Array(0);

  /** How many peers it has room for. */
  get length(): number {
    return this.#words.length >> WORDS_SHIFT;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  grow(peers: number): void {
    const larger = new Int32Array(peers << WORDS_SHIFT);
    larger.set(this.#words);
    this.#words = larger;
  }

  /** Handle of its record + 1. */
  held(peer: number): number {
    return this.#words[(peer << WORDS_SHIFT) + HELD] ?? 0;
  }

  setHeld(peer: number, value: number): void {
    this.#words[(peer << WORDS_SHIFT) + HELD] = value;
  }

  /** Its last place in the log + 1. */
  position(peer: number): number {
    return this.#words[(peer << WORDS_SHIFT) + POSITION] ?? 0;
  }

  setPosition(peer: number, value: number): void {
    this.#words[(peer << WORDS_SHIFT) + POSITION] = value;
  }

  /** 16 bits: the links whose other end has its record. */
  have(peer: number): number {
    return (this.#words[(peer << WORDS_SHIFT) + TELLING] ?? 0) & LOW;
  }

  setHave(peer: number, bits: number): void {
    const at = (peer << WORDS_SHIFT) + TELLING;
    this.#words[at] = ((this.#words[at] ?? 0) & ~LOW) | bits;
  }

  /** 16 bits: the largest label of the links that its record crossed. */
  path(peer: number): number {
    return (this.#words[(peer << WORDS_SHIFT) + TELLING] ?? 0) >>> 16;
  }

  setPath(peer: number, label: number): void {
    const at = (peer << WORDS_SHIFT) + TELLING;
    this.#words[at] = ((this.#words[at] ?? 0) & LOW) | (label << 16);
  }

  /** 8 bits. */
  flags(peer: number): number {
    return (this.#words[(peer << WORDS_SHIFT) + STATE] ?? 0) & BYTE;
  }

  setFlags(peer: number, flags: number): void {
    const at = (peer << WORDS_SHIFT) + STATE;
    this.#words[at] = ((this.#words[at] ?? 0) & ~BYTE) | flags;
  }

  /** 16 bits: one link whose other end has its record, for those that `have` has no bit for. */
  from(peer: number): number {
    return (this.#words[(peer << WORDS_SHIFT) + STATE] ?? 0) >>> FROM_SHIFT;
  }

  setFrom(peer: number, link: number): void {
    const at = (peer << WORDS_SHIFT) + STATE;
    this.#words[at] = ((this.#words[at] ?? 0) & LOW) | (link << FROM_SHIFT);
  }
}
