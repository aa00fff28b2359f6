// The part of hyperdht 6, secret-stream 6 and udx-native 1 that this project calls, none of which has types of its own.

export interface UdxAddress {
  readonly host: string;
  readonly port: number;
}

/** A UDP socket. What arrives and belongs to no stream is a `message`. */
export interface UdxSocket {
  on(event: 'message', listener: (bytes: Buffer, from: UdxAddress) => void): this;
  /** Throws an error with the operating system's `code`. */
  bind(port: number, host: string): void;
  address(): UdxAddress | null;
  trySend(bytes: Uint8Array, port: number, host: string): void;
  /** Resolves once the last stream on it has ended. */
  close(): Promise<void>;
}

/** One end of a reliable stream over UDP, with messages beside it that are neither. */
export interface UdxStream {
  on(event: 'message', listener: (bytes: Buffer) => void): this;
  on(event: 'close', listener: () => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  readonly id: number;
  readonly remoteHost: string | null;
  readonly remotePort: number;
  /** Bytes sent and not acknowledged. */
  readonly inflight: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  connect(socket: UdxSocket, remoteId: number, port: number, host: string): void;
  /** One unordered message; resolves once the system has taken it, with `false` if it never did. */
  send(bytes: Uint8Array): Promise<boolean>;
  destroy(): void;
  /** The native half of `destroy`, which does nothing once both ends have ended and the last acknowledgement is due. */
  _predestroy(): void;
}

export interface Udx {
  createSocket(): UdxSocket;
}

export type UdxClass = new () => Udx;

/** Makes streams whose ids do not collide within one `Udx`. */
export interface RawStreamSet {
  add(options: { readonly framed: boolean }): UdxStream;
}

export type RawStreamSetClass = new (owner: { readonly udx: Udx }) => RawStreamSet;

/** What the Ed25519 key pairs of the libraries look like; ours have the same bytes. */
export interface NoiseKeyPair {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
}

export interface SecretStreamOptions {
  readonly keyPair?: NoiseKeyPair;
  readonly pattern?: 'XX';
  /** Milliseconds of silence after which an empty message is sent. */
  readonly keepAlive?: number;
  /** `false`: unordered messages are left to whoever listens on the raw stream. */
  readonly enableSend?: boolean;
}

/** A UDX stream under a Noise handshake and a cipher: each write arrives as one piece. */
export interface SecretStream {
  on(event: 'data', listener: (bytes: Buffer) => void): this;
  on(event: 'error', listener: (error: Error & { readonly code?: string }) => void): this;
  on(event: 'close' | 'end' | 'drain', listener: () => void): this;
  off(event: 'data', listener: (bytes: Buffer) => void): this;
  off(event: 'error', listener: (error: Error & { readonly code?: string }) => void): this;
  off(event: 'close' | 'end', listener: () => void): this;
  readonly rawStream: UdxStream | null;
  /** After the handshake. */
  readonly handshakeHash: Buffer | null;
  readonly remotePublicKey: Buffer | null;
  /** `false`: wait for `drain`. */
  write(bytes: Uint8Array): boolean;
  end(bytes?: Uint8Array): void;
  pause(): void;
  resume(): void;
  destroy(error?: Error): void;
}

/** Its parser of what arrives, for a subclass to bound: `_len` is the length that the other end claimed. */
export interface SecretStreamInside extends SecretStream {
  readonly _len: number;
  _onrawdata(bytes: Buffer): void;
}

export type SecretStreamClass = new (
  isInitiator: boolean,
  rawStream: UdxStream | null,
  options?: SecretStreamOptions,
) => SecretStreamInside;

export type CreateSecretStream = (
  isInitiator: boolean,
  rawStream: UdxStream | null,
  options: SecretStreamOptions,
) => SecretStream;

/** Handshakes under way of a server, one entry for each: its own table, which has no bound. */
export interface HyperDhtServer {
  on(event: 'connection', listener: (stream: SecretStream) => void): this;
  listen(keyPair: NoiseKeyPair): Promise<unknown>;
  close(): Promise<void>;
  _onpeerhandshake(
    message: PeerHandshake,
    request: { readonly from: UdxAddress },
  ): Promise<unknown>;
  readonly _connects: ReadonlyMap<string, unknown>;
}

export interface PeerHandshake {
  readonly noise: Buffer;
  /** The dialer's address as a relaying node saw it; `null` if it came by itself. */
  readonly peerAddress: UdxAddress | null;
}

export interface MutableRecord {
  readonly seq: number;
  readonly value: Buffer;
}

export interface MutableSigner {
  readonly publicKey: Buffer;
  sign(message: Buffer): Buffer;
}

/** A walk to the nodes nearest to a target. */
export interface DhtQuery {
  finished(): Promise<void>;
  readonly closestNodes: readonly UdxAddress[];
}

export interface QueryOptions {
  /** How often one node is asked again before it counts as gone. */
  readonly retries: number;
}

export interface HyperDht {
  on(event: 'listening', listener: () => void): this;
  fullyBootstrapped(): Promise<void>;
  address(): UdxAddress | null;
  connect(
    publicKey: Buffer,
    options: { readonly keyPair: NoiseKeyPair; readonly createSecretStream?: CreateSecretStream },
  ): SecretStream;
  createServer(options: {
    readonly createSecretStream?: CreateSecretStream;
    readonly handshakeClearWait?: number;
  }): HyperDhtServer;
  mutablePut(
    signer: MutableSigner,
    value: Buffer,
    options: QueryOptions & { readonly seq: number },
  ): Promise<unknown>;
  mutableGet(publicKey: Buffer, options: QueryOptions): Promise<MutableRecord | null>;
  findNode(target: Buffer, options: QueryOptions): DhtQuery;
  destroy(): Promise<void>;
  readonly io: {
    /** The socket to be reached at, once bound. */
    readonly serverSocket: UdxSocket | null;
    readonly networkInterfaces: { destroy(): void };
  };
  /** What the node believes to be its address, as others see it. */
  readonly _nat: { add(host: string, port: number): void };
}

export interface HyperDhtOptions {
  readonly bootstrap: readonly UdxAddress[];
  /** The first port tried and the one after the last; `[0, 0]` takes any. */
  readonly port: readonly [number, number];
  readonly anyPort: boolean;
  readonly host: string;
  readonly ephemeral?: boolean;
  readonly firewalled?: boolean;
  readonly connectionKeepAlive?: number;
}

export interface HyperDhtClass {
  new (options: HyperDhtOptions): HyperDht;
  /** The public bootstrap nodes, as `suggested-ip@host:port`. */
  readonly BOOTSTRAP: readonly string[];
}
