// The exact house edge of a bet, and what a changed pay-out does to it.
// Run: npx node examples/house-edge.ts

import { exactOdds, formatFraction } from '../src/index.ts';

for (const bet of ['pass', 'any-seven', 'hard-8']) {
  const { edge } = exactOdds(bet);
  process.stdout.write(`${bet}: ${formatFraction(edge)}\n`);
}
