// Multicast DNS (RFC 6762) and service discovery (RFC 6763) for one service of ours: announces this node, asks for others,
// keeps who answered. Packets come and go through an `MdnsWire`; time and chance are arguments.
//
// What comes from the network costs a bounded amount: packets are rationed, answers of ours are at least a second apart,
// and the table of those found has its own bounds.

import { bytesEqual } from '../../core/bytes.ts';
import { peerIdText } from '../../core/peer-id.ts';
import { createTokenBucket, type TokenBucket } from '../../core/token-bucket.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Discovery, DiscoveryHandlers, FoundNode } from '../../env/discovery.ts';
import type { Logger } from '../../env/logger.ts';
import type { Rng } from '../../env/rng.ts';
import { encodeAnnouncement, type Announcement } from './announcement.ts';
import { createFoundNodes, type FoundNodes } from './found-nodes.ts';
import { heardIn, SERVICE, type MdnsPacket, type MdnsRecord, type MdnsWire } from './mdns-wire.ts';

/** How long what we say holds, in seconds: who asks once a minute may miss an answer. */
const TTL_S = 120;
const ASK_FIRST_MS = 1000;
const ASK_MS_MAX = 60_000;
/** RFC 6762 section 6: shared answers are delayed by a random time, and not repeated within a second. */
const ANSWER_DELAY_MS_MIN = 20;
const DELAY_MS_SPREAD = 100;
const ANSWER_GAP_MS = 1000;
/** RFC 6762 section 8.3: an announcement is made twice. */
const ANNOUNCEMENTS = 2;
/** A repeated question is put off by so much more, so that not all ask at once who waited for the same one. */
const ASK_SPREAD_MS = 10_000;
const PACKETS_BURST = 200;
const PACKETS_PER_SECOND = 50;
const SWEEP_MS = 1000;

export interface LanDiscoveryConfig {
  readonly wire: MdnsWire;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** What this node says; one without places looks and says nothing. */
  readonly self: Announcement;
  readonly handlers: DiscoveryHandlers;
}

export class LanDiscovery implements Discovery {
  readonly #config: LanDiscoveryConfig;
  readonly #found: FoundNodes;
  readonly #packets: TokenBucket = createTokenBucket(PACKETS_BURST, PACKETS_PER_SECOND);
  readonly #instance: string;
  readonly #own: readonly string[];
  readonly #timers = new Set<Timer>();
  #askTimer: Timer | null = null;
  #askEveryMs = ASK_FIRST_MS;
  #answerPlanned = false;
  #answeredMs = -Infinity;
  #dropping = false;
  #over = false;

  constructor(config: LanDiscoveryConfig) {
    const { self, wire, rng } = config;
    this.#config = config;
    this.#found = createFoundNodes(config.handlers);
    this.#own = encodeAnnouncement(self);
    this.#instance = `${peerIdText(self.publicKey)}.${SERVICE}`;
    wire.onPacket = (packet) => this.#hear(packet);
    for (let i = 0; i < ANNOUNCEMENTS; i += 1) {
      this.#later(i * (ANSWER_GAP_MS + DELAY_MS_SPREAD), () => this.#planAnswer());
    }
    this.#later(rng.uint32() % DELAY_MS_SPREAD, () => this.#ask());
    this.#later(SWEEP_MS, () => this.#sweep());
  }

  get nodes(): readonly FoundNode[] {
    return this.#found.nodes;
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#askTimer?.cancel();
    for (const timer of this.#timers) timer.cancel();
    await this.#config.wire.close(this.#isPublic ? this.#records(0) : []);
  }

  get #isPublic(): boolean {
    return this.#config.self.places.length > 0;
  }

  #later(delayMs: number, run: () => void): Timer {
    const timer = this.#config.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return timer;
  }

  #records(ttl: number): readonly MdnsRecord[] {
    const { wire, self } = this.#config;
    const [first] = self.places;
    return [
      { name: SERVICE, type: 'PTR', ttl, data: this.#instance },
      {
        name: this.#instance,
        type: 'SRV',
        ttl,
        data: { target: wire.hostName, port: first?.port ?? 0 },
      },
      { name: this.#instance, type: 'TXT', ttl, data: this.#own },
      ...wire.hostAddresses.map((data): MdnsRecord => ({
        name: wire.hostName,
        type: 'A',
        ttl: TTL_S,
        data,
      })),
    ];
  }

  #planAnswer(): void {
    if (this.#answerPlanned || !this.#isPublic) return;
    const { clock, rng, wire } = this.#config;
    this.#answerPlanned = true;
    const delayMs = ANSWER_DELAY_MS_MIN + (rng.uint32() % DELAY_MS_SPREAD);
    this.#later(Math.max(delayMs, this.#answeredMs + ANSWER_GAP_MS - clock.now()), () => {
      this.#answerPlanned = false;
      this.#answeredMs = clock.now();
      wire.respond(this.#records(TTL_S));
    });
  }

  #ask(): void {
    this.#config.wire.ask();
    this.#askIn(this.#askEveryMs);
    this.#askEveryMs = Math.min(2 * this.#askEveryMs, ASK_MS_MAX);
  }

  #askIn(delayMs: number): void {
    this.#askTimer?.cancel();
    this.#askTimer = this.#config.clock.after(delayMs, () => this.#ask());
  }

  #hear(packet: MdnsPacket): void {
    const { clock, logger } = this.#config;
    if (this.#over) return;
    if (!this.#packets.take(clock.now())) {
      if (!this.#dropping) logger.warn('discovery-flooded', { address: packet.host });
      this.#dropping = true;
      return;
    }
    this.#dropping = false;
    if (packet.kind === 'response') this.#heardResponse(packet);
    else if (packet.asksService) this.#heardQuestion(packet.knownInstances);
  }

  #heardQuestion(known: readonly string[]): void {
    // RFC 6762 section 7.1: who knows us already and says so wants no answer.
    if (!known.includes(this.#instance)) this.#planAnswer();
    // Section 7.3: the answers come to all, so that one question serves all.
    if (this.#askEveryMs === ASK_MS_MAX) {
      this.#askIn(ASK_MS_MAX + (this.#config.rng.uint32() % ASK_SPREAD_MS));
    }
  }

  #heardResponse(packet: MdnsPacket & { readonly kind: 'response' }): void {
    const { clock, self } = this.#config;
    for (const { announcement, ttlS } of heardIn(packet)) {
      const { network, publicKey } = announcement;
      if (network !== self.network || bytesEqual(publicKey, self.publicKey)) continue;
      this.#found.heard(packet.host, announcement, ttlS, clock.now());
    }
  }

  #sweep(): void {
    this.#found.sweep(this.#config.clock.now());
    this.#later(SWEEP_MS, () => this.#sweep());
  }
}
