// Two dice and the 36 ways in which they fall.

export type Die = 1 | 2 | 3 | 4 | 5 | 6;

/** One roll. The order tells the dice apart; no bet looks at it. */
export type Dice = readonly [Die, Die];

/** How many equally likely rolls there are. */
export const ROLL_COUNT = 36;

const FACES: readonly Die[] = [1, 2, 3, 4, 5, 6];

/** Every roll once; a roll stands at its `rollIndex`. */
export const ROLLS: readonly Dice[] = FACES.flatMap((a) => FACES.map((b): Dice => [a, b]));

/** 0 to 35. */
export function rollIndex(dice: Dice): number {
  return (dice[0] - 1) * 6 + dice[1] - 1;
}

/** 2 to 12. */
export function total(dice: Dice): number {
  return dice[0] + dice[1];
}

/** Whether both dice show the same face. */
export function isHard(dice: Dice): boolean {
  return dice[0] === dice[1];
}
