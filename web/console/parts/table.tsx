import type { ComponentChildren } from 'preact';
import { CallFailed } from '../api/gateway-client.ts';
import { CopyText, Scroll } from './controls.tsx';

/** A column. Titles are unique in a table: they are its keys. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** What the row is called: the header of the row for screen readers. One column of a table has it. */
  readonly isName?: boolean;
}

/** `class` beside the style of all tables; see `style/tables.css` and `style/phone.css`. */
interface TableProps<Row> {
  /** What the table is, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** A name of the row that stays the same when the rows are read again. */
  readonly keyOf: (row: Row) => string;
  readonly class?: string;
}

/** A table that scrolls by itself when it is wide. On a phone each row is a block, and each cell has the title of its column. */
export function Table<Row>({ label, columns, rows, keyOf, class: name }: TableProps<Row>) {
  return (
    <Scroll label={label}>
      <table class={`stacks ${name ?? ''}`}>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th scope="col" key={title} class={isNumber ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, isNumber, isName }) =>
                isName ? (
                  <th scope="row" key={title}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={title} data-title={title} class={isNumber ? 'number' : undefined}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** In the place of what is being read; nothing jumps when it arrives. @param rows about as many lines as will come */
export function Loading({ rows = 3 }: { readonly rows?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {[...Array(rows).keys()].map((row) => (
        <span key={row} />
      ))}
    </div>
  );
}

/** What went wrong, in the gateway's words, and what to do. @param retry absent where a second attempt cannot succeed */
export function Failed({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const code = error instanceof CallFailed ? error.code : undefined;
  return (
    <div class="failed" role="alert">
      <p>
        <strong>{error.message}</strong>
      </p>
      <p class="quiet">
        {code !== undefined && <code>{code}</code>} {nextStep(code)}
      </p>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What to do about an error. A code that is not here has no next step beyond the gateway's sentence. */
function nextStep(code: string | undefined): string {
  if (code === 'ERR_NETWORK') return 'Check that the gateway runs, and the port-forward when you use one.';
  if (code === 'ERR_ACCESS_DENIED') return 'Your roles have no grant for it.';
  if (code === 'ERR_NOT_FOUND') return 'It is missing, or your roles may not see it; both have the same answer.';
  // ERR_UPSTREAM, and ERR_UPSTREAM_TIMEOUT among others.
  if (code?.startsWith('ERR_UPSTREAM')) return 'NoETL does not answer as it should; the view Health shows since when.';
  return '';
}

/** Whether changes come as they happen, or with the next look. */
export function LiveLabel({ isLive }: { readonly isLive: boolean }) {
  return <span class={`live ${isLive ? 'on' : ''}`}>{isLive ? 'live' : 'read again from time to time'}</span>;
}

/** Nothing to show: why, and what to do next. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

/** The title is the question; below it one line that answers it, and what can be done. */
export function Heading({
  title,
  answer,
  children,
}: {
  readonly title: ComponentChildren;
  readonly answer?: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="heading">
      <div>
        <h1>{title}</h1>
        {answer !== undefined && <p class="answer">{answer}</p>}
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}

/**
 * The config opens nothing of the kind that a view needs: which row to add. @param row one entry of `operations`, to be
 * copied
 */
export function MissingRow({ kind, row }: { readonly kind: string; readonly row: string }) {
  return (
    <Empty title={`This gateway has no operation that answers ${kind}.`}>
      <p class="quiet">
        Add the row below to <code>operations</code> in <code>gateway.config.ts</code>, and run{' '}
        <code>npm run generate</code>.
      </p>
      <p>
        <CopyText text={row} what="the row" />
      </p>
    </Empty>
  );
}

/** The mark is a class of the style sheet. The words are those of `Execution.status` and `ExecutionStep.status`. */
const looks: Readonly<Record<string, readonly [mark: string, shape: string]>> = {
  COMPLETED: ['yes', '✓'],
  FAILED: ['no', '✕'],
  CANCELLED: ['warn', '■'],
  RUNNING: ['busy', '▶'],
  PENDING: ['none', '…'],
  SKIPPED: ['none', '–'],
};

/** A state by word and shape, not by colour alone. A state that is not known here is shown as it came. */
export function Status({ status }: { readonly status: string | null }) {
  const word = status ?? 'UNKNOWN';
  const [mark, shape] = looks[word] ?? ['none', '?'];
  return (
    <span class={`mark ${mark} status`}>
      <span aria-hidden="true">{shape}</span> {word.toLowerCase()}
    </span>
  );
}
