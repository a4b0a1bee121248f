import type { SamplePlaybook } from '../script.ts';
import { end, fixed, python, sample } from './sample.ts';

const start = python('start', { ok: true });
/** A text that PostgreSQL refuses: it stores no NUL. */
const broken = 'a\u0000b';

/** Playbooks that fail, and results that NoETL cannot store. */
export const troubleSamples: readonly SamplePlaybook[] = [
  sample('regression_test/failing', 'Fails, and goes on to its end', { why: 'boom' }, ({ why = 'boom' }) => ({
    steps: [{ name: 'start', ms: 20, error: `deliberate failure: ${String(why)}`, continues: true }, end()],
  })),
  fixed('regression_test/failing_alone', 'Fails in its only step', {
    name: 'start',
    ms: 20,
    error: 'single step failure',
  }),
  fixed('regression_test/failing_last', 'Fails in its last step', start, {
    name: 'boom',
    ms: 20,
    error: 'customer 4711 has no credit limit',
  }),
  fixed(
    'regression_test/list_form_fails',
    'A task of a step in list form fails',
    start,
    { name: 'work', ms: 20, list: 'run_task', error: 'task broke', continues: true },
    end(),
  ),
  fixed(
    'regression_test/nul_text',
    'A text with a NUL byte, which no event can hold',
    start,
    python('work', { text: broken }),
    end(),
  ),
  fixed('regression_test/nul_nested', 'A NUL byte in a list of a step before the end', start, nulStep('work'), end()),
  fixed('regression_test/nul_nested_last', 'A NUL byte in a list of the last step', start, nulStep('work')),
  fixed(
    'regression_test/no_start',
    'Has no step of the name `start`, which the Rust server refuses',
    python('first', { ok: true }),
    end(),
  ),
  sample('regression_test/parent_of_no_start', 'Starts a child that the Rust server refuses', {}, () => ({
    steps: [{ name: 'start', ms: 0, child: { path: 'regression_test/no_start', workload: {}, returns: true } }, end()],
  })),
];

function nulStep(name: string) {
  return python(name, { items: [{ text: broken }] });
}
