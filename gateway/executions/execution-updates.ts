import type { SubscriptionRow } from '../config/gateway-config.ts';
import type { RootCall } from '../operations/root-call.ts';
import { executionView } from './execution.ts';
import { type Executions, executionIdOf, noSuchExecution, stateOf } from './executions.ts';
import { listUpdates } from './executions-updates.ts';
import { renewedCall, renewedIfKnown } from './renewed-call.ts';
import { decodeRunEvents } from './run-event.ts';
import { bytesOf } from './running-looks.ts';
import type { Snapshot } from './snapshots.ts';
import { stepsOf } from './steps.ts';
import { failing, type OpenUpdates, type Update, type UpdatesOptions } from './update.ts';
import { createUpdateQueue } from './update-queue.ts';

/** The session of a stream is checked again after this, milliseconds. */
const checkMs = 5_000;
/** Changes that wait for a caller that reads slowly; beyond, it gets the newest one. */
const maxWaiting = 64;
/** Of those changes, with the events that they were found by. */
const maxWaitingBytes = 4 * 1024 * 1024;

/**
 * Streams of `executionUpdates` (one execution) and `executionsUpdates` (the list). What ends a stream before its time
 * is its last event, which the caller reads as an error of the field.
 */
export function openUpdates(row: SubscriptionRow<string>, options: UpdatesOptions): OpenUpdates {
  return row.watch === 'execution'
    ? (call) => openExecutionUpdates(call, options)
    : async (call) => leaving((left) => shown(listUpdates(call, options, left)));
}

/** A stream that ends at once when its reader leaves, not only after the next event. */
function leaving(open: (left: AbortSignal) => AsyncGenerator<Update>): AsyncIterable<Update> {
  const left = new AbortController();
  const updates = open(left.signal);
  const iterator: AsyncIterator<Update> = {
    next: () => updates.next(),
    return(value) {
      left.abort();
      return updates.return(value);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function openExecutionUpdates(call: RootCall, options: UpdatesOptions): Promise<AsyncIterable<Update>> {
  const { executions, gate } = options;
  const { user } = call.context.caller.session;
  const id = executionIdOf(call.decision.args['id']);
  await executions.allowed(call, id, { requestId: call.context.requestId, user }, gate);
  return leaving((left) => shown(executionUpdates(call, id, options, left)));
}

/** Each change of status or of a step, then the end. Session and right are asked for each time, and between two events. */
async function* executionUpdates(
  opened: RootCall,
  id: string,
  { executions, gate, maxResultBytes }: UpdatesOptions,
  left: AbortSignal,
): AsyncGenerator<Update> {
  let call = opened;
  let path: string | undefined;
  for await (const snapshot of changesOf(id, executions, left)) {
    if (snapshot === 'idle') {
      call = (await renewedIfKnown(call)) ?? call;
      if (await maySee(call, path)) continue;
      throw noSuchExecution();
    }
    call = await renewedCall(call);
    if (snapshot === 'gone' || !(await gate(call, snapshot.detail.path))) throw noSuchExecution();
    path = snapshot.detail.path;
    // No caller's name: the look is shared, so no user pays for it.
    yield () => executionView(snapshot, () => executions.outcome(snapshot, {}), maxResultBytes);
  }
}

/** News of an execution. `idle`: nothing for a while; `gone`: it has vanished. */
async function* changesOf(
  id: string,
  { watcher }: Executions,
  left: AbortSignal,
): AsyncGenerator<Snapshot | 'idle' | 'gone'> {
  const queue = createUpdateQueue<Snapshot | 'gone'>(maxWaiting, maxWaitingBytes);
  const isNews = createNews();
  const stop = watcher.follow(
    id,
    (snapshot) => {
      if (snapshot === undefined) queue.put('gone');
      else if (isNews(snapshot)) queue.put(snapshot, weightOf(snapshot));
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

const weights = new WeakMap<Snapshot, number>();

/** A look is shared by many streams, and weighed once. */
function weightOf(snapshot: Snapshot): number {
  const weight = weights.get(snapshot) ?? bytesOf(snapshot);
  weights.set(snapshot, weight);
  return weight;
}

/** Whether a stream that has nothing to show may go on; not reported, since nothing is shown. */
async function maySee({ decision, context }: RootCall, path: string | undefined): Promise<boolean> {
  if (decision.outcome === 'allowed' || path === undefined) return true;
  return context.mayOnExecution(decision.permission, path).catch(() => true);
}

/** What ends a stream before its time is its last event. */
async function* shown(updates: AsyncGenerator<Update>): AsyncGenerator<Update> {
  try {
    yield* updates;
  } catch (error) {
    yield failing(error);
  }
}

/** Whether a look shows something that no look before it has shown: a status, or the status of a step. */
function createNews(): (snapshot: Snapshot) => boolean {
  const seen = new Map<string, string>();
  return (snapshot) => {
    // Without events the steps are not known; the next look has them.
    if (snapshot.over === undefined && snapshot.seen.newest === undefined) return false;
    const marks = [['', stateOf(snapshot)] as const, ...stepMarks(snapshot)];
    const news = marks.filter(([name, state]) => seen.get(name) !== state);
    for (const [name, state] of news) seen.set(name, state);
    return news.length > 0;
  };
}

const stepMarks = ({ seen: { newest } }: Snapshot): (readonly [name: string, state: string])[] =>
  newest === undefined
    ? []
    : stepsOf(decodeRunEvents(newest.events)).map(({ name, status, attempts }) => [name, `${status} ${attempts}`]);
