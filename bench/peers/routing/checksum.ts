// What is compared of an answer: the sum of all distances, and an FNV-1a hash of them as 32-bit words in the order of
// nodes (Fowler, Noll, Vo; a word at a time). `contenders/checksum.h` is the same in C++.

const OFFSET_BASIS = 0x811c_9dc5;
const PRIME = 0x0100_0193;

/** `sum:hash`, the hash in decimal. */
export function checksum(distances: ArrayLike<number>): string {
  let sum = 0;
  let hash = OFFSET_BASIS;
  for (let node = 0; node < distances.length; node += 1) {
    const distance = distances[node] ?? 0;
    sum += distance;
    hash = Math.imul(hash ^ distance, PRIME);
  }
  return `${sum}:${hash >>> 0}`;
}
