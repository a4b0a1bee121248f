import { useState } from 'preact/hooks';
import type { DecidedCases } from '../../../gateway/console/console-answers.ts';
import { usePolicy, useTried } from '../api/policy.ts';
import { Empty, Failed, Loading } from './states.tsx';
import { type Column, Table } from './table.tsx';

type DecidedCase = DecidedCases['results'][number];

/** Who, what and the expected answer, decided by the grants that count now; and the same for cases written here. */
export function PolicyCases() {
  const found = usePolicy('cases');
  if (found.error) return <Failed error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading rows={6} />;
  const { file, text } = found.data;
  return (
    <>
      <section>
        <h2>
          The cases of <code>{file}</code>
        </h2>
        {text === undefined ? (
          <Empty title={`The project has no ${file}.`}>
            <p class="quiet">
              Write cases below, and save them under this name beside <code>gateway.config.ts</code>. They are read
              again with each look.
            </p>
          </Empty>
        ) : (
          <CaseResults cases={found.data} />
        )}
      </section>
      <OwnCases text={text ?? example} />
    </>
  );
}

/** What the editor begins with where the project has no file of its own. */
const example = `cases:
  - { role: viewer, permission: execute, playbook: data/report, expect: denied }
  - { roles: [analyst, viewer], field: executePlaybook, playbook: data/report, expect: allowed }
`;

/** Cases that are decided and not kept. The input keeps its text: it is read when the form is sent. */
function OwnCases({ text }: { readonly text: string }) {
  // The text that was sent, and not what is typed.
  const [asked, setAsked] = useState<string>();
  const tried = useTried('cases', asked);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setAsked(String(new FormData(event.currentTarget as HTMLFormElement).get('cases') ?? ''));
  };
  return (
    <section>
      <h2>Other cases</h2>
      <form class="draft" onSubmit={submit}>
        <label>
          <span>Cases, YAML or JSON: role or roles, permission or field, playbook, expect</span>
          <textarea name="cases" rows={8} spellcheck={false} defaultValue={text} />
        </label>
        <button type="submit" class="primary">
          Decide
        </button>
      </form>
      <div aria-live="polite">
        {tried.error && <Failed error={tried.error} />}
        {tried.data && <CaseResults cases={tried.data} />}
      </div>
    </section>
  );
}

/** Problems of the file, or the result of each case, with those that failed first. */
export function CaseResults({ cases: { problems, results } }: { readonly cases: DecidedCases }) {
  // First, so that they are seen without looking through those that passed.
  const failed = results.filter(({ passed }) => !passed);
  return (
    <>
      {problems.map((problem) => (
        <p class="notice bad" key={problem}>
          {problem}
        </p>
      ))}
      {problems.length === 0 && (
        <p class={failed.length > 0 ? 'problem' : 'quiet'}>
          {results.length - failed.length} passed, {failed.length} failed.
        </p>
      )}
      {results.length > 0 && (
        <Table
          label="Cases"
          class="cases"
          columns={columns}
          rows={[...failed, ...results.filter(({ passed }) => passed)]}
          keyOf={({ source, text }) => `${source} ${text}`}
        />
      )}
    </>
  );
}

/** The answer; its reasons are open where the case failed. The first line of the text is the answer. */
function Decision({ text, passed }: DecidedCase) {
  const [answer = '', ...reasons] = text.split('\n');
  if (reasons.length === 0) return <span>{answer}</span>;
  return (
    <details class="reasons" open={!passed}>
      <summary>{answer}</summary>
      <ul class="plain">
        {reasons.map((reason) => (
          <li key={reason}>{reason.trim()}</li>
        ))}
      </ul>
    </details>
  );
}

/** A case names a permission or a field; `Where` is file and line. */
const columns: readonly Column<DecidedCase>[] = [
  {
    title: 'Result',
    cell: ({ passed }) => <span class={`mark ${passed ? 'yes' : 'no'}`}>{passed ? 'passed' : 'failed'}</span>,
  },
  { title: 'Who', isName: true, cell: ({ roles }) => roles.join(', ') || 'no role' },
  {
    title: 'What',
    cell: ({ permission, field, playbook }) => (
      <span>
        {field === undefined ? permission : <code>{field}</code>}
        {playbook !== undefined && (
          <>
            {' '}
            on <code>{playbook}</code>
          </>
        )}
      </span>
    ),
  },
  { title: 'Expected', cell: ({ expect }) => expect },
  { title: 'Decision', cell: (one) => <Decision {...one} /> },
  { title: 'Where', cell: ({ source }) => <span class="quiet">{source}</span> },
];
