import { useLocation } from 'preact-iso/router';
import { type AccessReport, useAccess } from '../api/access.ts';
import { Matrix } from '../parts/matrix.tsx';
import { PathAccess } from '../parts/path-access.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { Failed, Heading, Loading } from '../parts/states.tsx';
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
        onSearch={(text) => route(text === '' ? '/console/access' : `/console/access?path=${encodeURIComponent(text)}`)}
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
        <GrantTable report={report} />
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

function GrantTable({ report: { grants } }: { readonly report: AccessReport }) {
  return (
    <Scroll label="Grants">
      <table>
        <thead>
          <tr>
            <th scope="col">Role</th>
            <th scope="col">Effect</th>
            <th scope="col">Permissions</th>
            <th scope="col">Playbooks</th>
            <th scope="col">Where</th>
          </tr>
        </thead>
        <tbody>
          {grants.map((grant) => (
            <tr key={grant.text}>
              <th scope="row">{grant.role}</th>
              <td>
                <span class={`mark ${grant.effect === 'allow' ? 'yes' : 'no'}`}>{grant.effect}</span>
              </td>
              <td>{grant.permissions.join(', ')}</td>
              <td>
                <code>{grant.patterns.join(', ')}</code>
                {grant.except !== undefined && grant.except.length > 0 && (
                  <>
                    {' '}
                    except <code>{grant.except.join(', ')}</code>
                  </>
                )}
              </td>
              <td class="quiet">{grant.source ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
