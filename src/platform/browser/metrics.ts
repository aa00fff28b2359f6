// Nobody scrapes a page, so its measurements are not kept: what the page itself shows it asks of the mesh's counters.

import type { Metrics } from '../../env/metrics.ts';

export const unkept: Metrics = {
  counter: () => ({ add: () => undefined }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
};
