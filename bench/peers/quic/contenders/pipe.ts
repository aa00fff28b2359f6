// What every contender of the comparison offers: bytes both ways between two processes.

export interface Pipe {
  /** Called with what came. */
  onBytes: (bytes: Uint8Array) => void;
  /** Called when `write` may go on after it answered `false`. */
  onRoom: () => void;
  /** `false`: enough for now. */
  write(bytes: Uint8Array): boolean;
  /** Bytes that were written and that the library has not handed on. */
  readonly waitingBytes: number;
  /** Begins to read; a pipe that does not shows how much its other end takes on credit. */
  start(): void;
  close(): void;
}

export interface Contender {
  /** Its address or port. */
  listen(accept: (pipe: Pipe) => void): Promise<string>;
  dial(address: string): Promise<Pipe>;
}

export type ContenderName = 'tls' | 'quic' | 'matrixai' | 'chainsafe';
export const CONTENDERS: readonly ContenderName[] = ['tls', 'quic', 'matrixai', 'chainsafe'];

/** A write that answers `false` was taken by these, and asks for a pause; ours did not take it. */
export const TAKES_REFUSED: ReadonlySet<ContenderName> = new Set(['matrixai', 'chainsafe']);

export async function loadContender(name: ContenderName): Promise<Contender> {
  if (name === 'matrixai') return (await import('./matrixai.ts')).createMatrixai();
  if (name === 'chainsafe') return (await import('./chainsafe.ts')).createChainsafe();
  return (await import('./ours.ts')).createOurs(name);
}
