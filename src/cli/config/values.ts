// What values of settings may be, each with the words that tell what was expected.

import * as z from 'zod';
import {
  compareVersions,
  CURRENT,
  formatVersion,
  parseVersion,
} from '../../versioning/protocol-version.ts';
import { parseAmount } from '../../core/amount.ts';
import { parsePeerId } from '../../core/peer-id.ts';
import { parseDuration } from '../../core/units.ts';

const ADDRESS = /^((ws|wss|quic|udp):)?(\[[0-9a-fA-F:.]+\]|[^:@[\]\s]+):\d{1,5}$/;
export const JOINS_MAX = 64;
const ORIGINS_MAX = 64;

export const name: z.ZodType<string> = z
  .string()
  .regex(/^[a-z0-9-]{0,32}$/, 'up to 32 of a–z, 0–9 and -');

export const givenName: z.ZodType<string> = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/, '1 to 32 of a–z, 0–9 and -');

export const flag: z.ZodType<boolean> = z.boolean('true or false');

export const address: z.ZodType<string> = z
  .string()
  .regex(ADDRESS, 'an address such as 192.168.1.5:7461 or [::1]:7461');

export function addressOrNone(example: string): z.ZodType<string> {
  return z
    .string()
    .refine((text) => text === '' || ADDRESS.test(text), `an address such as ${example}`);
}

export const peer: z.ZodType<string> = z
  .string()
  .refine((text) => text === '' || parsePeerId(text).ok, 'a PeerId (52 characters)');

export const duration: z.ZodType<string> = z
  .string()
  .refine((text) => parseDuration(text).ok, 'a duration such as 500ms or 30s');

export const amount: z.ZodType<string> = z
  .string()
  .refine((text) => parseAmount(text).ok, 'an amount of CRAP such as 100000');

export const joins: z.ZodType<string[]> = z
  .array(
    z.string().refine((text) => {
      const at = text.indexOf('@');
      if (text.startsWith('dht:')) return parsePeerId(text.slice('dht:'.length)).ok;
      return ADDRESS.test(text.slice(at + 1)) && (at < 0 || parsePeerId(text.slice(0, at)).ok);
    }, 'addresses such as 192.168.1.5:7461, PEERID@host:7461 or dht:PEERID'),
  )
  .max(JOINS_MAX, `at most ${JOINS_MAX} addresses`);

export const addresses: z.ZodType<string[]> = z
  .array(
    z
      .string()
      .refine((text) => text === 'dht:' || ADDRESS.test(text), 'addresses such as ws:0.0.0.0:7463'),
  )
  .max(JOINS_MAX, `at most ${JOINS_MAX} addresses`);

/** As browsers send them (RFC 6454): no path, no default port, lower case. */
export const origins: z.ZodType<string[]> = z
  .array(
    z
      .string()
      .refine(
        (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
        'origins as browsers send them, such as https://casino.example or http://192.168.1.7:8080',
      ),
  )
  .max(ORIGINS_MAX, `at most ${ORIGINS_MAX} origins`);

export const version: z.ZodType<string> = z.string().refine(
  (text) => {
    const parsed = parseVersion(text);
    return parsed.ok && compareVersions(parsed.value, CURRENT) <= 0;
  },
  `a version up to ${formatVersion(CURRENT)}`,
);
