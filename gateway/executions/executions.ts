import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { type End, parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import type { ErrorView } from '../../plugins/noetl/failure-text.ts';
import { createMask, type IsSecretName, noSecretNames, secretNames } from '../../plugins/noetl/hidden-values.ts';
import type { JsonObject } from '../../plugins/noetl/json-object.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import { type DecisionReport, reportDecision } from '../../plugins/noetl-auth/access/report-decision.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Upstream } from '../../plugins/ports.ts';
import type { Asking, RootCall } from '../calls/root-fields.ts';
import { ExecutionCache } from './execution-cache.ts';
import { holdMs, type Snapshot, Snapshots } from './execution-end.ts';
import { ExecutionReads, type ExecutionRows, missingExecution } from './execution-read.ts';
import {
  compileResultRules,
  type ErrorRule,
  errorViewOf,
  Outcome,
  type OutcomeOptions,
  type ResultRules,
} from './execution-result.ts';
import { ExecutionWatcher } from './execution-watch.ts';
import { schedule } from './poll-schedule.ts';
import { inOrder, workloadOf } from './run-event.ts';

export interface ExecutionsOptions {
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** Waits between two snapshots, milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Where executions live upstream, for example `/api/executions`. */
  readonly basePath: string;
  /** Bound of what is held of finished executions, bytes. */
  readonly keepBytes: number;
  /** How old an answer about a running execution may be, milliseconds. */
  readonly staleMs: number;
  /** Executions that are watched at a time. */
  readonly maxWatches: number;
  /** Default: no rules. */
  readonly results?: ResultRules;
  readonly isSecret?: IsSecretName;
  /** How errors are shown. Default `shown`. */
  readonly errors?: ErrorRule;
}

/**
 * The executions of NoETL, by one rule for everything that has to know whether they are over (ADR 0010): fields, results
 * for clients, and the gateway's own auth playbooks. One for a process, since what was read is shared by all callers; who
 * may see it is each caller's matter, but for {@link readAllowed}. It makes no call before it is asked, and throws
 * ERR_UPSTREAM for "could not find out".
 */
export class Executions {
  /** Follows executions; who may see one is the matter of each that follows. */
  readonly watcher: ExecutionWatcher;
  readonly #options: ExecutionsOptions;
  readonly #reads: ExecutionReads;
  readonly #snapshots: Snapshots;
  readonly #cache: ExecutionCache;
  readonly #outcomes = new WeakMap<Snapshot, Outcome>();
  readonly #outcomeOptions: OutcomeOptions;
  readonly #mask: (value: unknown) => unknown;

  constructor(options: ExecutionsOptions) {
    const { clock, pause, keepBytes, staleMs, maxWatches, isSecret = secretNames() } = options;
    const reads = new ExecutionReads(options.upstream, clock, options.basePath);
    const snapshots = new Snapshots(reads, clock);
    const cache = new ExecutionCache({ reads, snapshots, clock, maxBytes: keepBytes, staleMs });
    const firstPauseMs = Math.max(schedule.watch.shortestMs, staleMs);
    this.watcher = new ExecutionWatcher({ cache, pause, firstPauseMs, maxWatches });
    this.#options = options;
    this.#reads = reads;
    this.#snapshots = snapshots;
    this.#cache = cache;
    this.#mask = createMask(isSecret);
    this.#outcomeOptions = {
      ...{ reads, isSecret, results: options.results ?? compileResultRules(), errors: options.errors ?? 'shown' },
      count: (snapshot, bytes) => cache.count(snapshot, bytes),
      spent: (snapshot, calls) => cache.spent(snapshot, calls),
    };
  }

  /** The execution, shared with all who ask at the same time. @returns undefined: there is no such execution. */
  async read(id: string, asking: Asking): Promise<Snapshot | undefined> {
    return (await this.#cache.read(id, asking))?.snapshot;
  }

  /** The same, read from NoETL now. */
  readNow(id: string, asking: Asking): Promise<Snapshot | undefined> {
    return this.#snapshots.take(id, asking);
  }

  /** The execution as far as it is known to be over; without a call. */
  finished(id: string): Snapshot | undefined {
    return this.#cache.finished(id);
  }

  /** {@link read} for a caller who may see it. @throws ERR_NOT_FOUND alike for what is missing and what is hidden */
  async readAllowed(call: RootCall, id: string, asking: Asking, gate: ExecutionGate): Promise<Snapshot> {
    const found = await this.#cache.read(id, asking);
    if (found !== undefined && (await gate(call, found.snapshot.detail.path))) return found.snapshot;
    // What is hidden takes as long as what is missing.
    if (found?.isNew === false) await this.#reads.detail(id, asking);
    throw noSuchExecution();
  }

  /** {@link readNow} for a caller who may see it: before something is done to it. @throws ERR_NOT_FOUND */
  async readAllowedNow(call: RootCall, id: string, asking: Asking, gate: ExecutionGate): Promise<Snapshot> {
    const snapshot = await this.readNow(id, asking);
    if (snapshot === undefined || !(await gate(call, snapshot.detail.path))) throw noSuchExecution();
    return snapshot;
  }

  /** How it ended, for certain: waits up to some seconds for an end that is not confirmed. Undefined: it runs. */
  async certainEnd(snapshot: Snapshot, asking: Asking): Promise<End | undefined> {
    let last: Snapshot | undefined = snapshot;
    // Up to twice as long as an end that is only inferred is held back.
    for (let waits = 0; last?.isSettling === true && waits <= 2 * (holdMs / schedule.certainMs); waits += 1) {
      await this.#options.pause(schedule.certainMs);
      last = await this.readNow(snapshot.detail.id, asking);
    }
    return last?.over?.end;
  }

  /** Waits until the execution is over, or the time has passed. @returns the last snapshot; undefined: there was none. */
  waitForEnd(id: string, withinMs: number): Promise<Snapshot | undefined> {
    return this.watcher.waitForEnd(id, withinMs, this.#options.clock);
  }

  /** The newest executions as NoETL's list has them, shared by all who ask. */
  newest(): Promise<ExecutionRows> {
    return this.#cache.newest({});
  }

  /** What it resulted in; all who ask about one snapshot share it. */
  outcome(snapshot: Snapshot, asking: Asking): Outcome {
    const outcome = this.#outcomes.get(snapshot) ?? new Outcome(snapshot, asking, this.#outcomeOptions);
    this.#outcomes.set(snapshot, outcome);
    return outcome;
  }

  /**
   * The catalog path of an execution's playbook. Never remembered: a hidden execution must not answer faster than a
   * missing one.
   * @returns undefined: no such execution, or no path
   */
  async pathOf(id: string, asking: Asking = {}): Promise<string | undefined> {
    const canonical = parseExecutionId(id);
    return canonical === undefined ? undefined : (await this.#reads.detail(canonical, asking))?.path;
  }

  /** How a caller with these roles reads errors of the playbook on that path. */
  errorView(path: string | undefined, roles: readonly string[] = []): ErrorView {
    return errorViewOf(this.#outcomeOptions, path, roles);
  }

  /** Its workload, the playbook's defaults included. @throws ERR_UPSTREAM when NoETL has nothing of it */
  async workload({ detail }: Snapshot, asking: Asking): Promise<JsonObject> {
    const workload = detail.workload ?? workloadOf(await this.#reads.oldestEvents(detail.id, asking));
    if (workload !== undefined) return workload;
    throw new GatewayError('ERR_UPSTREAM', 'NoETL did not report what the execution was started with');
  }

  /** The newest events, as on the wire, oldest first. */
  async events(id: string, asking: Asking): Promise<readonly JsonObject[]> {
    return inOrder((await this.#reads.withEvents(id, 500, asking)).events);
  }

  /**
   * A copy of events or results of the playbook on that path with secrets masked by the config's rules; callback secrets
   * always.
   */
  masked(value: unknown, path: string | undefined): unknown {
    const isShown = this.#outcomeOptions.results(path).secrets === 'shown';
    return (isShown ? createMask(noSecretNames) : this.#mask)(value);
  }

  /** Something was done to the execution: what was read of it no longer counts. */
  changed(id: string): void {
    this.#cache.forget(id);
  }
}

/** Hidden and missing read the same. */
export const noSuchExecution = (): GatewayError => new GatewayError('ERR_NOT_FOUND', missingExecution);

/** @throws ERR_REQUEST_INVALID, without a call */
export function executionIdOf(value: unknown): string {
  const id = parseExecutionId(value);
  if (id === undefined) throw new GatewayError('ERR_REQUEST_INVALID', 'this is not the id of an execution');
  return id;
}

/**
 * Whether a root field may show the execution whose playbook is on that path. A decision that waits for the path is
 * taken here, and reported; without a path in normal form it denies. @throws when it cannot find out
 */
export type ExecutionGate = (call: RootCall, path: string | undefined) => Promise<boolean>;

/**
 * One gate for every field that shows executions, GraphQL and `/noetl` alike.
 * @param observe receives each decision that is made here, for the audit log
 * @param reserved paths whose executions no role sees, whatever rule a field has: they contain session tokens
 */
export function createExecutionGate(observe: Observe, reserved: ReadonlySet<string>): ExecutionGate {
  return async (call, path) => {
    const { decision, context } = call;
    if (path !== undefined && reserved.has(path)) {
      report(observe, call, path, { outcome: 'denied', reason: 'reserved' });
      return false;
    }
    // A rule that has decided before the call, for example on a role, has been reported then.
    if (decision.outcome === 'allowed') return true;
    if (path === undefined || parsePlaybookPath(path) === undefined) return false;
    try {
      const verdict = await context.judgeOnExecution(decision.permission, path);
      const { allowed, grant } = verdict;
      report(observe, call, path, {
        ...(allowed ? { outcome: 'allowed' } : { outcome: 'denied', reason: verdict.why }),
        grant,
      });
      return verdict.allowed;
    } catch (error) {
      // A check that cannot decide is an error, and never a refusal that a caller could take for a missing execution.
      report(observe, call, path, { outcome: 'backend_error' });
      throw error;
    }
  };
}

type Found = Pick<DecisionReport, 'outcome' | 'reason'> & { readonly grant?: DecisionReport['grant'] };

function report(
  observe: Observe,
  { decision, context, root }: RootCall,
  path: string,
  { outcome, grant, reason }: Found,
): void {
  reportDecision(observe, {
    outcome,
    field: decision.field,
    root,
    user: context.caller.session.user,
    permission: decision.outcome === 'onAnswer' ? decision.permission : undefined,
    path,
    grant,
    reason,
    requestId: context.requestId,
  });
}
