import { attacks } from './attacks/index.ts';
import type { Scenario } from './scenario.ts';

/** Everything that `npm run chaos` runs, in this order. */
export const scenarios: readonly Scenario[] = [...attacks];
