import { type PathReport, permissions } from '../api/access.ts';
import { useSession } from '../api/me.ts';
import { useQuery } from '../api/use-query.ts';
import { Scroll } from './scroll.tsx';
import { Failed, Loading } from './states.tsx';

/** Which roles may do what with one path, with the grant that decides. */
export function PathAccess({ path }: { readonly path: string }) {
  const { gateway } = useSession();
  const found = useQuery<PathReport>({
    key: ['path', path],
    ask: (signal) => gateway.section('path', { path }, signal),
  });
  if (found.error) return <Failed error={found.error} />;
  if (found.data === undefined) return <Loading rows={4} />;
  const { isNormal, isReserved, roles } = found.data;
  return (
    <section aria-label={`Who may do what with ${path}`}>
      <h2>
        <code>{path}</code>
      </h2>
      {!isNormal && (
        <p class="notice">The path is not in normal form, so no pattern is tried and no role may use it.</p>
      )}
      {isReserved && <p class="notice">The path is reserved: it is one of the gateway's own auth playbooks.</p>}
      <Scroll label="Roles and permissions on this path">
        <table class="path-access">
          <thead>
            <tr>
              <th scope="col">Role</th>
              {permissions.map((permission) => (
                <th scope="col" key={permission}>
                  {permission}
                </th>
              ))}
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody>
            {roles.map(({ role, permissions: cells }) => (
              <tr key={role}>
                <th scope="row">{role}</th>
                {permissions.map((permission) => (
                  <td key={permission}>
                    <a href={explainLink(role, permission, path)} title={cells[permission]?.grant}>
                      <span class={`mark ${cells[permission]?.allowed === true ? 'yes' : 'none'}`}>
                        {cells[permission]?.allowed === true ? 'yes' : 'no'}
                      </span>
                    </a>
                  </td>
                ))}
                <td class="quiet">
                  {[...new Set(Object.values(cells).flatMap(({ grant }) => grant ?? []))].join('; ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

const explainLink = (role: string, permission: string, path: string): string =>
  `/console/explain?${new URLSearchParams({ roles: role, permission, path })}`;
