import { type FormEvent, useEffect, useState } from 'react';
import { listProviders, type Provider, startLogin } from '../session/browser-login.ts';
import type { SessionState } from '../session/gateway-session.ts';
import { readToken } from '../session/gateway-session.ts';

interface SessionBarProps {
  /** A token is in use; whether the gateway accepts it is in `state`. */
  readonly active: boolean;
  readonly state: SessionState;
  /** Which session to use, when a link has brought another user's. */
  readonly question: string | undefined;
  readonly onAnswer: (isOfLink: boolean) => void;
  readonly onBegin: (token: string) => void;
  readonly onEnd: () => void;
}

/**
 * Logs in at a provider, takes a session token, shows whether it is accepted, and ends the session. `data-valid` of the
 * output is for the style.
 */
export function SessionBar({ active, state, question, onAnswer, onBegin, onEnd }: SessionBarProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [providers, setProviders] = useState<readonly Provider[]>([]);

  useEffect(() => {
    // Only where a login is possible. The address is that of the page, as the config has it under `browser.returnTo`.
    if (!active) void listProviders(`${location.origin}/graphql`).then(setProviders);
  }, [active]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readToken(text);
    setProblem('problem' in read ? read.problem : undefined);
    // The text stays in the field, so that it can be corrected.
    if ('problem' in read) return;
    // The token is not left in the field: it is in the tab's session storage from now on.
    setText('');
    onBegin(read.token);
  };

  return (
    <header className="session-bar">
      <h1>NoETL Gateway</h1>
      {question !== undefined && (
        <div role="alertdialog" aria-labelledby="whose">
          <p id="whose">{question}</p>
          <button type="button" onClick={() => onAnswer(false)}>
            Keep this tab’s session
          </button>
          <button type="button" onClick={() => onAnswer(true)}>
            Use the link’s session
          </button>
        </div>
      )}
      {active ? (
        <button type="button" onClick={onEnd}>
          End session
        </button>
      ) : (
        <form onSubmit={submit} autoComplete="off">
          {providers.map((provider) => (
            <button key={provider.name} type="button" onClick={() => void startLogin(provider, window)}>
              Log in with {provider.name}
            </button>
          ))}
          <label htmlFor="token">Session token</label>
          <input
            id="token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            placeholder="from POST /api/auth/login"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <button type="submit">Use</button>
        </form>
      )}
      <output htmlFor="token" data-valid={String(state.valid)}>
        {problem ?? state.text}
      </output>
    </header>
  );
}
