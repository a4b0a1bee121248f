import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { FinishedLogin } from '../session/browser-login.ts';
import { logOut } from '../session/gateway-session.ts';
import { keepSessionToken } from '../session/session-token.ts';
import { base, createGatewayClient } from './api/gateway-client.ts';
import { SessionContext } from './api/me.ts';
import { queries, useQuery } from './api/use-query.ts';
import { Frame } from './frame.tsx';
import { Failed, Loading } from './parts/states.tsx';
import { SignInPage } from './sign-in.tsx';

interface AppProps {
  /** Empty: no session yet. */
  readonly initialToken: string;
  /** Of a login that has come back to this page. */
  readonly login: Promise<FinishedLogin>;
}

/** Without a session the page asks for one and shows nothing else. */
export function App({ initialToken, login }: AppProps) {
  const [token, setToken] = useState(initialToken);
  const [note, setNote] = useState<string>();

  /** Takes a token, or an empty text to end the session, and shows the reason. */
  const use = useCallback((next: string, text?: string) => {
    // What the session before was answered must not be shown to this one: keys of queries do not name the user.
    queries.clear();
    keepSessionToken(next, window);
    setToken(next);
    setNote(text);
  }, []);

  const over = useCallback((text: string) => use('', text), [use]);

  useEffect(() => {
    void login.then((finished) => {
      if (finished === undefined) return;
      if ('token' in finished) use(finished.token);
      else setNote(finished.problem);
    });
  }, [login, use]);

  // A new token makes everything below anew, with the streams and the state of forms.
  return token === '' ? <SignInPage note={note} onToken={use} /> : <SignedIn key={token} token={token} onOver={over} />;
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
