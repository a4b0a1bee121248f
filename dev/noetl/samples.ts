import { rawNumber } from '../../plugins/json/lossless-json.ts';
import type { PlaybookScript, PlaybookStep } from './executions.ts';

type Workload = Readonly<Record<string, unknown>>;

/** A playbook that the stand-in knows. */
export interface SamplePlaybook {
  readonly path: string;
  readonly version: number;
  readonly description: string;
  /** Its defaults. */
  readonly workload: Workload;
  /** @param workload with the defaults */
  readonly script: (workload: Workload) => PlaybookScript;
}

/** The step with which most playbooks end. */
export const end = (result: unknown = { status: 'complete' }): PlaybookStep => ({ name: 'end', ms: 5, result });

/** A python step. */
export const python = (name: string, result: unknown, ms = 20): PlaybookStep => ({ name, ms, result });

/** A playbook; `steps` get the workload that an execution was started with. */
export function sample(
  path: string,
  description: string,
  workload: Workload,
  steps: (workload: Workload) => readonly PlaybookStep[],
  version = 1,
): SamplePlaybook {
  return { path, version, description, workload, script: (given) => ({ steps: steps(given) }) };
}

/** A playbook of the regression tests whose steps do not depend on the workload. */
const fixed = (name: string, description: string, ...steps: readonly PlaybookStep[]): SamplePlaybook =>
  sample(`regression_test/${name}`, description, {}, () => steps);

const start = (result: unknown = { ok: true }, ms = 20): PlaybookStep => python('start', result, ms);

/** Seconds of a workload, within 0 to 600. */
function secondsOf({ seconds }: Workload, fallback: number): number {
  return typeof seconds === 'number' && seconds >= 0 && seconds <= 600 ? seconds : fallback;
}

/** The example of the protocol: a search whose summary is stored in the database before a step that only ends it. */
function amadeusSteps({ query }: Workload): readonly PlaybookStep[] {
  const flights = [{ number: 'XX 101', stops: 0, price: { amount: '129.00', currency: 'USD' } }];
  const summary = { summary_text: `3 flights found for: ${String(query ?? '')}`, amadeus_query_json: '{}' };
  // PostgreSQL's driver counts no rows for DDL.
  const created = { message: 'Command executed. -1 rows affected.', row_count: -1 };
  const inserted = { message: 'Command executed. 1 rows affected.', row_count: 1 };
  const create = 'CREATE TABLE IF NOT EXISTS results (text TEXT);';
  const insert = 'INSERT INTO results …;';
  return [
    { name: 'start', ms: 20, tool: 'postgres', result: created, code: create },
    python('search', { flights }, 60),
    python('extract_summary', summary, 60),
    { name: 'persist_result', ms: 20, tool: 'postgres', result: inserted, code: insert, skips: 'send_callback' },
    { name: 'end', ms: 5, tool: 'noop' },
  ];
}

/** A query whose rows have ids beyond 2^53 and text beyond ASCII: what a gateway loses first. */
function query(rows: number): PlaybookStep {
  const row = (n: number) => ({
    id: rawNumber((9_007_199_254_740_993n + BigInt(n)).toString()),
    name: `Zoë ${n + 1}`,
    price: 12.34,
    doc: { a: [1, 2] },
  });
  const result = { columns: ['id', 'name', 'price', 'doc'], rows: Array.from({ length: rows }, (_, n) => row(n)) };
  return { name: 'start', ms: 30, tool: 'postgres', code: 'SELECT id, name, price, doc FROM customers;\n', result };
}

// About 200 KB: above what the servers keep in an event.
const lines = Array.from({ length: 2_000 }, (_, line) => ({ line, text: 'lorem ipsum '.repeat(8) }));
const secrets = { access_token: 'abc123secret', password: 'hunter2', api_key: 'k-1', user: 'ada' };

/** The playbooks of a fresh stand-in: for watching, one for each kind of result, and for each way to end or to fail. */
export const samplePlaybooks: readonly SamplePlaybook[] = [
  sample('regression_test/hello_world', 'Says hello', { name: 'world' }, ({ name = 'world' }) => {
    const greeting = `Hello, ${String(name)}!`;
    return [start({ greeting }), end({ greeting })];
  }),
  sample('api_integration/amadeus_ai_api', 'Looks for flights', { query: '' }, amadeusSteps),
  sample(
    'data/report',
    'Makes a report',
    { period: 'day' },
    ({ period = 'day' }) => [start(), end({ period, rows: [{ day: 1, runs: 12 }], total: '320816801799737344' })],
    2,
  ),
  sample('system/cleanup', 'Removes old executions', {}, () => [start(), end()]),
  sample('regression_test/echo', 'Gives back its workload', {}, (workload) => [start(), end({ workload })]),
  sample('regression_test/slow', 'Takes its time', { seconds: 8 }, (workload) => {
    const slept = secondsOf(workload, 8);
    return [start({ slept }, slept * 1_000), end()];
  }),
  sample('regression_test/live', 'Four steps that can be watched', { seconds: 6 }, (workload) => {
    const ms = (secondsOf(workload, 6) * 1_000) / 4;
    return [
      start({ offers: 12 }, ms),
      python('compare', { cheapest: 'XX 101' }, ms),
      python('book', { reference: 'ABC123', seats: ['12A', '12B'] }, ms),
      python('notify', { summary: 'Your flight XX 101 is booked.' }, ms),
      end(),
    ];
  }),
  fixed(
    'big_integers',
    'Integers that no double can hold',
    start({ id: rawNumber('9223372036854775807'), id2: rawNumber('9007199254740993') }),
    end(),
  ),
  fixed('large_step', 'A step before the end gives 200 KB', start({ lines, total: 2_000 }), end()),
  fixed('large_last', 'The last step gives 200 KB', start(), end({ lines, total: 2_000 })),
  fixed(
    'large_result',
    'Has a result of 200 KB',
    start(),
    end({ text: 'lorem ipsum '.repeat(17_000), list: Array.from({ length: 100 }, (_, index) => index) }),
  ),
  fixed('rows_40', 'A query gives 40 rows', query(40), end()),
  fixed('result_number', 'The result is a number', start(), python('final', 42)),
  fixed('result_text', 'The result is text', start(), python('final', 'just text')),
  fixed('result_none', 'A result of None', start(), python('final', null)),
  fixed('secret', 'A result with secrets', { ...start(secrets), code: `result = ${JSON.stringify(secrets)}\n` }, end()),
  sample('regression_test/one_step', 'Has one step, and no event of its end', { name: 'Ada' }, ({ name = '' }) => [
    start({ greeting: `Hi, ${String(name)}!` }),
  ]),
  {
    ...fixed('flicker', 'Seems to be over between its steps'),
    script: () => ({
      steps: [start({ first: true }, 300), python('second', { second: true }, 300), end({ whole: true })],
      // Longer than a poll: for this time the server reports that it is over (ADR 0010).
      gapMs: 400,
    }),
  },
  sample('regression_test/failing', 'Fails, and goes on to its end', { why: 'boom' }, ({ why = 'boom' }) => [
    { name: 'start', ms: 20, error: `deliberate failure: ${String(why)}`, continues: true },
    end(),
  ]),
  fixed('failing_alone', 'Fails in its only step', { name: 'start', ms: 20, error: 'single step failure' }),
  sample('regression_test/fail_then_work', 'A step fails while another still works', { seconds: 4 }, (workload) => [
    { name: 'start', ms: 20, error: 'first step fails', continues: true },
    python('cleanup', { cleaned: true, textOutput: 'cleaned up' }, secondsOf(workload, 4) * 1_000),
    end(),
  ]),
  fixed(
    'recovers',
    'A step raises an error, and its policy handles it',
    { ...start({ _prev: null, status: 'break' }), list: true },
    python('recover', { recovered: true, textOutput: 'recovered' }),
    end(),
  ),
];
