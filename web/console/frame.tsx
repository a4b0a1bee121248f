import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { troubles, useHealth } from './api/health.ts';
import { useSession } from './api/me.ts';
import { Keys } from './keys.tsx';
import { Empty, Heading } from './parts/states.tsx';
import { viewAt, views } from './views.tsx';

/**
 * Navigation, the session, and the view that the address names. Views that are not for this session are not in the
 * navigation; that is for the eye only, since the gateway refuses their calls.
 */
export function Frame() {
  const { me, end } = useSession();
  const { path, query } = useLocation();
  const view = viewAt(path);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${view.title} · NoETL Gateway`;
    // A change of the view is not a new page for a screen reader, so the focus moves to what is new. Not when the page
    // opens.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
    // On a phone the views are in a row that scrolls.
    document.querySelector('nav [aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [view.title]);
  // Asked for in every view of an operator: a trouble is marked in the navigation.
  const health = useHealth().data;
  const isUnwell = health !== undefined && troubles(health).length > 0;
  // A link to a hidden view still opens it; the view then names its users.
  const shown = views.filter(({ forOperators }) => me.isOperator || !forOperators);
  return (
    <div class="frame">
      <a class="skip" href="#content">
        To the content
      </a>
      <header>
        <p class="product">NoETL Gateway {me.version !== 'unknown' && <span class="quiet">{me.version}</span>}</p>
        <nav aria-label="Views">
          <ul>
            {shown.map(({ name, title }) => (
              <li key={name}>
                <a href={`/console/${name}`} aria-current={view.name === name ? 'page' : undefined}>
                  {title}
                  {name === 'health' && isUnwell && <span class="dot">fails</span>}
                  {name === 'upstream' && health?.drift === 'differs' && <span class="dot">differs</span>}
                </a>
              </li>
            ))}
            {me.graphiql && (
              <li>
                <a href={me.graphiql}>GraphiQL</a>
              </li>
            )}
          </ul>
        </nav>
        <div class="account">
          <p>
            <span class="who" title={me.user.email ?? undefined}>
              {me.user.display_name}
            </span>
            <span class="quiet">{me.user.roles.join(', ') || 'no role'}</span>
          </p>
          <button type="button" onClick={end}>
            Sign out
          </button>
        </div>
      </header>
      <main id="content" ref={main} tabIndex={-1}>
        {me.isOperator || !view.forOperators ? (
          <view.View key={view.name} path={path} query={query} />
        ) : (
          <ForOperators title={view.title} />
        )}
      </main>
      <Keys />
    </div>
  );
}

/** The content of a view for a session that may not see it. */
function ForOperators({ title }: { readonly title: string }) {
  const { me } = useSession();
  return (
    <>
      <Heading title={title} />
      <Empty title={`${title} is for the roles ${me.operatorRoles.join(', ')}.`}>
        <p class="quiet">
          The config names them in <code>console.roles</code>. Your roles are {me.user.roles.join(', ') || 'none'}.
        </p>
      </Empty>
    </>
  );
}
