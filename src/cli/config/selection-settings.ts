// The settings of a node that decide which gateways it uses, and of a gateway what it tells those who choose.

import * as z from 'zod';
import { parseAmount } from '../../core/amount.ts';
import { unwrap } from '../../core/errors.ts';
import { parseSize } from '../../core/units.ts';
import { PRICE_UNITS_MAX, type PriceTable } from '../../gateway/accounting/price.ts';
import { PREFERENCES, type Preference } from '../../gateway/selection/gateway-score.ts';
import {
  DEFAULT_CRITERIA,
  type SelectionCriteria,
} from '../../gateway/selection/selection-criteria.ts';
import { checkWith, type Setting } from './setting.ts';

export interface SelectionSettings {
  readonly prefer: Preference;
  readonly maxLoad: number;
  readonly minUptime: number;
  readonly maxPrice: string;
  readonly gatewayCapacity: string;
  readonly gatewayPrice: string;
}

const share = z.number('a number').min(0, 'at least 0').max(1, 'at most 1');

export const SELECTION_SETTINGS: {
  readonly [K in keyof SelectionSettings]: Setting<SelectionSettings[K]>;
} = {
  gatewayCapacity: {
    key: 'gateway.capacity',
    form: 'text',
    flag: 'gateway-capacity',
    valueName: 'SIZE',
    default: '',
    comment:
      'Bytes that this gateway can carry between meshes in a second, both ways together, such as 12MiB: what it announces, and measures its load by. Empty: not told.',
    check: checkWith(
      z.string().refine((text) => text === '' || parseSize(text).ok, 'a size such as 12MiB'),
    ),
  },
  gatewayPrice: {
    key: 'gateway.price',
    form: 'text',
    flag: 'gateway-price',
    valueName: 'CRAP',
    default: '0',
    comment:
      'What this gateway asks for a MiB of game or bulk traffic between meshes, in CRAP. A change takes effect five minutes after it is announced.',
    check: checkWith(
      z.string().refine((text) => {
        const parsed = parseAmount(text);
        return parsed.ok && parsed.value <= PRICE_UNITS_MAX;
      }, 'an amount of CRAP such as 0.01, at most a million'),
    ),
  },
  prefer: {
    key: 'selection.prefer',
    form: 'text',
    flag: 'prefer',
    valueName: 'NAME',
    default: DEFAULT_CRITERIA.preference,
    comment: `What matters most in a gateway: ${PREFERENCES.join(', ')}.`,
    check: checkWith(z.enum(PREFERENCES, PREFERENCES.join(', '))),
  },
  maxLoad: {
    key: 'selection.max_load',
    form: 'number',
    flag: 'max-load',
    valueName: 'SHARE',
    default: DEFAULT_CRITERIA.maxLoad,
    comment:
      'Gateways that use more of their capacity are left out while there are others. Queues grow steeply beyond 0.8.',
    check: checkWith(share),
  },
  minUptime: {
    key: 'selection.min_uptime',
    form: 'number',
    flag: 'min-uptime',
    valueName: 'SHARE',
    default: DEFAULT_CRITERIA.minUptime,
    comment:
      'Gateways that were there for less of the last hour are left out while there are others.',
    check: checkWith(share),
  },
  maxPrice: {
    key: 'selection.max_price',
    form: 'text',
    flag: 'max-price',
    valueName: 'CRAP',
    default: '',
    comment:
      'The most that this node pays for a MiB between meshes, in CRAP; no packet goes through a dearer gateway. Empty: any price.',
    check: checkWith(
      z
        .string()
        .refine((text) => text === '' || parseAmount(text).ok, 'an amount of CRAP such as 0.01'),
    ),
  },
};

/** What the node asks of gateways. */
export function selectionCriteria(settings: SelectionSettings): Partial<SelectionCriteria> {
  const { prefer, maxLoad, minUptime, maxPrice } = settings;
  return {
    preference: prefer,
    maxLoad,
    minUptime,
    maxPricePerMiB: maxPrice === '' ? null : unwrap(parseAmount(maxPrice)),
  };
}

/** What this gateway asks. Control traffic keeps meshes together and is free. */
export function priceTable({ gatewayPrice }: SelectionSettings): PriceTable {
  const price = unwrap(parseAmount(gatewayPrice));
  return { control: 0n, game: price, bulk: price };
}

/** Bytes per second; `null` where it is not told. */
export function capacityOf({ gatewayCapacity }: SelectionSettings): number | null {
  return gatewayCapacity === '' ? null : unwrap(parseSize(gatewayCapacity));
}
