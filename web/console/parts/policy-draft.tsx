import { useState } from 'preact/hooks';
import type { DecidedCases, ReplayedPast, TriedDraft } from '../../../gateway/console/console-answers.ts';
import { usePolicy, useTried } from '../api/policy.ts';
import { type Column, Empty, Failed, Loading, Table } from './table.tsx';
import { Ago } from './time.tsx';

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
function CaseResults({ cases: { problems, results } }: { readonly cases: DecidedCases }) {
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

/** What `policy lint` finds: in the grants themselves, and by what the audit lines did not need. */
export function LintFindings() {
  const found = usePolicy('lint');
  if (found.error) return <Failed error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading rows={4} />;
  const { findings, unused, decisions } = found.data;
  return (
    <>
      <section>
        <h2>In the grants</h2>
        {findings.length === 0 ? (
          <Empty title="Nothing to report.">
            <p class="quiet">
              Every grant can match and is needed by some path, every role has something, and every rule is about an
              argument that its operation has.
            </p>
          </Empty>
        ) : (
          <Notices lines={findings} />
        )}
      </section>
      <section>
        <h2>Compared with their use</h2>
        <p class="quiet">
          By {decisions} allowed decisions in the newest audit lines. A grant that they did not need can be needed on
          another day: compare with a whole log before you remove it.
        </p>
        {decisions > 0 && <Notices lines={unused} />}
      </section>
    </>
  );
}

/** Lines are unique: each names its grant or its rule. */
const Notices = ({ lines }: { readonly lines: readonly string[] }) => (
  <>
    {lines.map((line) => (
      <p class="notice" key={line}>
        {line}
      </p>
    ))}
  </>
);

/**
 * Which of the decisions in the audit lines the grants of now would take differently. The lines are the newest of the
 * replica that answers.
 */
export function PastDecisions() {
  const found = usePolicy('replay');
  return (
    <section>
      <h2>Would past decisions come out differently now?</h2>
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.data === undefined ? !found.error && <Loading rows={4} /> : <ReplayedDecisions replay={found.data} />}
    </section>
  );
}

/** Decisions that were taken again, and those that came out differently. */
function ReplayedDecisions({ replay: { count, changed } }: { readonly replay: ReplayedPast }) {
  return (
    <>
      <p class="quiet">
        {count === 0
          ? 'The newest audit lines have no decision on a path yet.'
          : `Of ${count} decisions in the newest audit lines, ${changed.length} would come out differently. Each is decided with the roles that the user had then.`}
      </p>
      {changed.length > 0 && (
        <Table
          label="Past decisions that would change"
          columns={decisionColumns}
          rows={changed}
          // One request can decide on several paths at the same time.
          keyOf={({ source, field, path }) => `${source} ${field} ${path}`}
        />
      )}
    </>
  );
}

const decisionColumns: readonly Column<ReplayedPast['changed'][number]>[] = [
  { title: 'Playbook', isName: true, cell: ({ path }) => <code>{path}</code> },
  { title: 'Operation', cell: ({ field }) => <code>{field}</code> },
  { title: 'Permission', cell: ({ permission }) => permission },
  { title: 'Roles', cell: ({ roles }) => roles.join(', ') },
  { title: 'Was', cell: ({ was }) => was },
  { title: 'Would be', cell: ({ is }) => is },
  { title: 'When', isNumber: true, cell: ({ source }) => <Ago time={source} /> },
];

/**
 * Other grants, and what they would change. Nothing of it counts or is kept. The copy is read once: later changes of
 * the grants do not replace what is edited.
 */
export function TryPolicy() {
  // The text that was sent, and not what is typed: nothing is compared while a person edits.
  const [asked, setAsked] = useState<string>();
  const draft = usePolicy('draft');
  // A failure of the draft itself is an answer with `problems`.
  const tried = useTried('try', asked);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setAsked(String(new FormData(event.currentTarget as HTMLFormElement).get('policy') ?? ''));
  };
  return (
    <section>
      <h2>What would other grants change?</h2>
      {draft.error && <Failed error={draft.error} retry={() => void draft.refetch()} />}
      {draft.data === undefined ? (
        !draft.error && <Loading rows={8} />
      ) : (
        <form class="draft" onSubmit={submit}>
          <label>
            <span>A copy of the grants, in the form of a policy file: edit it, and compare</span>
            <textarea name="policy" rows={18} spellcheck={false} defaultValue={draft.data.text} />
          </label>
          <button type="submit" class="primary">
            Compare
          </button>
        </form>
      )}
      <div aria-live="polite">
        {tried.error && <Failed error={tried.error} />}
        {tried.data && <Result tried={tried.data} />}
      </div>
    </section>
  );
}

/** What the draft changes. A draft with problems is compared with nothing. */
function Result({ tried: { problems, warnings, changes, cells, replayed, cases } }: { readonly tried: TriedDraft }) {
  return (
    <>
      {problems.map((problem) => (
        <p class="notice bad" key={problem}>
          {problem}
        </p>
      ))}
      {warnings.map((warning) => (
        <p class="notice" key={warning}>
          {warning}
        </p>
      ))}
      {problems.length === 0 && changes.length === 0 && <p class="quiet">These grants decide the same.</p>}
      {changes.length > 0 && (
        <>
          <h3>Decisions that change</h3>
          <ul class="plain changes">
            {changes.map(({ kind, role, permission, pattern }) => (
              <li key={`${role} ${permission} ${pattern}`}>
                <span class={`mark ${kind === 'opens' ? 'warn' : 'busy'}`}>{kind}</span> {role} {permission}{' '}
                <code>{pattern}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {cells.length > 0 && (
        <>
          <h3>Operations that change</h3>
          <Table
            label="Operations that change"
            columns={cellColumns}
            rows={cells}
            keyOf={({ field, role }) => `${field} ${role}`}
          />
        </>
      )}
      {cases?.text !== undefined && (
        <>
          <h3>Test cases with these grants</h3>
          <CaseResults cases={cases} />
        </>
      )}
      {problems.length === 0 && (
        <>
          <h3>Past decisions</h3>
          <ReplayedDecisions replay={replayed} />
        </>
      )}
    </>
  );
}

type Cell = TriedDraft['cells'][number];

/** Words of the matrix before and after. */
const cellColumns: readonly Column<Cell>[] = [
  { title: 'Operation', isName: true, cell: ({ field }) => <code>{field}</code> },
  { title: 'Role', cell: ({ role }) => role },
  { title: 'Now', cell: ({ was }) => <code>{was}</code> },
  { title: 'Then', cell: ({ is }) => <code>{is}</code> },
];
