import { useState } from 'preact/hooks';
import type { TriedDraft } from '../../../gateway/console/console-answers.ts';
import { usePolicy, useTried } from '../api/policy.ts';
import { ReplayedDecisions } from './past-decisions.tsx';
import { CaseResults } from './policy-cases.tsx';
import { Failed, Loading } from './states.tsx';
import { type Column, Table } from './table.tsx';

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
