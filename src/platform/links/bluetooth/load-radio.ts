// The radio adapter is a package of its own, loaded by name where somebody installed one: adapters differ by system, need
// rights that nodes do not, and most machines have none.

import { BitcrapsError } from '../../../core/errors.ts';
import type { GattRadio } from '../../../env/gatt.ts';

/** The service of BitCraps nodes, and its one characteristic: written by the dialer, notified by the listener. */
export const GATT_SERVICE = '7d3b1f4e-6a0c-4c8e-9f35-b17c2a9d0001';
export const GATT_CHARACTERISTIC = '7d3b1f4e-6a0c-4c8e-9f35-b17c2a9d0002';

/** What a radio package exports. */
export interface RadioPackage {
  createRadio(service: string, characteristic: string): Promise<GattRadio>;
}

/**
 * The radio of the package `name`, or of none. Rejects with `LINK_RADIO_MISSING` where there is no such package, it is no radio
 * package, or it finds no adapter.
 */
export async function loadRadio(name: string | null): Promise<GattRadio> {
  if (name === null) {
    throw new BitcrapsError('LINK_RADIO_MISSING', { name: 'any package', detail: 'none is named' });
  }
  try {
    const loaded: unknown = await import(name);
    if (!isRadioPackage(loaded)) throw new Error('it exports no createRadio');
    return await loaded.createRadio(GATT_SERVICE, GATT_CHARACTERISTIC);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('LINK_RADIO_MISSING', { name, detail }, { cause: error });
  }
}

function isRadioPackage(loaded: unknown): loaded is RadioPackage {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'createRadio' in loaded &&
    typeof loaded.createRadio === 'function'
  );
}
