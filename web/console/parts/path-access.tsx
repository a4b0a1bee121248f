import type { ConsoleAnswers } from '../../../gateway/console/console-answers.ts';
import { permissions } from '../../../plugins/noetl-auth/access/permission.ts';
import { addressOf } from '../api/address.ts';
import { useSession } from '../api/me.ts';
import { useQuery } from '../api/use-query.ts';
import { Failed, Loading } from './states.tsx';
import { type Column, Table } from './table.tsx';

/**
 * Which roles may do what with one path, with the grant that decides. Each answer is of one role alone; a user has the
 * sum of their roles, and a deny of one of them wins (ADR 0005).
 */
export function PathAccess({ path }: { readonly path: string }) {
  const { gateway } = useSession();
  const found = useQuery({
    // Each path is a question of its own; the answer before is not shown for another path.
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
      <Table
        label="Roles and permissions on this path"
        class="path-access"
        columns={columnsOf(path)}
        rows={roles}
        keyOf={({ role }) => role}
      />
    </section>
  );
}

type Role = ConsoleAnswers['path']['roles'][number];

/** A cell leads to Explain, which names the reason. */
const columnsOf = (path: string): readonly Column<Role>[] => [
  { title: 'Role', isName: true, cell: ({ role }) => role },
  ...permissions.map(
    (permission): Column<Role> => ({
      title: permission,
      cell: ({ role, permissions: cells }) => (
        <a href={addressOf('explain', { roles: role, permission, path })} title={cells[permission]?.grant}>
          <span class={`mark ${cells[permission]?.allowed === true ? 'yes' : 'none'}`}>
            {cells[permission]?.allowed === true ? 'yes' : 'no'}
          </span>
        </a>
      ),
    }),
  ),
  {
    title: 'By',
    cell: ({ permissions: cells }) => (
      <span class="quiet">{[...new Set(Object.values(cells).flatMap(({ grant }) => grant ?? []))].join('; ')}</span>
    ),
  },
];
