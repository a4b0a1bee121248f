import type { ShownSession } from '../../../gateway/console/console-answers.ts';
import { ConfirmButton } from './confirm-button.tsx';
import { type Column, Table } from './table.tsx';
import { Ago } from './time.tsx';

/** Sessions and how one of them is ended. */
interface SessionTableProps {
  readonly sessions: readonly ShownSession[];
  /** Absent: they cannot be ended one by one. */
  readonly onEnd: ((id: string) => Promise<void>) | undefined;
}

/** Sessions of one user, newest first, as they are given. */
export function SessionTable({ sessions, onEnd }: SessionTableProps) {
  return <Table label="Sessions" columns={columnsOf(onEnd)} rows={sessions} keyOf={({ id }) => id} />;
}

/** The column that ends a session is missing where the session may not do it, or the row cannot name a session. */
const columnsOf = (onEnd: SessionTableProps['onEnd']): readonly Column<ShownSession>[] => [
  {
    title: 'Session',
    isName: true,
    cell: ({ id, isOwn }) => (
      <>
        <code>{id}</code> {isOwn && <span class="quiet">this one</span>}
      </>
    ),
  },
  { title: 'Since', cell: ({ since }) => <Ago time={since} /> },
  {
    title: 'Until',
    cell: ({ until }) => <time dateTime={until}>{new Date(until).toLocaleString()}</time>,
  },
  { title: 'Roles', cell: ({ roles }) => roles.join(', ') },
  { title: 'Opened by', cell: ({ login }) => openedBy(login) },
  ...(onEnd === undefined
    ? []
    : [
        {
          title: 'End',
          cell: ({ id }: ShownSession) => (
            <ConfirmButton label="End" confirm="Really end" onConfirm={() => onEnd(id)} />
          ),
        },
      ]),
];

/** Issuer, client and whether a machine logged in; `NoETL` where the gateway did not see the login. */
function openedBy(login: ShownSession['login']): string {
  if (login === undefined) return 'NoETL';
  const { issuer, client, isMachine } = login;
  return [issuer, client, isMachine ? 'machine' : undefined].filter((part) => part !== undefined).join(' · ');
}
