/** How playbooks of the tests are written, and what an app must get of them. */

export interface Step {
  readonly name: string;
  /** Lines of Python, or a whole `tool` block by its YAML lines. */
  readonly python?: readonly string[];
  readonly tool?: readonly string[];
  readonly loop?: readonly string[];
  /** The steps that follow; else the next one. */
  readonly to?: readonly string[];
}

function playbook(path: string, workload: string, steps: readonly Step[]): string {
  const body = steps.map((step, index) => {
    const next = step.to ?? steps.slice(index + 1, index + 2).map(({ name }) => name);
    return [
      `  - step: ${step.name}`,
      ...(step.loop ?? []).map((line) => `    ${line}`),
      ...(step.python === undefined ? [] : ['    tool:', '      kind: python', '      code: |']),
      ...(step.python ?? []).map((line) => `        ${line}`),
      ...(step.tool ?? []).map((line) => `    ${line}`),
      ...(next.length === 0
        ? []
        : ['    next:', `      spec: {mode: ${next.length > 1 ? 'inclusive' : 'exclusive'}}`, '      arcs:']),
      ...next.map((name) => `        - step: ${name}`),
    ].join('\n');
  });
  const name = path.slice(path.lastIndexOf('/') + 1);
  return `apiVersion: noetl.io/v2\nkind: Playbook\nmetadata: {name: ${name}, path: ${path}}\nworkload: {${workload}}\nworkflow:\n${body.join('\n')}\n`;
}

export const start: Step = { name: 'start', python: ['result = {"ok": True}'] };
export const end: Step = { name: 'end', python: ['result = {"status": "complete"}'] };
export const python = (name: string, ...lines: readonly string[]): Step => ({ name, python: lines });
export const sql = (name: string, query: string): Step => ({
  name,
  tool: ['tool:', '  kind: postgres', '  auth: pg_local', '  command: |', `    ${query}`],
});

/** What is compared; `result` as a subset. */
export interface Expected {
  readonly status?: string;
  readonly result?: unknown;
  readonly step?: string | null | undefined;
  readonly text?: string | null;
  readonly failure?: {
    readonly step: string;
    readonly message: string;
    readonly code?: string;
    readonly httpStatus?: number;
    readonly retryable?: boolean;
  } | null;
  /** The error of a step, whatever came of the execution. */
  readonly stepError?: { readonly name: string; readonly status: string; readonly error: string } | undefined;
  /** The result of a step, whatever came of the execution. */
  readonly stepResult?: { readonly name: string; readonly result: unknown } | undefined;
  /** Every step with its state, in order. */
  readonly steps?: readonly string[] | undefined;
  /** Text that is in the raw answer, for numbers that JavaScript cannot hold. */
  readonly raw?: string | undefined;
  /** Code of the error at `result`. */
  readonly code?: string | undefined;
  /** What differs on the Rust server. */
  readonly rust?: Partial<Expected>;
  /** NoETL cannot store the result: some releases never end the run, and some hardly go on afterwards. */
  readonly isUnstorable?: boolean;
}

export interface Case {
  readonly path: string;
  /** In words, for the table of the docs. */
  readonly produces: string;
  readonly source: string;
  readonly expected: Expected;
}

export const one = (
  name: string,
  produces: string,
  steps: readonly Step[],
  expected: Expected,
  workload = 'n: 3',
): Case => {
  const path = `results/${name}`;
  return { path, produces, source: playbook(path, workload, steps), expected };
};

/** The Rust server goes on after a step that raised, and completes. */
export const goesOn: Partial<Expected> = { status: 'COMPLETED', failure: null };
