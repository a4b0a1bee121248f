import type { SamplePlaybook } from '../script.ts';
import { end, python, sample, secondsOf } from './sample.ts';

/** Playbooks that take their time, to be watched. */
export const liveSamples: readonly SamplePlaybook[] = [
  sample('regression_test/slow', 'Takes its time', { seconds: 8 }, (workload) => {
    const seconds = secondsOf(workload, 8);
    return { steps: [python('start', { slept: seconds }, seconds * 1_000), end()] };
  }),
  sample('regression_test/live', 'Four steps that can be watched', { seconds: 6 }, (workload) => {
    const ms = (secondsOf(workload, 6) * 1_000) / 4;
    return {
      steps: [
        python('start', { offers: 12 }, ms),
        python('compare', { cheapest: 'XX 101' }, ms),
        python('book', { reference: 'ABC123', seats: ['12A', '12B'] }, ms),
        python('notify', { summary: 'Your flight XX 101 is booked.' }, ms),
        end(),
      ],
    };
  }),
  sample('regression_test/fail_then_work', 'A step fails while another still works', { seconds: 4 }, (workload) => ({
    steps: [
      { name: 'start', ms: 20, error: 'first step fails', continues: true },
      python('cleanup', { cleaned: true, textOutput: 'cleaned up' }, secondsOf(workload, 4) * 1_000),
      end(),
    ],
  })),
  sample(
    'regression_test/worker_dies',
    'A worker dies, and another runs its step again',
    { seconds: 3 },
    (workload) => ({
      steps: [{ ...python('start', { ok: true }, 500), workerDiesMs: secondsOf(workload, 3) * 1_000 }, end()],
    }),
  ),
];
