// The packets of multicast DNS that discovery needs, read with care out of whatever came.

import { decodeAnnouncement, type Announcement } from './announcement.ts';

/** Where our nodes are announced. */
export const SERVICE = '_bitcraps._tcp.local';
/** Records of one packet that are looked at. */
const RECORDS_MAX = 128;

export type MdnsRecord =
  | { readonly name: string; readonly type: 'PTR'; readonly ttl: number; readonly data: string }
  | {
      readonly name: string;
      readonly type: 'SRV';
      readonly ttl: number;
      readonly data: { readonly target: string; readonly port: number };
    }
  | {
      readonly name: string;
      readonly type: 'TXT';
      readonly ttl: number;
      readonly data: readonly string[];
    }
  | { readonly name: string; readonly type: 'A'; readonly ttl: number; readonly data: string };

/** The strings of one TXT record that came, and how long they hold. */
interface HeardText {
  readonly name: string;
  /** Seconds; 0 is a goodbye. */
  readonly ttlS: number;
  readonly text: readonly Uint8Array[];
}

export type MdnsPacket =
  | {
      readonly kind: 'query';
      readonly host: string;
      readonly asksService: boolean;
      /** Instances that the one who asks knows. */
      readonly knownInstances: readonly string[];
    }
  | { readonly kind: 'response'; readonly host: string; readonly texts: readonly HeardText[] };

/** One machine's access to multicast DNS. */
export interface MdnsWire {
  /** This machine's name, under `.local`. */
  readonly hostName: string;
  /** Its IPv4 addresses. */
  readonly hostAddresses: readonly string[];
  onPacket: (packet: MdnsPacket) => void;
  /** Asks for all instances of `SERVICE`. */
  ask(): void;
  respond(records: readonly MdnsRecord[]): void;
  /** Sends `goodbye`, if there is any, and stops. */
  close(goodbye: readonly MdnsRecord[]): Promise<void>;
}

/** A record as a decoder gives it: its data may be anything. */
export interface RawRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly data?: unknown;
}

interface RawPacket {
  readonly questions: readonly { readonly name: string; readonly type: string }[];
  readonly answers: readonly RawRecord[];
  readonly additionals: readonly RawRecord[];
}

export function readQuery(packet: RawPacket, host: string): MdnsPacket {
  const asksService = packet.questions
    .slice(0, RECORDS_MAX)
    .some(({ name, type }) => isService(name) && (type === 'PTR' || type === 'ANY'));
  const knownInstances = packet.answers
    .slice(0, RECORDS_MAX)
    .flatMap(({ name, type, data }) =>
      type === 'PTR' && isService(name) && typeof data === 'string' ? [data] : [],
    );
  return { kind: 'query', host, asksService, knownInstances };
}

export function readResponse(packet: RawPacket, host: string): MdnsPacket {
  const texts = [...packet.answers, ...packet.additionals]
    .slice(0, RECORDS_MAX)
    .flatMap(({ name, type, ttl, data }): HeardText[] => {
      if (
        type !== 'TXT' ||
        typeof name !== 'string' ||
        !name.toLowerCase().endsWith(`.${SERVICE}`)
      ) {
        return [];
      }
      const strings: readonly unknown[] = Array.isArray(data) ? data : [data];
      const text = strings.filter((one) => one instanceof Uint8Array);
      return text.length === strings.length ? [{ name, ttlS: ttl ?? 0, text }] : [];
    });
  return { kind: 'response', host, texts };
}

/** The announcements in a response. */
export function heardIn(
  packet: MdnsPacket & { readonly kind: 'response' },
): readonly { readonly announcement: Announcement; readonly ttlS: number }[] {
  return packet.texts.flatMap(({ text, ttlS }) => {
    const announcement = decodeAnnouncement(text);
    return announcement === null ? [] : [{ announcement, ttlS }];
  });
}

function isService(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === SERVICE;
}
