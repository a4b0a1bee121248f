import {
  type EventPage,
  type Execution,
  type ExecutionEvent,
  type Failure,
  isOver,
  readEvents,
  readInput,
  readResult,
  readStep,
  type Step,
} from '../api/execution.ts';
import { type ListedExecution, listChildren } from '../api/executions.ts';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { durationText, timeOf } from '../api/time.ts';
import { ExecutionTable } from './execution-list.tsx';
import { JsonView } from './json-view.tsx';
import { Empty, Failed, Loading, MissingRow, Status } from './table.tsx';
import { Ago, Took, useNow } from './time.tsx';

/** The message with its lines, then its code and what else NoETL reports of it. */
export function FailureText({ failure: { message, code, httpStatus, retryable } }: { readonly failure: Failure }) {
  const more = [code, httpStatus && `HTTP status ${httpStatus}`, retryable && 'it may pass'].filter(Boolean).join(', ');
  return (
    <>
      <span class="lines">{message}</span>
      {more !== '' && <span class="quiet"> ({more})</span>}
    </>
  );
}

/** What the execution produced. It is read once, when the execution has completed. */
export function ResultTab({ execution }: { readonly execution: Execution }) {
  const { gateway, me } = useSession();
  const { id, status, resultStep } = execution;
  const field = me.fields.execution;
  const result = useQuery<unknown>({
    // The status is in the key: an answer from before the end must not be shown after it.
    key: ['result', id, status],
    ask: (signal) => (field === undefined ? Promise.reject() : readResult(gateway, field, id, signal)),
    enabled: isOver(status),
  });
  if (!isOver(status)) return <p class="quiet">The result is shown here when the execution is over.</p>;
  if (status !== 'COMPLETED')
    return <p class="quiet">A failed or cancelled execution has no result. Choose a step to see what it produced.</p>;
  if (result.error) return <Failed error={result.error} retry={() => void result.refetch()} />;
  if (result.isPending) return <Loading rows={4} />;
  if (result.data === null) return <Empty title="It completed and produced no result." />;
  return (
    <section class="tab">
      {resultStep && (
        <p class="quiet">
          From step <code>{resultStep}</code>
        </p>
      )}
      <JsonView value={result.data} name={`result-${id}`} />
    </section>
  );
}

/**
 * One step: when, how often, what it produced, and the execution that it started. Its result is read when the step is
 * shown, since results can be large.
 */
export function StepPanel({ execution, step }: { readonly execution: Execution; readonly step: Step }) {
  const { gateway, me } = useSession();
  const field = me.fields.execution;
  const result = useQuery<unknown>({
    // The status is in the key, so that the result of a step is asked for again when the step has ended.
    key: ['step', execution.id, step.name, step.status],
    ask: (signal) =>
      field === undefined ? Promise.reject() : readStep(gateway, field, execution.id, step.name, signal),
    enabled: step.status === 'COMPLETED' || step.status === 'FAILED',
  });
  return (
    <section class="panel" aria-label={`Step ${step.name}`}>
      <h2>
        {step.name} <Status status={step.status} />
      </h2>
      <p class="quiet">
        started <Ago time={step.startedAt} />,{' '}
        <Took from={step.startedAt} to={step.finishedAt ?? execution.finishedAt} />
        {(step.attempts ?? 1) > 1 && `, ${step.attempts} attempts`}
        {step.executionId && (
          <>
            , started <a href={`/console/executions/${step.executionId}`}>another execution</a>
          </>
        )}
      </p>
      {step.failure && (
        <p class="notice bad">
          <FailureText failure={step.failure} />
        </p>
      )}
      {result.error && <Failed error={result.error} />}
      {result.data !== undefined && result.data !== null && (
        <JsonView key={step.name} value={result.data} name={`step-${step.name}`} />
      )}
    </section>
  );
}

/** What it was started with, as its first event reports it. */
export function InputTab({ id }: { readonly id: string }) {
  const { gateway, me } = useSession();
  const field = me.fields.events;
  const input = useQuery<unknown>({
    key: ['input', id],
    ask: (signal) => (field === undefined ? Promise.reject() : readInput(gateway, field, id, signal)),
    enabled: field !== undefined,
  });
  if (field === undefined) return <MissingEvents />;
  if (input.error) return <Failed error={input.error} retry={() => void input.refetch()} />;
  if (input.isPending) return <Loading rows={3} />;
  if (input.data === null) return <Empty title="NoETL does not report what it was started with." />;
  return (
    <section class="tab">
      <JsonView value={input.data} name={`input-${id}`} />
    </section>
  );
}

/** The row that the tabs Input and Events need. */
const MissingEvents = () => (
  <MissingRow
    kind="the events of an execution"
    row="executionEvents: { upstream: 'GET /api/executions/{execution_id}/events', access: onExecution('view', 'id'), optional: true, args: { execution_id: 'id' } }"
  />
);

/**
 * What NoETL wrote down, newest first. While the execution runs the page is read again, so events move to the next
 * page.
 */
export function EventsTab({ execution, page }: { readonly execution: Execution; readonly page: number }) {
  const { gateway, me } = useSession();
  const { id, status } = execution;
  const field = me.fields.events;
  const events = useQuery<EventPage>({
    key: ['events', id, page],
    ask: (signal) => (field === undefined ? Promise.reject() : readEvents(gateway, field, id, { page }, signal)),
    enabled: field !== undefined,
    everyMs: () => (isOver(status) ? false : 2_000),
    // The page before stays while the next one is read, so that the paging does not jump.
    keepsLast: true,
  });
  if (field === undefined) return <MissingEvents />;
  if (events.error) return <Failed error={events.error} retry={() => void events.refetch()} />;
  if (events.data === undefined) return <Loading rows={6} />;
  const address = (to: number) => `/console/executions/${id}?tab=events&page=${to}`;
  return (
    <section class="tab">
      <ul class="events plain">
        {events.data.events.map((event) => (
          <li key={String(event['event_id'])}>
            <Event event={event} startedAt={execution.startedAt} />
          </li>
        ))}
      </ul>
      <div class="paging">
        {page > 1 && (
          <a class="button" href={address(page - 1)}>
            Newer
          </a>
        )}
        {events.data.hasNext && (
          <a class="button" href={address(page + 1)}>
            Older
          </a>
        )}
      </div>
    </section>
  );
}

/** One event: its type, its step, and how long after the start it was written. All of it is JSON, as NoETL has it. */
function Event({ event, startedAt }: { readonly event: ExecutionEvent; readonly startedAt: string | null }) {
  const { event_type: type, node_name: node, created_at: createdAt, timestamp } = event;
  // An event has one of the two or both; the gateway reads them in the same order (`gateway/executions/run-event.ts`).
  const written = createdAt ?? timestamp;
  const at = timeOf(typeof written === 'string' ? written : undefined);
  const start = timeOf(startedAt);
  return (
    <details>
      <summary>
        <code>{String(type)}</code> <span>{typeof node === 'string' ? node : ''}</span>
        {at !== undefined && start !== undefined && (
          <time class="quiet when" dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
            +{durationText(at - start)}
          </time>
        )}
      </summary>
      <JsonView value={event} name={`event-${String(event['event_id'])}`} />
    </details>
  );
}

/** Executions that this one has started, of those that the session may view. */
export function ChildrenTab({ execution }: { readonly execution: Execution }) {
  const { gateway, me } = useSession();
  const { id, status, startedAt, steps } = execution;
  const field = me.fields.executions;
  const children = useQuery<readonly ListedExecution[]>({
    // By the id alone: the list grows while the execution runs.
    key: ['children', id],
    ask: (signal) =>
      field === undefined ? Promise.resolve([]) : listChildren(gateway, field, { id, startedAt }, signal),
    // An execution that is over starts no other one.
    everyMs: () => (isOver(status) ? false : 3_000),
  });
  if (children.error) return <Failed error={children.error} retry={() => void children.refetch()} />;
  if (children.data === undefined) return <Loading rows={3} />;
  const listed = new Set(children.data.map((row) => row.id));
  // A step names its execution also where the session may not view it, or the list was not read that far.
  const others = (steps ?? []).flatMap(({ executionId, executionIds, name }) =>
    (executionIds ?? (executionId ? [executionId] : []))
      .filter((started) => !listed.has(started))
      .map((started) => ({ executionId: started, name })),
  );
  return (
    <section class="tab">
      {listed.size > 0 && <ExecutionTable rows={children.data} holdsNew={false} />}
      {others.length > 0 && (
        <ul class="plain">
          {others.map(({ executionId, name }) => (
            <li key={executionId}>
              Step <code>{name}</code> started <a href={`/console/executions/${executionId}`}>{executionId}</a>
            </li>
          ))}
        </ul>
      )}
      {listed.size + others.length === 0 && <Empty title="It has started no other execution that you may view." />}
    </section>
  );
}

/** Times are ISO texts. `linkTo` gives the address that shows a step. */
interface TimelineProps {
  readonly steps: readonly Step[];
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly selected: string | undefined;
  readonly linkTo: (step: string) => string;
}

/** Steps in the order of their start, each as a bar on the time of the execution. The order is that of the answer. */
export function Timeline({ steps, startedAt, finishedAt, selected, linkTo }: TimelineProps) {
  // A step that runs grows twice a second.
  const now = useNow(500);
  // Steps can begin before the reported start and end after the reported end: they are times of different writers.
  const times = steps.flatMap((step) => [timeOf(step.startedAt) ?? [], timeOf(step.finishedAt) ?? []].flat());
  const start = Math.min(timeOf(startedAt) ?? Number.POSITIVE_INFINITY, ...times);
  const end = Math.max(timeOf(finishedAt) ?? now, ...times);
  // Within the line, whatever the times are; the divisor is never zero, also for a run of no time.
  const share = (at: number) =>
    `${(Math.min(1, Math.max(0, (at - start) / Math.max(1, end - start))) * 100).toFixed(2)}%`;
  return (
    <ol class="timeline">
      {steps.map((step) => {
        const from = timeOf(step.startedAt);
        // A step without an end lasts to the end of the line: it still runs, or ended with the execution.
        const to = timeOf(step.finishedAt) ?? (from === undefined ? undefined : end);
        return (
          <li key={step.name} data-status={step.status}>
            <a href={linkTo(step.name)} aria-current={selected === step.name ? 'true' : undefined}>
              <span class="name">{step.name}</span>
              <span class="track" aria-hidden="true">
                {from !== undefined && to !== undefined && (
                  <span
                    class="bar"
                    style={{ left: share(from), width: `max(3px, calc(${share(to)} - ${share(from)}))` }}
                  />
                )}
              </span>
              <span class="took">{from === undefined || to === undefined ? '' : durationText(to - from)}</span>
              <Status status={step.status} />
            </a>
          </li>
        );
      })}
    </ol>
  );
}
