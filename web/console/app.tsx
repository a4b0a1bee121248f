import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { FinishedLogin } from '../session/browser-login.ts';
import { judgeOffer, logOut } from '../session/gateway-session.ts';
import { keepSessionToken, type TakenToken } from '../session/session-token.ts';
import { base, createGatewayClient } from './api/gateway-client.ts';
import { SessionContext } from './api/me.ts';
import { queries, useQuery } from './api/use-query.ts';
import { Frame } from './frame.tsx';
import { Failed, Loading } from './parts/states.tsx';
import { SignInPage } from './sign-in.tsx';

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
