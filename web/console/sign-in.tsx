import { useState } from 'preact/hooks';
import { listProviders, type Provider, startLogin } from '../session/browser-login.ts';
import { readToken } from '../session/gateway-session.ts';
import { base, useQuery } from './api/gateway-client.ts';

interface SignInProps {
  /** Why the page asks, for example after a session has ended. */
  readonly note: string | undefined;
  readonly onToken: (token: string) => void;
}

/**
 * A login at a provider of the config, or a pasted token. The form of the token is checked here; whether it is valid is
 * found by the first call.
 */
export function SignInPage({ note, onToken }: SignInProps) {
  const [problem, setProblem] = useState<string>();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // The token is read from the form and is in no state of the page until it is used.
    const text = new FormData(event.currentTarget as HTMLFormElement).get('token');
    const read = readToken(typeof text === 'string' ? text : '');
    if ('token' in read) onToken(read.token);
    else setProblem(read.problem);
  };
  return (
    <main class="alone sign-in">
      <h1>NoETL Gateway</h1>
      <p class="lead">Sign in to see what runs and who may do what.</p>
      <Providers />
      <form onSubmit={submit} autocomplete="off">
        <label for="token">Session token</label>
        <input id="token" name="token" type="password" autocomplete="off" spellcheck={false} />
        <p class="hint" id="token-hint">
          The member <code>session_token</code> of an answer of <code>POST /api/auth/login</code>, with or without{' '}
          <code>Bearer</code>. It stays in this tab.
        </p>
        <button type="submit">Use token</button>
      </form>
      <output class="note" aria-live="polite">
        {problem ?? note ?? ''}
      </output>
    </main>
  );
}

/** A button for each provider that may return to this page; nothing where the config names no provider. */
function Providers() {
  // As the config has it under `browser.returnTo`: providers that may not return here are not listed.
  const page = `${location.origin}${base}`;
  const providers = useQuery<readonly Provider[]>({ key: ['providers'], ask: () => listProviders(page, base) });
  if (providers.data === undefined || providers.data.length === 0) return null;
  return (
    <p class="providers">
      {providers.data.map((provider) => (
        <button key={provider.name} type="button" class="primary" onClick={() => void startLogin(provider, window)}>
          Log in with {provider.name}
        </button>
      ))}
    </p>
  );
}
