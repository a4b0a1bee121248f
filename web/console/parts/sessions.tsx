import { useState } from 'preact/hooks';
import type { ShownSession, UserSessionList } from '../../../gateway/console/console-answers.ts';
import { operationOf } from '../api/execution.ts';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { ConfirmButton } from './controls.tsx';
import { type Column, Empty, Failed, Loading, Table } from './table.tsx';
import { Ago } from './time.tsx';

/** Sessions and how one of them is ended. */
interface SessionTableProps {
  readonly sessions: readonly ShownSession[];
  /** Absent: they cannot be ended one by one. */
  readonly onEnd: ((id: string) => Promise<void>) | undefined;
}

/** Sessions of one user, newest first, as they are given. */
function SessionTable({ sessions, onEnd }: SessionTableProps) {
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

/** The user is in the address of the view; `onShow` changes it. */
interface UserSessionsProps {
  /** Whose sessions are shown; empty: no user's. */
  readonly user: string;
  readonly onShow: (user: string) => void;
}

/** The sessions of a user; one or all of them end on all replicas. The gateway decides whether the session may, and writes it down. */
export function UserSessions({ user, onShow }: UserSessionsProps) {
  const { gateway } = useSession();
  // What is typed. The list is of the address's user, so that nothing is asked for each letter.
  const [userId, setUserId] = useState(user);
  const listed = useQuery({
    key: ['sessions', user],
    ask: (signal) => gateway.section('sessions', { user }, signal),
    // The gateway refuses an empty user.
    enabled: user !== '',
    // Sessions begin and end elsewhere, too.
    everyMs: 10_000,
  });
  const { end, canEndOne, note } = useEnding(() => void (user !== '' && listed.refetch()));
  return (
    <section>
      <h2>Sessions of a user</h2>
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (userId !== '') onShow(userId);
        }}
      >
        <label>
          <span>User id, as the audit lines have it</span>
          <input type="text" value={userId} onInput={(event) => setUserId(event.currentTarget.value.trim())} />
        </label>
        <button type="submit">Show sessions</button>
        {end !== undefined && (
          <ConfirmButton
            label="End sessions"
            confirm="Really end"
            reason={userId === '' ? 'Enter the id of a user.' : undefined}
            onConfirm={() => end(userId)}
          />
        )}
      </form>
      <output class={note?.isBad ? 'problem' : 'quiet'} aria-live="polite">
        {note?.text ?? ''}
      </output>
      {listed.error && <Failed error={listed.error} retry={() => void listed.refetch()} />}
      {user !== '' && listed.data === undefined && !listed.error && <Loading rows={2} />}
      {user !== '' && listed.data && (
        <Sessions user={user} listed={listed.data} onEnd={canEndOne && end ? (id) => end(user, id) : undefined} />
      )}
    </section>
  );
}

/** `onEnd` undefined: sessions cannot be ended one by one. */
interface SessionsProps {
  readonly user: string;
  readonly listed: UserSessionList;
  readonly onEnd: ((id: string) => Promise<void>) | undefined;
}

/** A list, or the reason why there is no list. */
function Sessions({ user, listed: { isListed, atMost, sessions }, onEnd }: SessionsProps) {
  if (!isListed) return <p class="notice">The session store cannot list sessions. All of a user can be ended.</p>;
  if (sessions.length === 0) return <Empty title={`No session of the user ${user} is listed.`} />;
  return (
    <>
      <SessionTable sessions={sessions} onEnd={onEnd} />
      {sessions.length >= atMost && (
        <p class="quiet below">The newest {atMost} are shown. Ending the sessions of the user ends older ones, too.</p>
      )}
    </>
  );
}

/** @returns `end` undefined: the config has no row for it, or it is not for this session */
function useEnding(onEnded: () => void) {
  const { gateway, me } = useSession();
  const [note, setNote] = useState<{ readonly text: string; readonly isBad: boolean }>();
  const field = me.fields.endSessions;
  // A row without the argument would end all of the user.
  const canEndOne = field !== undefined && Object.hasOwn(field.args, 'session');
  const end = async (userId: string, session?: string): Promise<void> => {
    if (field === undefined || (session !== undefined && !canEndOne)) return;
    const { query, variables } = operationOf(field, { userId, session }, []);
    const text =
      session === undefined ? `All sessions of the user ${userId} are over.` : `The session ${session} is over.`;
    await gateway.graphql(query, variables).then(
      () => setNote({ text, isBad: false }),
      (error: Error) => setNote({ text: error.message, isBad: true }),
    );
    // Also after a failure: another operator may have ended it.
    onEnded();
  };
  return { end: field && end, canEndOne, note };
}
