// Which class a packet goes in. Its type and the source's wish (`wire/traffic-class.ts`) are claims that anybody can make:
// they count up to the budgets of the source, by what is measured here.
//
//   handshake, unreachable, or wish `control`   control, past the control budget as if the wish were `game`
//   wish `game`                                 game, past the game budget bulk
//   wish `unspecified`                          up to 2 KiB as if the wish were `game`, longer ones bulk
//   wish `bulk`, types of later versions        bulk

import { PacketType } from '../../wire/packet.ts';
import { TrafficClass, trafficClassOf } from '../../wire/traffic-class.ts';
import { BULK, CONTROL, GAME, type ClassRank } from './class-caps.ts';
import { meterAdmits, meterAt } from './source-state.ts';

/** What a player does is short; a longer packet of a source that says nothing is part of a transfer. */
export const UNSPECIFIED_GAME_BYTES_MAX: number = 2 * 1024;

/** Bytes per millisecond that one source may send in a class. */
export interface BudgetRates {
  readonly controlPerMs: number;
  readonly gamePerMs: number;
}

/** `type` and `flags` of the packet's header; `bytes` of its frame; `slot`: its source in `state`. */
export function classify(
  type: number,
  flags: number,
  bytes: number,
  state: Float64Array,
  slot: number,
  rates: BudgetRates,
  nowMs: number,
): ClassRank {
  const wish = wishOf(type, flags, bytes);
  if (wish === BULK) return BULK;
  if (wish === CONTROL) {
    const meter = meterAt(slot, 'control');
    if (meterAdmits(state, meter, bytes, rates.controlPerMs, nowMs)) return CONTROL;
  }
  return meterAdmits(state, meterAt(slot, 'game'), bytes, rates.gamePerMs, nowMs) ? GAME : BULK;
}

function wishOf(type: number, flags: number, bytes: number): ClassRank {
  if (type === PacketType.handshake || type === PacketType.unreachable) return CONTROL;
  if (type !== PacketType.data) return BULK;
  switch (trafficClassOf(flags)) {
    case TrafficClass.control:
      return CONTROL;
    case TrafficClass.game:
      return GAME;
    case TrafficClass.unspecified:
      return bytes <= UNSPECIFIED_GAME_BYTES_MAX ? GAME : BULK;
    case TrafficClass.bulk:
      return BULK;
  }
}
