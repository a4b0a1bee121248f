type Workload = Readonly<Record<string, unknown>>;

/** One step of a sample playbook: how long it works, and what comes of it. */
export interface ScriptStep {
  readonly name: string;
  readonly ms: number;
  readonly result?: unknown;
  /** The step fails with this text. */
  readonly error?: string;
  /** The playbook goes on after the failure, and is not failed by it. */
  readonly handled?: boolean;
  /** The playbook goes on after the failure, and ends failed. */
  readonly continues?: boolean;
}

export interface Script {
  readonly steps: readonly ScriptStep[];
  /** Milliseconds between two steps, in which the server believes the run to be over. Default 12. */
  readonly gapMs?: number;
  /** The server never writes that the run has ended. */
  readonly noTerminalEvent?: boolean;
}

/** A playbook that the stand-in knows. */
export interface SamplePlaybook {
  readonly path: string;
  readonly version: number;
  readonly description: string;
  readonly workload: Workload;
  readonly script: (workload: Workload) => Script;
}

const end = (result: unknown = { status: 'complete' }): ScriptStep => ({ name: 'end', ms: 5, result });
const work = (ms = 20, result: unknown = { status: 'ok' }): ScriptStep => ({ name: 'start', ms, result });

const seconds = (workload: Workload, fallback: number): number => {
  const asked = workload['seconds'];
  return typeof asked === 'number' && asked >= 0 && asked <= 600 ? asked : fallback;
};

function sample(
  path: string,
  description: string,
  workload: Workload,
  script: SamplePlaybook['script'],
  version = 1,
): SamplePlaybook {
  return { path, version, description, workload, script };
}

/** The playbooks of a fresh stand-in. */
export const samplePlaybooks: readonly SamplePlaybook[] = [
  sample('regression_test/hello_world', 'Says hello', { name: 'world' }, (workload) => {
    const greeting = `Hello, ${String(workload['name'] ?? 'world')}!`;
    return { steps: [work(20, { greeting }), end({ status: 'complete', greeting })] };
  }),
  sample('api_integration/amadeus_ai_api', 'Looks for flights', { query: '' }, (workload) => {
    const textOutput = `3 flights found for: ${String(workload['query'] ?? '')}`;
    const flights = [{ number: 'XX 101', stops: 0, price: { amount: '129.00', currency: 'USD' } }];
    return { steps: [work(60), { name: 'search', ms: 120, result: { flights } }, end({ textOutput, flights })] };
  }),
  sample(
    'data/report',
    'Makes a report',
    { period: 'day' },
    (workload) => ({
      steps: [
        work(30),
        end({
          period: workload['period'] ?? 'day',
          rows: [{ day: 1, runs: 12 }],
          total: 320816801799737344n.toString(),
        }),
      ],
    }),
    2,
  ),
  sample('system/cleanup', 'Removes old executions', {}, () => ({ steps: [work(), end()] })),
  sample('regression_test/echo', 'Gives back its workload', {}, (workload) => ({ steps: [work(), end({ workload })] })),
  sample('regression_test/slow', 'Takes its time', { seconds: 8 }, (workload) => ({
    steps: [work(seconds(workload, 8) * 1_000, { slept: seconds(workload, 8) }), end()],
  })),
  sample('regression_test/failing', 'Fails, and goes on to its end', { why: 'boom' }, (workload) => ({
    steps: [
      { name: 'start', ms: 20, error: `deliberate failure: ${String(workload['why'] ?? 'boom')}`, continues: true },
      end(),
    ],
  })),
  sample('regression_test/failing_alone', 'Fails in its only step', {}, () => ({
    steps: [{ name: 'start', ms: 20, error: 'single step failure' }],
  })),
  sample('regression_test/recovers', 'A step fails, the playbook does not', {}, () => ({
    steps: [
      { name: 'start', ms: 20, error: 'first step fails', handled: true },
      { name: 'recover', ms: 20, result: { recovered: true } },
      end(),
    ],
  })),
  sample('regression_test/one_step', 'Has one step and no end event', { name: 'Ada' }, (workload) => ({
    steps: [work(20, { greeting: `Hi, ${String(workload['name'] ?? '')}!` })],
    noTerminalEvent: true,
  })),
  sample('regression_test/flicker', 'Seems to be over between its steps', {}, () => ({
    steps: [work(300), { name: 'second', ms: 300, result: { second: true } }, end({ status: 'complete', whole: true })],
    gapMs: 400,
  })),
  sample('regression_test/large_result', 'Has a result of 200 KB', {}, () => ({
    steps: [
      work(),
      end({ text: 'lorem ipsum '.repeat(17_000), list: Array.from({ length: 100 }, (_, index) => index) }),
    ],
  })),
];
