// The settings of a node that runs on a battery.

import * as z from 'zod';
import {
  POWER_DEFAULTS,
  STRETCH_MAX,
  type PowerConfig,
} from '../../resilience/power/power-plan.ts';
import { checkWith, numberSetting, type Setting } from './setting.ts';

export interface PowerSettings {
  readonly energySource: 'auto' | 'mains';
  readonly saveBelow: number;
  readonly stretchMax: number;
  readonly relayAbove: number;
}

const share = z.number('a number').min(0, 'at least 0').max(1, 'at most 1');

export const POWER_SETTINGS: { readonly [K in keyof PowerSettings]: Setting<PowerSettings[K]> } = {
  energySource: {
    key: 'power.source',
    form: 'text',
    flag: 'energy-source',
    valueName: 'SOURCE',
    default: 'auto',
    comment:
      'Where this node reads how much energy it has: auto (the battery, where Linux shows one) or mains (it saves nothing).',
    check: checkWith(z.enum(['auto', 'mains'], 'auto or mains')),
  },
  saveBelow: numberSetting(
    'power.save_below',
    POWER_DEFAULTS.saveBelow,
    share.min(0.05, 'at least 0.05'),
    'Below this share of the battery heartbeats become rarer, so that idle links cost less and failures are noticed later. Neighbours learn of it and expect them later, too.',
  ),
  stretchMax: numberSetting(
    'power.stretch_max',
    POWER_DEFAULTS.stretchMax,
    z.number('a number').min(1, 'at least 1').max(STRETCH_MAX, `at most ${STRETCH_MAX}`),
    `How much rarer they are on an empty battery, 1 (no rarer) to ${STRETCH_MAX}.`,
  ),
  relayAbove: numberSetting(
    'power.relay_above',
    POWER_DEFAULTS.relayAbove,
    share,
    'At or below this share of the battery a node carries no packets of others, so that it can play on. 0: only when it is empty.',
  ),
};

export function powerConfig({ saveBelow, stretchMax, relayAbove }: PowerSettings): PowerConfig {
  return { saveBelow, stretchMax, relayAbove };
}
