import { useLocation } from 'preact-iso/router';
import { permissions } from '../../../plugins/noetl-auth/access/grant.ts';
import { useQuery, useSession } from '../api/gateway-client.ts';
import { CopyText } from '../parts/controls.tsx';
import { Failed, Heading, Loading } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import type { ViewProps } from '../view-props.ts';

/**
 * One question to the policy, and the answer in the words of `noetl-gateway explain`.
 * - `roles` in the address, with commas between them, or `user`
 * - `permission`: one of {@link permissions}
 * - `path`: a catalog path, or the id of an execution; without it nothing is asked
 */
export function ExplainView({ query }: ViewProps) {
  const { route } = useLocation();
  const { me } = useSession();
  // The roles of this session to begin with. With a user in the address no role is chosen: the gateway looks them up.
  const asked = query['user'] ? '' : (query['roles'] ?? me.user.roles.join(','));
  const chosen = asked.split(',').filter((role) => me.roles.includes(role));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // Read when it is sent; nothing is asked while a person fills it.
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const roles = form.getAll('role').join(',');
    const on = String(form.get('on') ?? '').trim();
    const permission = String(form.get('permission'));
    const user = String(form.get('user') ?? '').trim();
    // An empty list of roles is a user without a role.
    const who = user === '' ? { roles } : { user };
    route(`/console/explain?${new URLSearchParams({ ...who, permission, path: on })}`);
  };
  return (
    <>
      <Heading title="Why may a user do that, or not?" answer="Every role of a user counts; a deny of one wins." />
      <form class="question" onSubmit={submit}>
        <fieldset>
          <legend>Roles of the user</legend>
          {me.roles.map((role) => (
            <label key={role} class="choice">
              <input type="checkbox" name="role" value={role} defaultChecked={chosen.includes(role)} /> {role}
            </label>
          ))}
        </fieldset>
        <label>
          <span>or user id, as audit lines have it</span>
          <input name="user" spellcheck={false} defaultValue={query['user'] ?? ''} />
        </label>
        <label>
          <span>Permission</span>
          <select name="permission" defaultValue={query['permission'] ?? 'execute'}>
            {permissions.map((permission) => (
              <option key={permission}>{permission}</option>
            ))}
          </select>
        </label>
        <label class="wide">
          <span>Playbook path, or id of an execution</span>
          <input
            name="on"
            data-search
            required
            spellcheck={false}
            placeholder="data/report"
            defaultValue={query['path'] ?? ''}
          />
        </label>
        <button type="submit" class="primary">
          Explain
        </button>
      </form>
      {query['path'] !== undefined && query['path'] !== '' && (
        <Answer roles={chosen} user={query['user']} permission={query['permission'] ?? 'execute'} on={query['path']} />
      )}
    </>
  );
}

interface AnswerProps {
  readonly roles: readonly string[];
  readonly user: string | undefined;
  readonly permission: string;
  readonly on: string;
}

/** The answer, or the reason why there is no answer. */
function Answer({ roles, user, permission, on }: AnswerProps) {
  const { gateway } = useSession();
  // Digits alone are the id of an execution; a catalog path of digits alone cannot be asked about here.
  const target = /^\d+$/.test(on) ? { execution: on } : { path: on };
  const found = useQuery({
    // Either has a type of its own, so a user `a` and a role `a` are different questions.
    key: ['explain', user ?? roles, permission, on],
    ask: (signal) => gateway.section('explain', { ...(user ? { user } : { roles }), permission, ...target }, signal),
  });
  if (found.error) return <Failed error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading rows={3} />;
  const { allowed, lines, missing, path, seenAt, roles: had = [] } = found.data;
  // `explain` prints the answer in its first line.
  const [first = '', ...reasons] = lines;
  return (
    <section class={`verdict ${allowed ? 'yes' : 'no'}`} aria-live="polite">
      <h2>{first}</h2>
      {seenAt !== undefined && (
        <p class="quiet">
          The user {user} had the roles {had.join(', ') || 'none'} <Ago time={seenAt} />.
        </p>
      )}
      {path !== undefined && (
        <p class="quiet">
          The execution is one of <code>{path}</code>.
        </p>
      )}
      <ul class="plain">
        {reasons.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {missing !== undefined && (
        <p>
          <CopyText text={missing} what="the grant that would allow it" />
        </p>
      )}
    </section>
  );
}
