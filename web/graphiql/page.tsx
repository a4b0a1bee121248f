import { useGraphiQL } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { FinishedLogin } from '../session/browser-login.ts';
import {
  checkSession,
  judgeOffer,
  keepSessionToken,
  logOut,
  type SessionState,
  type TakenToken,
} from '../session/gateway-session.ts';
import { createFetcher } from './fetcher.ts';
import { keptTab } from './kept-tab.ts';
import { protocolOperations, protocolVariables, startedExecution, withExecution } from './protocol-operations.ts';
import { SessionBar } from './session-bar.tsx';

/** Writes the id of a started execution into the variables, for the operations that read it. Shows which one it is. */
function FillExecution({ id }: { readonly id: string | undefined }) {
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  useEffect(() => {
    if (id === undefined || variableEditor === undefined) return;
    const filled = withExecution(variableEditor.getValue(), id);
    // Variables that a person has emptied or broken are left alone.
    if (filled !== undefined) variableEditor.setValue(filled);
  }, [id, variableEditor]);
  return id === undefined ? null : <p className="started">Started execution {id}. Its id is in the variables.</p>;
}

/** Reports that the editors are there. GraphiQL shows its buttons before, and loses a click on them. */
function WhenReady({ onReady }: { readonly onReady: () => void }) {
  const isReady = useGraphiQL(({ queryEditor, responseEditor }) => !!queryEditor && !!responseEditor);
  useEffect(() => {
    if (isReady) onReady();
  }, [isReady, onReady]);
  return null;
}

const noSession: SessionState = { valid: false, text: 'No session. The schema appears once a token is in use.' };

// Once, before GraphiQL writes its own state into the same storage.
const tab = keptTab(localStorage, { initialQuery: protocolOperations, initialVariables: protocolVariables });

interface PageProps {
  readonly taken: TakenToken;
  /** Of a login that has come back to this page. */
  readonly login: Promise<FinishedLogin>;
}

/** The session of the tab: that of the address or the tab, or of a login that has come back. */
function useSession({ taken, login }: PageProps) {
  const [token, setToken] = useState(taken.token);
  const [state, setState] = useState<SessionState>(
    taken.token === '' ? noSession : { valid: undefined, text: 'Checking …' },
  );
  const [question, setQuestion] = useState<string>();

  /** Takes a token when the gateway does not refuse it. */
  const begin = useCallback(async (given: string) => {
    setState({ valid: undefined, text: 'Checking …' });
    const found = await checkSession(given);
    setState(found);
    // A token that could not be checked is kept: the next request may well succeed.
    setToken(found.valid === false ? '' : given);
    keepSessionToken(found.valid === false ? '' : given, window);
  }, []);

  /** The token leaves the tab first, so that it is gone even when the gateway does not answer. */
  const end = useCallback(async (ended: string) => {
    setState({ valid: undefined, text: 'Ending …' });
    setToken('');
    keepSessionToken('', window);
    setState(await logOut(ended));
  }, []);

  useEffect(() => {
    if (taken.token === '') return;
    if (taken.offered === undefined) void begin(taken.token);
    else {
      void judgeOffer(taken.token, taken.offered).then((judged) => {
        if ('question' in judged) setQuestion(judged.question);
        void begin('token' in judged ? judged.token : taken.token);
      });
    }
  }, [taken, begin]);

  const answer = (isOfLink: boolean) => {
    setQuestion(undefined);
    if (isOfLink) void begin(taken.offered ?? '');
  };

  useEffect(() => {
    void login.then((finished) => {
      if (finished === undefined) return;
      if ('token' in finished) void begin(finished.token);
      else setState({ valid: false, text: finished.problem });
    });
  }, [login, begin]);

  return { token, state, question, answer, begin, end };
}

/** The bar with the session, and GraphiQL under it. The schema is read when a session is active, and not before. */
export function Page(props: PageProps) {
  const { token, state, question, answer, begin, end } = useSession(props);
  const [started, setStarted] = useState<string>();
  // GraphiQL shows its buttons before the editors are there, and ignores a click on them.
  const [isReady, setReady] = useState(false);
  const ready = useCallback(() => setReady(true), []);

  const fetcher = useMemo(() => {
    const send = createFetcher(token);
    // The id of a started execution is written into the variables, for the operations that read it.
    const watched: typeof send = async (...args) => {
      const answer = await send(...args);
      const id = startedExecution(answer);
      if (id !== undefined) setStarted(id);
      return answer;
    };
    return watched;
  }, [token]);

  return (
    <>
      <SessionBar
        active={token !== ''}
        state={state}
        question={question}
        onAnswer={answer}
        onBegin={begin}
        onEnd={() => end(token)}
      />
      <main inert={!isReady}>
        <GraphiQL
          fetcher={fetcher}
          {...(state.valid === true ? {} : { schema: null })}
          schemaDescription
          inputValueDeprecation
          customScalarSchemas={{ JSON: {} }}
          {...tab}
          defaultEditorToolsVisibility="variables"
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>
            <h2 className="graphiql-logo">GraphiQL</h2>
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <FillExecution id={started} />
            <WhenReady onReady={ready} />
          </GraphiQL.Footer>
        </GraphiQL>
      </main>
    </>
  );
}
