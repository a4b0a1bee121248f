import { useLocation } from 'preact-iso/router';
import { type AccessReport, type ReportedGrant, useAccess } from '../api/access.ts';
import { addressOf } from '../api/address.ts';
import { Matrix } from '../parts/matrix.tsx';
import { PathAccess } from '../parts/path-access.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { Failed, Heading, Loading } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import type { ViewProps } from '../views.tsx';

/** Who may do what: roles × operations, and what each grant gives. */
export function AccessView({ query }: ViewProps) {
  const { route } = useLocation();
  const access = useAccess();
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

function summary({ roles, operations, grants, reserved }: AccessReport): string {
  return `${operations.length} operations are open to ${roles.length} roles by ${grants.length} grants. What is not here is closed. ${reserved.length} paths are reserved.`;
}

function Report({ report }: { readonly report: AccessReport }) {
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

const grantColumns: readonly Column<ReportedGrant>[] = [
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
