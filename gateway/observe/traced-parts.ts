import type { Parts } from '../compose.ts';
import type { Tracing } from './tracing.ts';

/**
 * The same parts, with a span for each look at a session, each identity token and each login. Called where tracing is
 * on only, so that requests do nothing for it otherwise.
 */
export function tracedParts(parts: Parts, { span }: Tracing): Parts {
  const { sessions, verifier, login } = parts;
  return {
    ...parts,
    sessions: { ...sessions, lookup: (token, guesses) => span('auth', async () => sessions.lookup(token, guesses)) },
    verifier: {
      ...verifier,
      verify: (...given) => span('auth identity token', () => verifier.verify(...given)),
    },
    login: { login: (...given) => span('auth login', () => login.login(...given)) },
  };
}
