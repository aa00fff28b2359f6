// The part of multicast-dns 7 that this project calls.

declare module 'multicast-dns' {
  import type { EventEmitter } from 'node:events';

  export interface Question {
    readonly name: string;
    readonly type: string;
  }
  /** What `data` is depends on `type`, and on who sent it. */
  export interface RawRecord {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    readonly data?: unknown;
    readonly flush?: boolean;
  }
  export interface Packet {
    readonly questions: readonly Question[];
    readonly answers: readonly RawRecord[];
    readonly additionals: readonly RawRecord[];
  }
  export interface Sender {
    readonly address: string;
    readonly port: number;
  }
  export interface MulticastDns extends EventEmitter {
    on(event: 'query' | 'response', listener: (packet: Packet, from: Sender) => void): this;
    on(event: 'ready', listener: () => void): this;
    on(event: 'error' | 'warning', listener: (error: Error) => void): this;
    query(query: object, done?: (error: Error | null) => void): void;
    respond(response: object, done?: (error: Error | null) => void): void;
    destroy(done?: () => void): void;
  }
  export interface Options {
    readonly port?: number;
    /** The address of the one interface to use. */
    readonly interface?: string;
    readonly bind?: string;
    readonly loopback?: boolean;
  }
  const multicastDns: (options?: Options) => MulticastDns;
  export default multicastDns;
}
