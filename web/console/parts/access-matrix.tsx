import { useState } from 'preact/hooks';
import type { ConsoleAnswers, CurrentAccess } from '../../../gateway/console/console-answers.ts';
import { permissions } from '../../../plugins/noetl-auth/access/grant.ts';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { addressOf } from '../api/health.ts';
import { Scroll } from './controls.tsx';
import { type Column, Failed, Loading, Table } from './table.tsx';

type Operation = CurrentAccess['operations'][number];

/** Roles × operations. A cell opens the grants that decide it; one cell is open at a time. */
export function Matrix({ report }: { readonly report: CurrentAccess }) {
  // `field role` of the open cell.
  const [open, setOpen] = useState<string>();
  const { roles, operations } = report;
  return (
    <Scroll label="Roles and operations">
      <table class="matrix stacks">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            {roles.map((role) => (
              <th scope="col" key={role}>
                {role}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {operations.map((operation) => (
            <Row
              key={operation.field}
              operation={operation}
              report={report}
              open={open}
              onOpen={(cell) => setOpen(cell === open ? undefined : cell)}
            />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** One operation. `open` names the open cell of the whole matrix. */
interface RowProps {
  readonly operation: Operation;
  readonly report: CurrentAccess;
  readonly open: string | undefined;
  readonly onOpen: (cell: string) => void;
}

/** An operation with its cells and, below them, the grants of the open one. */
function Row({ operation, report, open, onOpen }: RowProps) {
  const { field, root, upstream, rule, cells } = operation;
  // -1: the open cell is in another row.
  const opened = cells.findIndex((_, index) => open === `${field} ${report.roles[index]}`);
  return (
    <>
      <tr>
        <th scope="row" title={`${root}, ${upstream ?? 'answered by the gateway'}`}>
          <code>{field}</code>
          <span class="rule">{rule}</span>
        </th>
        {cells.map((cell, index) => (
          <td key={report.roles[index]} data-kind={cell.kind} data-title={report.roles[index]}>
            <CellText cell={cell} isOpen={index === opened} onOpen={() => onOpen(`${field} ${report.roles[index]}`)} />
          </td>
        ))}
      </tr>
      {opened >= 0 && (
        <tr class="detail">
          <td colSpan={cells.length + 1}>
            <strong>{report.roles[opened]}</strong> gets <code>{field}</code> by
            <ul class="plain">
              {cells[opened]?.grants.map((index) => (
                <li key={index}>
                  <code>{report.grants[index]?.text}</code>
                </li>
              ))}
            </ul>
          </td>
        </tr>
      )}
    </>
  );
}

/** Only a cell that depends on paths has grants to show: `all`, `none` and `custom` come from the access rule alone. */
function CellText({
  cell,
  isOpen,
  onOpen,
}: {
  readonly cell: Operation['cells'][number];
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}) {
  if (cell.kind === 'all') return <span class="mark yes">yes</span>;
  if (cell.kind === 'none') return <span class="mark none">no</span>;
  if (cell.kind === 'custom') return <span class="mark depends">{cell.text}</span>;
  return (
    <button type="button" class="cell" aria-expanded={isOpen} onClick={onOpen}>
      {cell.text}
    </button>
  );
}

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
