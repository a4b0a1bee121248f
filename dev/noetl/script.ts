type Workload = Readonly<Record<string, unknown>>;

/** A sub-playbook that a step starts. */
export interface ScriptChild {
  readonly path: string;
  readonly workload: Workload;
  /** The step waits for the child and returns the child's `/status` (`return_step` of NoETL). */
  readonly returns?: boolean;
}

/** One step of a sample playbook: how long it works, and its result. */
export interface ScriptStep {
  readonly name: string;
  /** Milliseconds of work; of each iteration in a loop. */
  readonly ms: number;
  /** The kind of its tool. Default `python`. */
  readonly tool?: 'python' | 'postgres' | 'noop' | 'playbook';
  /** What a python step produced, or the rows of a postgres step. */
  readonly result?: unknown;
  /** The source of the tool, as the events of the step show it. */
  readonly code?: string;
  /** The step is written in list form: its `tool` is a list of tasks; this is the name of the task. */
  readonly list?: string;
  /** The values that a loop goes through; `each` gives the result of one iteration. */
  readonly loop?: {
    readonly iterator: string;
    readonly items: readonly unknown[];
    readonly each: (item: unknown) => unknown;
  };
  readonly child?: ScriptChild;
  /** A step that an arc of this one leads to, and whose condition does not hold. */
  readonly skips?: string;
  /** The step raises an error with this text. */
  readonly error?: string;
  /** A policy of the step takes care of the error: the execution goes on and does not fail. */
  readonly handled?: boolean;
  /** The execution goes on after the error, and ends failed. Without it the error ends the execution. */
  readonly continues?: boolean;
  /** The worker dies at the start of the step; after this many milliseconds another worker runs it again. */
  readonly workerDiesMs?: number;
}

/** What an execution does, step by step. */
export interface Script {
  readonly steps: readonly ScriptStep[];
  /** Milliseconds that the events of a step's end wait for the engine. Default 5. */
  readonly gapMs?: number;
}

/** A playbook that the stand-in knows. */
export interface SamplePlaybook {
  readonly path: string;
  readonly version: number;
  readonly description: string;
  readonly workload: Workload;
  readonly script: (workload: Workload) => Script;
}
