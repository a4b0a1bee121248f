import type { SamplePlaybook, ScriptStep } from '../script.ts';
import { end, fixed, python, sample } from './sample.ts';

const start = (result: unknown = { ok: true }, ms = 20): ScriptStep => python('start', result, ms);

const amadeusText = (query: unknown): string => `3 flights found for: ${String(query ?? '')}`;

/** The example of the protocol: a search whose summary is stored in the database before a step that only ends it. */
function amadeusSteps(workload: Readonly<Record<string, unknown>>): readonly ScriptStep[] {
  const flights = [{ number: 'XX 101', stops: 0, price: { amount: '129.00', currency: 'USD' } }];
  // PostgreSQL's driver counts no rows for DDL.
  const created = { message: 'Command executed. -1 rows affected.', row_count: -1 };
  const inserted = { message: 'Command executed. 1 rows affected.', row_count: 1 };
  const summary = { summary_text: amadeusText(workload['query']), amadeus_query_json: '{}' };
  return [
    {
      name: 'start',
      ms: 20,
      tool: 'postgres',
      result: created,
      code: 'CREATE TABLE IF NOT EXISTS results (text TEXT);',
    },
    python('search', { flights }, 60),
    python('extract_summary', summary, 60),
    {
      name: 'persist_result',
      ms: 20,
      tool: 'postgres',
      result: inserted,
      code: 'INSERT INTO results …;',
      skips: 'send_callback',
    },
    { name: 'end', ms: 5, tool: 'noop' },
  ];
}

/** Playbooks that people know from NoETL's own examples and from the documents of the gateway. */
export const stepSamples: readonly SamplePlaybook[] = [
  sample('regression_test/hello_world', 'Says hello', { name: 'world' }, (workload) => {
    const greeting = `Hello, ${String(workload['name'] ?? 'world')}!`;
    return { steps: [start({ greeting }), end({ greeting })] };
  }),
  sample('api_integration/amadeus_ai_api', 'Looks for flights', { query: '' }, (workload) => ({
    steps: amadeusSteps(workload),
  })),
  sample(
    'data/report',
    'Makes a report',
    { period: 'day' },
    ({ period = 'day' }) => ({
      steps: [start(), end({ period, rows: [{ day: 1, runs: 12 }], total: '320816801799737344' })],
    }),
    2,
  ),
  fixed('system/cleanup', 'Removes old executions', start(), end()),
  sample('regression_test/echo', 'Gives back its workload', {}, (workload) => ({
    steps: [start(), end({ workload })],
  })),
  fixed(
    'regression_test/recovers',
    'A step raises an error, and its policy takes care of it',
    { name: 'start', ms: 20, error: 'first step fails', handled: true },
    python('recover', { recovered: true, textOutput: 'recovered' }),
    end(),
  ),
  sample('regression_test/one_step', 'Has one step, and no event of its end', { name: 'Ada' }, ({ name = '' }) => ({
    steps: [start({ greeting: `Hi, ${String(name)}!` })],
  })),
  sample('regression_test/flicker', 'Seems to be over between its steps', {}, () => ({
    steps: [start({ first: true }, 300), python('second', { second: true }, 300), end({ whole: true })],
    // Longer than a poll: for this time the server reports that it is over (ADR 0010).
    gapMs: 400,
  })),
  fixed(
    'regression_test/large_result',
    'Has a result of 200 KB',
    start(),
    end({ text: 'lorem ipsum '.repeat(17_000), list: Array.from({ length: 100 }, (_, index) => index) }),
  ),
];
