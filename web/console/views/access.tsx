import { useLocation } from 'preact-iso/router';
import type { CurrentAccess } from '../../../gateway/console/console-answers.ts';
import { useAccess } from '../api/gateway-client.ts';
import { addressOf } from '../api/health.ts';
import { Matrix, PathAccess } from '../parts/access-matrix.tsx';
import { SearchField } from '../parts/controls.tsx';
import { type Column, Failed, Heading, Loading, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import type { ViewProps } from '../view-props.ts';

/**
 * Who may do what: roles × operations, and what each grant gives.
 * - `path` in the address: also which role may do what with that path
 * - every ten seconds the policy is read again, since a policy file can change
 */
export function AccessView({ query }: ViewProps) {
  const { route } = useLocation();
  const access = useAccess();
  // Above the matrix when it is asked for: it answers a narrower question.
  const path = query['path'] ?? '';
  const report = access.data;
  return (
    <>
      <Heading title="Who may do what?" answer={report && summary(report)} />
      <SearchField
        label="Who may do what with a playbook"
        placeholder="data/sales_2026"
        value={path}
        onSearch={(text) => route(addressOf('access', { path: text }))}
      />
      {path !== '' && <PathAccess path={path} />}
      {access.error && <Failed error={access.error} retry={() => void access.refetch()} />}
      {report === undefined ? !access.error && <Loading rows={8} /> : <Report report={report} />}
    </>
  );
}

/** Counts, and the rule that holds for everything that is not counted (ADR 0003). */
function summary({ roles, operations, grants, reserved }: CurrentAccess): string {
  return `${operations.length} operations are open to ${roles.length} roles by ${grants.length} grants. What is not here is closed. ${reserved.length} paths are reserved.`;
}

/** The policy: roles and operations, grants, reserved paths, accepted risks. */
function Report({ report }: { readonly report: CurrentAccess }) {
  // Operations that `generate` refuses without a reason (ADR 0003).
  const risks = report.operations.filter(({ acceptRisk }) => acceptRisk !== undefined);
  return (
    <>
      {report.checker !== 'local' && (
        <p class="notice">
          {report.combine === 'both'
            ? 'Both must allow: the grants here, and '
            : 'These grants do not decide. It is decided by '}
          the checker <code>{report.checker}</code>.
        </p>
      )}
      <section>
        <h2>Roles and operations</h2>
        <Matrix report={report} />
      </section>
      <section>
        <h2>Grants</h2>
        {report.policyFile && <FromFile policyFile={report.policyFile} />}
        {report.warnings.map((warning) => (
          <p class="notice" key={warning}>
            {warning}
          </p>
        ))}
        <Table label="Grants" columns={grantColumns} rows={report.grants} keyOf={({ text }) => text} />
      </section>
      <section>
        <h2>Reserved paths</h2>
        <p class="quiet">No role can start these playbooks or see their executions, whatever the grants allow.</p>
        <ul class="plain">
          {report.reserved.map((path) => (
            <li key={path}>
              <code>{path}</code>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>Accepted risks</h2>
        {risks.length === 0 ? (
          <p class="quiet">Nothing that must not be public is open.</p>
        ) : (
          <dl class="facts">
            {risks.map(({ field, upstream, acceptRisk }) => [
              <dt key={field}>
                <code>{field}</code> <span class="quiet">{upstream}</span>
              </dt>,
              <dd key={`${field} risk`}>{acceptRisk}</dd>,
            ])}
          </dl>
        )}
      </section>
    </>
  );
}

/** Grants of a file that is followed; a file that is refused leaves those before it. */
function FromFile({
  policyFile: { file, at, refused },
}: {
  readonly policyFile: NonNullable<CurrentAccess['policyFile']>;
}) {
  return (
    <>
      <p class="quiet">
        They are those of the policy file <code>{file}</code>, read <Ago time={new Date(at).toISOString()} />.
      </p>
      {refused && (
        <div class="notice bad" role="alert">
          <p>
            The file was changed <Ago time={new Date(refused.at).toISOString()} /> and is refused. The grants before it
            still count.
          </p>
          <ul class="plain">
            {refused.problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** `Where` is file and line, absent where the position of the grant is not known. */
const grantColumns: readonly Column<CurrentAccess['grants'][number]>[] = [
  { title: 'Role', isName: true, cell: ({ role }) => role },
  {
    title: 'Effect',
    cell: ({ effect }) => <span class={`mark ${effect === 'allow' ? 'yes' : 'no'}`}>{effect}</span>,
  },
  { title: 'Permissions', cell: ({ permissions }) => permissions.join(', ') },
  {
    title: 'Playbooks',
    cell: ({ patterns, except = [] }) => (
      <span>
        <code>{patterns.join(', ')}</code>
        {except.length > 0 && (
          <>
            {' '}
            except <code>{except.join(', ')}</code>
          </>
        )}
      </span>
    ),
  },
  { title: 'Where', cell: ({ source }) => source && <span class="quiet">{source}</span> },
];
