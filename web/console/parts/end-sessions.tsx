import { useState } from 'preact/hooks';
import { operationOf } from '../api/fields.ts';
import { useSession } from '../api/me.ts';
import { ConfirmButton } from './confirm-button.tsx';

/** Ends all sessions of a user, on all replicas. The gateway decides whether the session may, and writes it down. */
export function EndSessions() {
  const { gateway, me } = useSession();
  const [userId, setUserId] = useState('');
  const [note, setNote] = useState<{ readonly text: string; readonly isBad: boolean }>();
  const field = me.fields.endSessions;
  if (field === undefined) return null;
  const end = async () => {
    const { query, variables } = operationOf(field, { userId }, []);
    await gateway.graphql(query, variables).then(
      () => setNote({ text: `All sessions of the user ${userId} are over.`, isBad: false }),
      (error: Error) => setNote({ text: error.message, isBad: true }),
    );
  };
  return (
    <section>
      <h2>End the sessions of a user</h2>
      <div class="search">
        <label>
          <span>User id, as the audit lines have it</span>
          <input type="text" value={userId} onInput={(event) => setUserId(event.currentTarget.value.trim())} />
        </label>
        <ConfirmButton
          label="End sessions"
          confirm="Really end"
          reason={userId === '' ? 'Enter the id of a user.' : undefined}
          onConfirm={end}
        />
      </div>
      <output class={note?.isBad ? 'problem' : 'quiet'} aria-live="polite">
        {note?.text ?? ''}
      </output>
    </section>
  );
}
