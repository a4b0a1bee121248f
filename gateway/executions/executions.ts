import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { whenKnown } from '../../plugins/maybe-promise.ts';
import { type End, type ExecutionState, parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { createMask, type IsSecretName, noSecretNames } from '../../plugins/noetl/hidden-values.ts';
import type { JsonObject } from '../../plugins/noetl/json-object.ts';
import type { RootCall } from '../operations/root-call.ts';
import type { ExecutionDetail } from './execution-detail.ts';
import type { ExecutionGate } from './execution-gate.ts';
import { type Asking, missingExecution } from './execution-reads.ts';
import type { ExecutionWatcher } from './execution-watcher.ts';
import { createOutcomes, hidesErrors, type Outcome } from './outcomes.ts';
import type { ResultRules } from './result-rules.ts';
import { inOrder, workloadOf } from './run-event.ts';
import type { Taken } from './shared-looks.ts';
import type { Snapshot } from './snapshots.ts';
import { createWatchedExecutions, type WatchedExecutionsOptions } from './watched-executions.ts';

export interface ExecutionsOptions extends WatchedExecutionsOptions {
  readonly results: ResultRules;
  readonly isSecret: IsSecretName;
  /** Whether reasons of failures stay in NoETL. */
  readonly hideErrors: boolean;
}

/**
 * Reads executions. Access is the caller's matter, but for {@link Executions.allowed}. Throws ERR_UPSTREAM for "could
 * not find out".
 */
export interface Executions {
  /** The execution, shared with all who ask at the same time. @returns undefined: there is no such execution. */
  look(id: string, asking: Asking): Promise<Snapshot | undefined>;
  /** The execution as far as it is kept and over; without a call. */
  ended(id: string): Snapshot | undefined;
  /** The same for a caller who may see it. @throws ERR_NOT_FOUND alike for what is missing and what is hidden */
  allowed(call: RootCall, id: string, asking: Asking, gate: ExecutionGate): Promise<Snapshot>;
  /** The same, looked at just now: before something is done to it. */
  fresh(call: RootCall, id: string, asking: Asking, gate: ExecutionGate): Promise<Snapshot>;
  /** How it ended, for certain: waits up to some seconds for an end that is not confirmed. Undefined: it runs. */
  certainEnd(snapshot: Snapshot, asking: Asking): Promise<End | undefined>;
  /** Waits until the execution is over, or the time has passed. @returns the last look; undefined: there was no look. */
  waitForEnd(id: string, withinMs: number): Promise<Snapshot | undefined>;
  /** The newest executions as NoETL's list has them, shared by all who ask. Who may see one is the caller's matter. */
  newest(): Promise<ReadonlyMap<string, ExecutionDetail>>;
  /** Follows executions; who may see one is the matter of each that follows. */
  readonly watcher: ExecutionWatcher;
  /** Its result; read on the first use of each part. */
  outcome(snapshot: Snapshot, asking: Asking): Outcome;
  /**
   * The catalog path of an execution's playbook. Never remembered: a hidden execution must not answer faster than a
   * missing one.
   * @returns undefined: no such execution, or no path
   */
  pathOf(id: string, asking?: Asking): Promise<string | undefined>;
  /** Whether reasons of failures of the playbook on that path stay in NoETL. */
  hidesErrors(path: string | undefined): boolean;
  /** Its workload, the playbook's defaults included. @throws ERR_UPSTREAM when NoETL keeps nothing of it */
  workload(snapshot: Snapshot, asking: Asking): Promise<JsonObject>;
  /** The newest events, as on the wire, oldest first. */
  events(id: string, asking: Asking): Promise<readonly JsonObject[]>;
  /**
   * A copy of events or results of the playbook on that path with secrets masked by the config's rules; callback secrets
   * always.
   */
  masked(value: unknown, path: string | undefined): unknown;
  /** Something was done to the execution: what was seen of it no longer counts. */
  changed(id: string): void;
}

/** One for a process, since what it has seen is shared by all callers. It makes no call before it is asked. */
export function createExecutions(options: ExecutionsOptions): Executions {
  const { clock } = options;
  const { reads, looks, shared, watcher, certainEnd } = createWatchedExecutions(options);
  const outcomes = createOutcomes({ ...options, reads, keep: shared.keep, spent: shared.spent });
  const mask = createMask(options.isSecret);
  const maskShown = createMask(noSecretNames);

  return {
    look: async (id, asking) => (await shared.take(id, asking))?.snapshot,
    ended: shared.ended,
    allowed(call, id, asking, gate) {
      const shown = async (taken: Taken | undefined): Promise<Snapshot> => {
        if (taken !== undefined && (await gate(call, taken.snapshot.detail.path))) return taken.snapshot;
        // What is hidden takes as long as what is missing.
        if (taken?.isKept === true) await reads.detail(id, asking);
        throw noSuchExecution();
      };
      return whenKnown(shared.take(id, asking), shown);
    },
    async fresh(call, id, asking, gate) {
      const snapshot = await looks.take(id, asking);
      if (snapshot === undefined || !(await gate(call, snapshot.detail.path))) throw noSuchExecution();
      return snapshot;
    },
    certainEnd,
    waitForEnd: (id, withinMs) => waitForEnd(watcher, clock, id, withinMs),
    watcher,
    newest: () => shared.newest({}),
    outcome: outcomes.of,
    async pathOf(id, asking = {}) {
      const canonical = parseExecutionId(id);
      return canonical === undefined ? undefined : (await reads.detail(canonical, asking))?.path;
    },
    hidesErrors: (path) => hidesErrors(options, path),
    async workload({ detail }, asking) {
      const workload = detail.workload ?? workloadOf(await reads.oldestEvents(detail.id, asking));
      if (workload === undefined) {
        throw new GatewayError('ERR_UPSTREAM', 'NoETL did not report what the execution was started with');
      }
      return workload;
    },
    async events(id, asking) {
      const { events } = await reads.withEvents(id, 500, asking);
      return inOrder(events);
    },
    masked: (value, path) => (options.results(path).secrets === 'shown' ? maskShown : mask)(value),
    changed: shared.forget,
  };
}

function waitForEnd(
  watcher: ExecutionWatcher,
  clock: Clock,
  id: string,
  withinMs: number,
): Promise<Snapshot | undefined> {
  const until = clock() + withinMs;
  return new Promise((resolve, reject) => {
    let last: Snapshot | undefined;
    const done = (snapshot: Snapshot | undefined) => {
      clearTimeout(timer);
      stop();
      resolve(snapshot);
    };
    const timer = setTimeout(() => done(last), withinMs);
    let stop = () => {};
    try {
      stop = watcher.follow(id, (snapshot) => {
        last = snapshot;
        if (snapshot === undefined || snapshot.over !== undefined || clock() >= until) done(snapshot);
      });
    } catch (error) {
      clearTimeout(timer);
      reject(error);
    }
  });
}

/** An execution runs until its end is certain (ADR 0010), even if NoETL reports another state. */
export const stateOf = ({ over }: Snapshot): ExecutionState => over?.end ?? 'RUNNING';

/** Hidden and missing read the same. */
export const noSuchExecution = (): GatewayError => new GatewayError('ERR_NOT_FOUND', missingExecution);

/** @throws ERR_REQUEST_INVALID, without a call */
export function executionIdOf(value: unknown): string {
  const id = parseExecutionId(value);
  if (id === undefined) throw new GatewayError('ERR_REQUEST_INVALID', 'this is not the id of an execution');
  return id;
}

/** The protocol names a playbook by the last segment of its path. */
export const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
