import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { UpstreamComparison } from '../../../gateway/console/console-answers.ts';
import { useSession } from '../api/gateway-client.ts';
import { addressOf } from '../api/health.ts';

type Report = NonNullable<UpstreamComparison['report']>;
type Closed = Report['closed'][number];

import { queries, useUpstream } from '../api/gateway-client.ts';
import { Chips, CopyText, SearchField } from '../parts/controls.tsx';
import { Empty, Failed, Heading, Loading, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import type { ViewProps } from '../view-props.ts';

/**
 * NoETL's live document against the one that the gateway was generated from, and what of it is closed.
 * - `part` in the address: which closed operations, one of {@link parts}
 * - `text`: a part of a method or a path, in any case
 */
export function UpstreamView({ query }: ViewProps) {
  const found = useUpstream();
  const upstream = found.data;
  return (
    <>
      <Heading title="Is the schema up to date with NoETL?" answer={upstream && verdict(upstream)}>
        <LookAgain />
      </Heading>
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {upstream === undefined ? !found.error && <Loading rows={8} /> : <Parts upstream={upstream} query={query} />}
    </>
  );
}

function verdict({ state, text, at, pulled, live }: UpstreamComparison) {
  const from = [pulled?.source, pulled?.date && `pulled ${new Date(pulled.date).toLocaleDateString()}`]
    .filter(Boolean)
    .join(', ');
  const document = from === '' ? 'the pulled document' : `the pulled document (${from})`;
  // The state is the gateway's; the page only words it.
  const answers = {
    none: 'Unknown: no document was pulled into this project.',
    'not checked': `Unknown. The gateway works with ${document}.`,
    same: `Yes. NoETL has the API of ${document}.`,
    differs: `No. NoETL is live with another API ${live === undefined ? '' : `(${live.paths} paths) `}than ${document}.`,
  };
  return (
    <>
      {answers[state]} {text !== undefined && <>It found “{text}”. </>}
      {at !== undefined && (
        <>
          Looked <Ago time={new Date(at).toISOString()} />.
        </>
      )}
    </>
  );
}

/** Asks for the live document now, at most once in five seconds for all; by itself the gateway looks each hour. */
function LookAgain() {
  const { gateway } = useSession();
  const [isBusy, setBusy] = useState(false);
  const look = async () => {
    setBusy(true);
    // A failure leaves the answer before: the query asks again by itself and shows what fails.
    const found = await gateway.section('upstream', { look: true }).catch(() => undefined);
    if (found !== undefined) queries.setQueryData(['upstream'], found);
    setBusy(false);
  };
  return (
    <button type="button" disabled={isBusy} onClick={() => void look()}>
      {isBusy ? 'Looking …' : 'Look again'}
    </button>
  );
}

interface PartsProps {
  readonly upstream: UpstreamComparison;
  readonly query: ViewProps['query'];
}

/** A report without differences still lists what is closed. */
function Parts({ upstream: { state, report }, query }: PartsProps) {
  if (report === undefined) {
    return (
      <Empty title="There is no document to compare.">
        <p>
          <CopyText text="npx noetl-gateway pull https://noetl.example.com/openapi.json" what="the command" />
        </p>
      </Empty>
    );
  }
  return (
    <>
      {state === 'differs' && <Changes report={report} />}
      <Closed closed={report.closed} query={query} />
    </>
  );
}

/** What the live document would change, from what breaks to what is harmless. Nothing changes by looking at it. */
function Changes({ report }: { readonly report: Report }) {
  const { breaks, decide, added, harmless, closedGone, closedChanged } = report;
  return (
    <>
      <section>
        <h2>Breaks what is open</h2>
        <Lines mark="no" lines={breaks} none="Nothing that is open breaks." />
      </section>
      <section>
        <h2>To decide</h2>
        <Lines mark="warn" lines={decide} none="Nothing opens by itself, and nothing else needs a decision." />
        <Added added={added} />
      </section>
      <section>
        <h2>Changed and harmless</h2>
        <Lines mark="none" lines={harmless} none="Nothing else of what is open has changed." />
        <p class="quiet">
          Of what is closed, {closedChanged.length} operations have changed and {closedGone.length} are gone.
        </p>
      </section>
      <section>
        <h2>To take the new document</h2>
        <p class="commands">
          <CopyText text="npm run pull -- https://noetl.example.com/openapi.json" what="the command that pulls" />
          <CopyText text="npm run generate" what="the command that generates" />
        </p>
        <p class="quiet">
          Until then the schema stays as it is. <code>npm run diff -- openapi/noetl.json &lt;new&gt;</code> also
          compares the schema that apps see.
        </p>
      </section>
    </>
  );
}

/** Differences of one kind. @param none what is shown where there is no difference */
function Lines({
  lines,
  mark,
  none,
}: {
  readonly lines: Report['decide'];
  readonly mark: string;
  readonly none: string;
}) {
  if (lines.length === 0) return <p class="quiet">{none}</p>;
  return (
    <ul class="plain lines">
      {lines.map(({ subject, message }) => (
        <li key={`${subject} ${message}`}>
          <span class={`mark ${mark}`}>{subject}</span> {message}
        </li>
      ))}
    </ul>
  );
}

/** New members by the field that opens them: one command accepts all of a field. */
function Added({ added }: { readonly added: Report['added'] }) {
  // `--accept` takes a field and opens all that is new in it.
  const byField = [...Map.groupBy(added, ({ accept }) => accept)];
  return byField.map(([field, lines]) => (
    <div class="added" key={field}>
      <p>
        <code>{field}</code> has {lines.length} new {lines.length === 1 ? 'member' : 'members'}, closed until you
        accept:{' '}
        <CopyText text={`npm run generate -- --accept ${field}`} what={`the command that opens them in ${field}`} />
      </p>
      <ul class="plain quiet">
        {lines.map(({ message }) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </div>
  ));
}

const parts = [
  ['', 'all'],
  ['row', 'may be opened'],
  ['new', 'new'],
  ['not', 'not to be opened'],
] as const;

function Closed({ closed, query }: { readonly closed: Report['closed']; readonly query: ViewProps['query'] }) {
  const { route } = useLocation();
  const text = query['text'] ?? '';
  const part = parts.find(([name]) => name === query['part'])?.[0] ?? '';
  // All closed operations are in the answer, so filters ask nothing.
  const shown = closed.filter((one) => isIn(part, one) && one.operation.toLowerCase().includes(text.toLowerCase()));
  return (
    <section>
      <h2>Closed: {closed.length} operations of NoETL</h2>
      <p class="quiet">
        No app can call these. To open one, copy its row into <code>operations</code> in <code>gateway.config.ts</code>,
        check who may call it, and run <code>npm run generate</code>.
      </p>
      <SearchField
        label="Method or path"
        placeholder="/api/result"
        value={text}
        onSearch={(to) => route(addressOf('upstream', { part, text: to }))}
      />
      <Chips
        label="Which closed operations"
        chosen={part}
        choices={parts.map(([value, title]) => ({ value, title, href: addressOf('upstream', { part: value, text }) }))}
      />
      {shown.length === 0 ? (
        <Empty title="No closed operation matches." />
      ) : (
        <Table label="Closed operations" class="closed" columns={columns} rows={shown} keyOf={(one) => one.operation} />
      )}
    </section>
  );
}

/** Whether an operation belongs to a part of the list; see {@link parts}. */
function isIn(part: string, { row, isNew }: Closed): boolean {
  if (part === 'new') return isNew;
  return part === '' || (part === 'row') === (row !== undefined);
}

const columns = [
  {
    title: 'Operation',
    isName: true,
    cell: ({ operation, does, isNew }: Closed) => (
      <>
        <code>{operation}</code> {isNew && <span class="mark busy">new</span>}
        {does !== undefined && <span class="rule">{does}</span>}
      </>
    ),
  },
  {
    title: 'Row to copy',
    cell: ({ operation, row, why }: Closed) =>
      row === undefined ? (
        <span class="quiet">Not to be opened: {why}</span>
      ) : (
        <CopyText text={row} what={`the row of ${operation}`} />
      ),
  },
] as const;
