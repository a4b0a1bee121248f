import { liveSamples } from './samples/live.ts';
import { resultSamples } from './samples/results.ts';
import { stepSamples } from './samples/steps.ts';
import { troubleSamples } from './samples/trouble.ts';
import type { SamplePlaybook } from './script.ts';

/** The playbooks of a fresh stand-in. */
export const samplePlaybooks: readonly SamplePlaybook[] = [
  ...stepSamples,
  ...resultSamples,
  ...liveSamples,
  ...troubleSamples,
];
