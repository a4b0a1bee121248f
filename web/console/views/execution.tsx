import { type Execution, isOver, readExecution, updatesOf } from '../api/execution.ts';
import { queries, useLive, useQuery, useSession } from '../api/gateway-client.ts';
import { playbookAddress, starterOf, useStarts } from '../api/playbooks.ts';
import { CopyText } from '../parts/controls.tsx';
import { ExecutionActions } from '../parts/execution-actions.tsx';
import {
  ChildrenTab,
  EventsTab,
  FailureText,
  InputTab,
  ResultTab,
  StepPanel,
  Timeline,
} from '../parts/execution-tabs.tsx';
import { Failed, Heading, LiveLabel, Loading, MissingRow, Status } from '../parts/table.tsx';
import { Ago, Took } from '../parts/time.tsx';
import type { ViewProps } from '../view-props.ts';

/**
 * One execution: its steps on a timeline, what it produced and was started with, and what can be done.
 * - `tab` in the address: one of {@link tabs}
 * - `step`: the step whose result is shown; without `tab` and `step` it is the failed one
 * - `page`: page of the events, from 1
 */
export function ExecutionView({ id, query }: ViewProps & { readonly id: string }) {
  const { gateway, me } = useSession();
  const field = me.fields.execution;
  const isLive = useExecutionNews(id);
  const found = useQuery<Execution>({
    key: ['execution', id],
    ask: (signal) => (field === undefined ? Promise.reject() : readExecution(gateway, field, id, signal)),
    enabled: field !== undefined,
    // A stream brings the changes, so looks are rare then; they find what it has missed.
    everyMs: (data) => (data !== undefined && isOver(data.status) ? false : isLive ? 15_000 : 1_000),
  });
  if (field === undefined) {
    return (
      <MissingRow
        kind="an execution"
        row="execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id') }"
      />
    );
  }
  const execution = found.data;
  return (
    <>
      <p class="crumb">
        <a href="/console/executions">Executions</a>
      </p>
      {execution === undefined ? (
        <>
          <Heading title={`Execution ${id}`} />
          {found.error ? <Failed error={found.error} retry={() => void found.refetch()} /> : <Loading rows={6} />}
        </>
      ) : (
        <Detail execution={execution} query={query} isLive={isLive} onChange={() => void found.refetch()} />
      )}
    </>
  );
}

/**
 * Changes of an execution that runs, as they happen. The state is read from the answer that the page has, so that an
 * execution which is over is not followed. @returns whether a stream is open
 */
function useExecutionNews(id: string): boolean {
  const { me } = useSession();
  const key = ['execution', id];
  const status = queries.getQueryData<Execution>(key)?.status;
  const runs = status !== undefined && !isOver(status);
  return useLive<{ readonly answer: Execution | null }>({
    asked: runs ? updatesOf(me.fields.executionUpdates, id) : undefined,
    onData: ({ answer }) => void (answer && queries.setQueryData(key, answer)),
  });
}

/** `isLive`: a stream is open. `onChange`: the state is read again. */
interface DetailProps {
  readonly execution: Execution;
  readonly query: ViewProps['query'];
  readonly isLive: boolean;
  readonly onChange: () => void;
}

/** Parts below the steps, by their name in the address. */
const tabs = [
  ['result', 'Result'],
  ['input', 'Input'],
  ['events', 'Events'],
  ['children', 'Children'],
] as const;

/** The parts of the page. The tab and the step are in the address. */
function Detail({ execution, query, isLive, onChange }: DetailProps) {
  const { id, name, status, startedAt, finishedAt, failure, steps } = execution;
  // An unknown tab is the result.
  const tab = tabs.find(([key]) => key === query['tab'])?.[0] ?? 'result';
  // A failed run opens at its failed step.
  const opensAt = query['tab'] === undefined ? failure?.step : undefined;
  const selected = steps?.find((one) => one.name === (query['step'] ?? opensAt));
  return (
    <>
      <Heading
        title={name ?? 'Execution'}
        answer={
          <>
            <Status status={status} /> <Took from={startedAt} to={finishedAt} />, started <Ago time={startedAt} />{' '}
            {!isOver(status) && <LiveLabel isLive={isLive} />}
          </>
        }
      >
        <ExecutionActions execution={execution} onChange={onChange} />
      </Heading>
      <About execution={execution} />
      <Failure execution={execution} />
      <Steps execution={execution} selected={selected?.name} />
      {selected !== undefined && <StepPanel execution={execution} step={selected} />}
      <nav class="tabs" aria-label="Parts of the execution">
        {tabs.map(([key, title]) => (
          <a key={key} href={`${addressOf(id)}?tab=${key}`} aria-current={key === tab ? 'true' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {tab === 'result' && <ResultTab execution={execution} />}
      {tab === 'input' && <InputTab id={id} />}
      {tab === 'children' && <ChildrenTab execution={execution} />}
      {tab === 'events' && <EventsTab execution={execution} page={Number(query['page'] ?? 1) || 1} />}
    </>
  );
}

const addressOf = (id: string): string => `/console/executions/${id}`;

/** Playbook with version, id, and who or what has started it. */
function About({ execution: { id, path, version, parentId } }: { readonly execution: Execution }) {
  return (
    <p class="about">
      {path !== null && (
        <a href={playbookAddress(path)}>
          {path}
          {version !== null && version !== undefined && ` v${version}`}
        </a>
      )}
      <CopyText text={id} what="the id" />
      <Starter id={id} parentId={parentId} />
    </p>
  );
}

/** The parent is named before a user: an execution that another one has started has no user of its own. */
function Starter({ id, parentId }: { readonly id: string; readonly parentId: string | null | undefined }) {
  const user = starterOf(id, useStarts().data);
  if (parentId) {
    return (
      <span>
        started by <a href={addressOf(parentId)}>its parent</a>
      </span>
    );
  }
  return user === undefined ? null : <span>started by {user === 'you' ? user : `user ${user}`}</span>;
}

/** The step that failed first, also while others still run. */
function Failure({ execution: { failure } }: { readonly execution: Execution }) {
  if (failure === null || failure === undefined) return null;
  return (
    <p class="notice bad" role="alert">
      {failure.step !== null && (
        <>
          Step <code>{failure.step}</code>:{' '}
        </>
      )}
      <FailureText failure={failure} />
    </p>
  );
}

interface StepsProps {
  readonly execution: Execution;
  readonly selected: string | undefined;
}

/** The timeline. A step is chosen by a link, so that its panel has an address. */
function Steps({ execution: { id, status, steps, startedAt, finishedAt }, selected }: StepsProps) {
  if (!steps || steps.length === 0) {
    return <p class="quiet">{isOver(status) ? 'NoETL reports no steps.' : 'No step has begun yet.'}</p>;
  }
  return (
    <section aria-label="Steps">
      <Timeline
        steps={steps}
        startedAt={startedAt}
        finishedAt={finishedAt}
        selected={selected}
        // A second click closes the step.
        linkTo={(to) => `${addressOf(id)}?${to === selected ? 'tab=result' : new URLSearchParams({ step: to })}`}
      />
    </section>
  );
}
