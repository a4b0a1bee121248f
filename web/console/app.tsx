import type { ComponentType } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { FinishedLogin } from '../session/browser-login.ts';
import { judgeOffer, keepSessionToken, logOut, type TakenToken } from '../session/gateway-session.ts';
import { base, createGatewayClient, queries, SessionContext, useQuery, useSession } from './api/gateway-client.ts';
import { troubles, useHealth } from './api/health.ts';
import { Empty, Failed, Heading, Loading } from './parts/table.tsx';
import { SignInPage } from './sign-in.tsx';
import type { ViewProps } from './view-props.ts';
import { AccessView } from './views/access.tsx';
import { AuditView } from './views/audit.tsx';
import { ExecutionsView } from './views/executions.tsx';
import { ExplainView } from './views/explain.tsx';
import { HealthView } from './views/health.tsx';
import { PlaybooksView } from './views/playbooks.tsx';
import { PolicyView } from './views/policy.tsx';
import { UpstreamView } from './views/upstream.tsx';

interface View {
  /** The address below `/console/`. */
  readonly name: string;
  readonly title: string;
  /** After `g`. */
  readonly letter: string;
  /** Only roles of `console.roles` see it. */
  readonly forOperators: boolean;
  readonly View: ComponentType<ViewProps>;
}

/** In the order of the navigation. Letters are unique; the first view is the one of `/console`. */
const views: readonly View[] = [
  { name: 'executions', title: 'Executions', letter: 'e', forOperators: false, View: ExecutionsView },
  { name: 'playbooks', title: 'Playbooks', letter: 'p', forOperators: false, View: PlaybooksView },
  { name: 'access', title: 'Access', letter: 'a', forOperators: true, View: AccessView },
  { name: 'explain', title: 'Explain', letter: 'x', forOperators: true, View: ExplainView },
  { name: 'policy', title: 'Policy', letter: 'y', forOperators: true, View: PolicyView },
  { name: 'upstream', title: 'Upstream', letter: 'd', forOperators: true, View: UpstreamView },
  { name: 'health', title: 'Health', letter: 'h', forOperators: true, View: HealthView },
  { name: 'audit', title: 'Audit', letter: 'u', forOperators: true, View: AuditView },
];

/** The view of an address; the first one for an address without a view. */
function viewAt(path: string): View {
  const name = path.split('/')[2] ?? '';
  const [first] = views;
  const found = views.find((view) => view.name === name) ?? first;
  if (found === undefined) throw new Error('The console has no views.');
  return found;
}

/** Keys: `/` search, `g` and a letter for a view, `?` this list. Not while a person writes. */
function Keys() {
  const { route } = useLocation();
  const { me } = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  // The same for each drawing, so that the listener is not taken off and put on again.
  const shown = useMemo(() => views.filter(({ forOperators }) => me.isOperator || !forOperators), [me.isOperator]);
  useEffect(() => {
    // One reader for one listener: it remembers the `g`.
    const keyOf = createKeyReader();
    const onKey = (event: KeyboardEvent) => {
      const key = keyOf(event);
      const view = shown.find(({ letter }) => key === `g ${letter}`);
      if (view !== undefined) route(`/console/${view.name}`);
      if (key === '?') dialog.current?.showModal();
      if (key === '/') focusSearch(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [route, shown]);
  return (
    <dialog ref={dialog} aria-label="Keys" class="keys">
      <h2>Keys</h2>
      <dl>
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Search</dd>
        {shown.map(({ name, title, letter }) => [
          <dt key={`${name} key`}>
            <kbd>g</kbd> <kbd>{letter}</kbd>
          </dt>,
          <dd key={name}>{title}</dd>,
        ])}
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>This list</dd>
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

/**
 * Reads keys, `g` and a letter as one (`g e`), within 1.5 s; undefined while a person writes, and with Ctrl, Meta or
 * Alt, which are keys of the browser.
 */
function createKeyReader(): (event: KeyboardEvent) => string | undefined {
  let leaderAt = 0;
  return ({ key, target, ctrlKey, metaKey, altKey }) => {
    const isWriting = target instanceof Element && target.closest('input, textarea, select') !== null;
    if (ctrlKey || metaKey || altKey || isWriting) return undefined;
    const isSecond = Date.now() - leaderAt < 1_500;
    leaderAt = key === 'g' ? Date.now() : 0;
    return isSecond ? `g ${key}` : key;
  };
}

/** Moves to the search of the view, where it has one. */
function focusSearch(event: KeyboardEvent): void {
  const search = document.querySelector<HTMLElement>('[data-search]');
  if (search === null) return;
  // Else the `/` is typed into the field.
  event.preventDefault();
  search.focus();
}

/**
 * Navigation, the session, and the view that the address names. Views that are not for this session are not in the
 * navigation; that is for the eye only, since the gateway refuses their calls.
 */
function Frame() {
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

interface AppProps {
  readonly taken: TakenToken;
  /** Of a login that has come back to this page. */
  readonly login: Promise<FinishedLogin>;
}

/** Without a session the page asks for one and shows nothing else. */
export function App({ taken, login }: AppProps) {
  const [token, setToken] = useState(taken.token);
  const [note, setNote] = useState<string>();
  // A session that a link has brought, until it is known whether to use it.
  const [offered, setOffered] = useState(taken.offered);

  /** Takes a token, or an empty text to end the session, and shows the reason. */
  const use = useCallback((next: string, text?: string) => {
    // What the session before was answered must not be shown to this one: keys of queries do not name the user.
    queries.clear();
    keepSessionToken(next, window);
    setToken(next);
    setNote(text);
  }, []);

  const answered = useCallback(
    (next: string) => {
      setOffered(undefined);
      if (next !== token) use(next);
    },
    [token, use],
  );

  const over = useCallback((text: string) => use('', text), [use]);

  useEffect(() => {
    void login.then((finished) => {
      if (finished === undefined) return;
      if ('token' in finished) use(finished.token);
      else setNote(finished.problem);
    });
  }, [login, use]);

  if (offered !== undefined) return <WhichSession token={token} offered={offered} onAnswer={answered} />;
  // A new token makes everything below anew, with the streams and the state of forms.
  return token === '' ? <SignInPage note={note} onToken={use} /> : <SignedIn key={token} token={token} onOver={over} />;
}

interface WhichSessionProps {
  readonly token: string;
  readonly offered: string;
  readonly onAnswer: (token: string) => void;
}

/** Asks before the session of a link takes the place of another user's. Until then nothing is done with either. */
function WhichSession({ token, offered, onAnswer }: WhichSessionProps) {
  const [question, setQuestion] = useState<string>();
  useEffect(() => {
    void judgeOffer(token, offered, base).then((judged) => {
      if ('token' in judged) onAnswer(judged.token);
      else setQuestion(judged.question);
    });
  }, [token, offered, onAnswer]);
  if (question === undefined) {
    return (
      <main class="alone">
        <Loading rows={4} />
      </main>
    );
  }
  return (
    <main class="alone sign-in">
      <h1>Which session?</h1>
      <p class="lead">{question}</p>
      <p class="providers">
        <button type="button" class="primary" onClick={() => onAnswer(token)}>
          Keep this tab’s session
        </button>
        <button type="button" onClick={() => onAnswer(offered)}>
          Use the link’s session
        </button>
      </p>
    </main>
  );
}

interface SignedInProps {
  readonly token: string;
  readonly onOver: (text: string) => void;
}

/** Reads who the session is of. Until then no view is drawn: each needs `me`. */
function SignedIn({ token, onOver }: SignedInProps) {
  const gateway = useMemo(
    () => createGatewayClient(token, () => onOver('The gateway no longer accepts this session. Sign in again.')),
    [token, onOver],
  );
  const me = useQuery({ key: ['me'], ask: (signal) => gateway.section('me', undefined, signal) });
  const end = async () => {
    // First out of the tab: the token is gone from here even when the gateway does not answer.
    onOver('Ending …');
    onOver((await logOut(token, base)).text);
  };
  if (me.data !== undefined) {
    return (
      <SessionContext.Provider value={{ gateway, me: me.data, end: () => void end() }}>
        <Frame />
      </SessionContext.Provider>
    );
  }
  return (
    <main class="alone">
      {me.error ? <Failed error={me.error} retry={() => void me.refetch()} /> : <Loading rows={4} />}
    </main>
  );
}
