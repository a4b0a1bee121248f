import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../plugins/errors.ts';
import { compilePattern } from '../../plugins/noetl-auth/access/pattern.ts';
import { visiblePaths } from '../../plugins/noetl-auth/access/playbook-path.ts';
import type { RootCall } from '../calls/root-fields.ts';
import type { SubscriptionRow } from '../config/gateway-config.ts';
import { snapshotBytes } from './execution-cache.ts';
import { type Snapshot, stateOf } from './execution-end.ts';
import type { ExecutionDetail } from './execution-read.ts';
import { stepsOf } from './execution-steps.ts';
import { childFailures, executionView } from './execution-views.ts';
import { type ExecutionGate, type Executions, executionIdOf, noSuchExecution } from './executions.ts';
import { decodeRunEvents } from './run-event.ts';

/** One event of a stream: answers the field, or throws what the caller reads as its error. */
export type Update = () => unknown;

export interface UpdatesOptions {
  readonly executions: Executions;
  readonly gate: ExecutionGate;
  readonly maxResultBytes: number;
  /** Distinct paths that are judged for one read of the list; rows beyond are left out. Absent: all. */
  readonly maxPathsPerAnswer?: number | undefined;
}

/** Opens the stream of a root field. @throws what the caller reads as the error of the whole subscription */
export type OpenUpdates = (call: RootCall) => Promise<AsyncIterable<Update>>;

/**
 * Streams of `executionUpdates` (one execution) and `executionsUpdates` (the list). What ends a stream before its time
 * is its last event, which the caller reads as an error of the field.
 */
export function openUpdates(row: SubscriptionRow<string>, options: UpdatesOptions): OpenUpdates {
  if (row.watch !== 'execution') return async (call) => untilLeft((left) => listUpdates(call, options, left));
  return async (call) => {
    const { requestId, caller } = call.context;
    const id = executionIdOf(call.decision.args['id']);
    const asking = { requestId, user: caller.session.user };
    await options.executions.readAllowed(call, id, asking, options.gate);
    return untilLeft((left) => executionUpdates(call, id, options, left));
  };
}

/** A stream whose only event is an error. */
export async function* failingStream(error: unknown): AsyncGenerator<Update> {
  yield () => {
    throw error;
  };
}

/** A stream that ends at once when its reader leaves, not only after the next event. */
function untilLeft(open: (left: AbortSignal) => AsyncGenerator<Update>): AsyncIterable<Update> {
  const left = new AbortController();
  const updates = endingWithError(open(left.signal));
  const iterator: AsyncIterator<Update> = {
    next: () => updates.next(),
    return(value) {
      left.abort();
      return updates.return(value);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function* endingWithError(updates: AsyncGenerator<Update>): AsyncGenerator<Update> {
  try {
    yield* updates;
  } catch (error) {
    yield* failingStream(error);
  }
}

// No caller's name: the snapshot is shared, so no user pays for what is read for it.
const updateOf =
  (snapshot: Snapshot, call: RootCall, { executions, maxResultBytes, gate }: UpdatesOptions): Update =>
  () =>
    executionView(snapshot, () => executions.outcome(snapshot, {}), maxResultBytes, {
      roles: call.context.caller.session.user.roles,
      childFailure: childFailures(call, executions, gate, {}),
    });

/** The session of a stream is checked again after this, milliseconds. */
const checkMs = 5_000;

/** Each change of status or of a step, then the end. Session and right are asked for each time, and between two events. */
async function* executionUpdates(
  opened: RootCall,
  id: string,
  options: UpdatesOptions,
  left: AbortSignal,
): AsyncGenerator<Update> {
  let call = opened;
  let path: string | undefined;
  for await (const snapshot of changesOf(id, options.executions, left)) {
    if (snapshot === 'idle') {
      call = (await renewedIfKnown(call)) ?? call;
      if (await maySee(call, path)) continue;
      throw noSuchExecution();
    }
    call = await renewedCall(call);
    if (snapshot === 'gone' || !(await options.gate(call, snapshot.detail.path))) throw noSuchExecution();
    path = snapshot.detail.path;
    yield updateOf(snapshot, call, options);
  }
}

/** Changes that wait for a caller that reads slowly; beyond, it gets the newest one. */
const maxWaiting = 64;
/** Of those changes, with the events that they were found by. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** Changes of an execution. `idle`: none for a while; `gone`: it has vanished. */
async function* changesOf(
  id: string,
  { watcher }: Executions,
  left: AbortSignal,
): AsyncGenerator<Snapshot | 'idle' | 'gone'> {
  const queue = createUpdateQueue<Snapshot | 'gone'>(maxWaiting, maxWaitingBytes);
  const isChange = createChangeFilter();
  const stop = watcher.follow(
    id,
    (snapshot) => {
      if (snapshot === undefined) queue.put('gone');
      else if (isChange(snapshot)) queue.put(snapshot, bytesOf(snapshot));
      if (snapshot === undefined || snapshot.over !== undefined) queue.end();
    },
    'steps',
  );
  left.addEventListener('abort', queue.end, { once: true });
  try {
    for (let next = await queue.next(checkMs); next !== undefined; next = await queue.next(checkMs)) {
      yield next === 'idle' ? next : next.value;
    }
  } finally {
    stop();
  }
}

const counted = new WeakMap<Snapshot, number>();

/** A snapshot is shared by many streams, and counted once. */
function bytesOf(snapshot: Snapshot): number {
  const bytes = counted.get(snapshot) ?? snapshotBytes(snapshot);
  counted.set(snapshot, bytes);
  return bytes;
}

/** Whether a stream that has nothing to show may go on; not reported, since nothing is shown. */
async function maySee({ decision, context }: RootCall, path: string | undefined): Promise<boolean> {
  if (decision.outcome === 'allowed' || path === undefined) return true;
  return context.mayOnExecution(decision.permission, path).catch(() => true);
}

/** Whether a snapshot shows something that none before it has shown: a status, or the status of a step. */
function createChangeFilter(): (snapshot: Snapshot) => boolean {
  const shown = new Map<string, string>();
  return (snapshot) => {
    const { newest } = snapshot.sources;
    // Without events the steps are not known; the next snapshot has them.
    if (snapshot.over === undefined && newest === undefined) return false;
    const steps = newest === undefined ? [] : stepsOf(decodeRunEvents(newest.events));
    const states = [
      ['', stateOf(snapshot)] as const,
      ...steps.map(({ name, status, attempts }) => [name, `${status} ${attempts}`] as const),
    ];
    const changes = states.filter(([name, state]) => shown.get(name) !== state);
    for (const [name, state] of changes) shown.set(name, state);
    return changes.length > 0;
  };
}

/** Between two reads of the list, which all streams share, milliseconds. */
const listMs = 1_000;
/** Running executions that are read for each read of the list: NoETL's list never shows some of their ends. */
const maxReads = 8;

/** Executions that begin, and those that end, from now on. Session and rights are asked for at each read. */
async function* listUpdates(opened: RootCall, options: UpdatesOptions, left: AbortSignal): AsyncGenerator<Update> {
  const isWanted = pathFilter(opened.decision.args['path']);
  const states = new Map<string, string>();
  let call = opened;
  let isFirst = true;
  for (; !left.aborted; await sleep(listMs, undefined, { signal: left }).catch(() => {})) {
    const renewed = await renewedIfKnown(call);
    const rows = renewed && (await options.executions.newest().catch(() => undefined));
    if (renewed === undefined || rows === undefined) continue;
    call = renewed;
    const visible = await visibleRows([...rows.values()].filter(isWanted), call, options);
    const changed = await changedStates(visible, states, options.executions);
    // What was there before is no change; what runs is followed.
    if (!isFirst) yield* changed.map((snapshot) => updateOf(snapshot, renewed, options));
    for (const id of states.keys()) if (!rows.has(id)) states.delete(id);
    isFirst = false;
  }
}

async function visibleRows(
  rows: readonly ExecutionDetail[],
  { context }: RootCall,
  { maxPathsPerAnswer }: UpdatesOptions,
): Promise<readonly ExecutionDetail[]> {
  // Where it cannot be found out, a row is not shown.
  const may = (path: string) => context.mayOnExecution('view', path).catch(() => false);
  const paths = await visiblePaths(
    rows.map(({ path }) => path),
    may,
    maxPathsPerAnswer,
  );
  return rows.filter(({ path }) => paths.has(path ?? ''));
}

/** @throws ERR_REQUEST_INVALID */
function pathFilter(path: unknown): (row: ExecutionDetail) => boolean {
  if (path === undefined || path === null) return () => true;
  if (typeof path !== 'string' || path === '') {
    throw new GatewayError('ERR_REQUEST_INVALID', 'path must be a catalog path, or a pattern such as data/*');
  }
  const matches = compilePattern(path);
  return (row) => row.path !== undefined && matches(row.path);
}

/** Executions whose state is another one than before. */
async function changedStates(
  rows: readonly ExecutionDetail[],
  states: Map<string, string>,
  executions: Executions,
): Promise<readonly Snapshot[]> {
  const changed: Snapshot[] = [];
  for (const id of changedIds(rows, states)) {
    const snapshot = await executions.read(id, {}).catch(() => undefined);
    if (snapshot === undefined || states.get(id) === stateOf(snapshot)) continue;
    states.set(id, stateOf(snapshot));
    changed.push(snapshot);
  }
  return changed;
}

/** Rows whose claim is new, and some of those that run. */
function changedIds(rows: readonly ExecutionDetail[], states: Map<string, string>): readonly string[] {
  const changed: string[] = [];
  const running: string[] = [];
  for (const { id, claim } of rows) {
    const known = states.get(id);
    if (known === undefined && claim !== 'RUNNING' && states.size === 0) states.set(id, claim);
    else if (known === undefined || known !== claim) changed.push(id);
    else if (claim === 'RUNNING') running.push(id);
  }
  return [...changed, ...running.slice(0, maxReads)];
}

/**
 * The call of a stream with the session, the roles and the decision of now.
 * @throws ERR_SESSION_INVALID the session is over; ERR_AUTH_UNAVAILABLE it cannot be found out; the error of the decision
 * when the field is denied now
 */
export async function renewedCall(call: RootCall): Promise<RootCall> {
  const { renew } = call.context;
  if (renew === undefined) return call;
  const renewed = await renew(call.decision).catch((cause: unknown) => {
    throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'the session cannot be checked at present', { cause });
  });
  if (renewed === undefined) throw new GatewayError('ERR_SESSION_INVALID', 'the session is invalid or has expired');
  const { decision, ...who } = renewed;
  if (decision.outcome === 'denied') throw decision.error;
  return { ...call, decision, context: { ...call.context, ...who } };
}

/** The same between two events. @returns undefined: it cannot be found out now, and nothing may be shown */
export async function renewedIfKnown(call: RootCall): Promise<RootCall | undefined> {
  try {
    return await renewedCall(call);
  } catch (error) {
    if (error instanceof GatewayError && error.status >= 500) return undefined;
    throw error;
  }
}

/** Values that are put in at one end and taken out at the other, one at a time, by one reader. */
export interface UpdateQueue<T> {
  /** @param bytes about what it takes in memory while it waits */
  put(value: T, bytes?: number): void;
  /** No more values come; those that are in are still taken out. */
  end(): void;
  /** @returns undefined: there are no more. `idle`: no value came within the time */
  next(idleMs: number): Promise<{ readonly value: T } | 'idle' | undefined>;
}

/**
 * Beyond its limits, the newest value takes the place of those before it.
 * @param most values that wait
 * @param mostBytes of all of them; a single value may be larger
 */
export function createUpdateQueue<T>(most: number, mostBytes = Number.POSITIVE_INFINITY): UpdateQueue<T> {
  const waiting: { readonly value: T; readonly bytes: number }[] = [];
  let waitingBytes = 0;
  let isOver = false;
  let resume = () => {};
  return {
    put(value, bytes = 0) {
      while (waiting.length > 0 && (waiting.length >= most || waitingBytes + bytes > mostBytes)) {
        waitingBytes -= waiting.pop()?.bytes ?? 0;
      }
      waiting.push({ value, bytes });
      waitingBytes += bytes;
      resume();
    },
    end() {
      isOver = true;
      resume();
    },
    async next(idleMs) {
      if (waiting.length === 0 && !isOver) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, idleMs);
        resume = resolve;
        await promise;
        clearTimeout(timer);
      }
      const next = waiting.shift();
      if (next === undefined) return isOver ? undefined : 'idle';
      waitingBytes -= next.bytes;
      return { value: next.value };
    },
  };
}
