import {
  type EventPage,
  type Execution,
  type ExecutionEvent,
  isOver,
  readEvents,
  readInput,
  readResult,
  readStep,
  type Step,
} from '../api/execution.ts';
import { useSession } from '../api/me.ts';
import { durationText, timeOf } from '../api/time.ts';
import { useQuery } from '../api/use-query.ts';
import { JsonView } from './json-view.tsx';
import { MissingRow } from './missing-row.tsx';
import { Empty, Failed, Loading } from './states.tsx';
import { Status } from './status.tsx';
import { Ago, Took } from './time.tsx';

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
      {step.error && <p class="notice bad">{step.error}</p>}
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
    row="executionEvents: { upstream: 'GET /api/executions/{execution_id}/events', access: onExecution('view', 'id'), whenPresent: true, args: { execution_id: 'id' } }"
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
