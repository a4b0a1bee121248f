import { readToken } from './gateway-session.ts';

/** In the tab's session storage: another tab cannot finish the login, and it ends with the tab. */
const verifierKey = 'noetl-gateway:login-verifier';
const fromKey = 'noetl-gateway:login-from';

/** A provider that logs in browsers and returns to this page. */
export interface Provider {
  readonly name: string;
  /** The gateway's login route for this provider and this page, with a query. */
  readonly start_url: string;
}

/** What the login needs of `window`. */
export interface LoginPlaces {
  readonly location: Pick<Location, 'pathname' | 'search' | 'assign'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/**
 * The providers of the config that may return to the page; an empty list where the gateway does not answer: a token can still be
 * pasted.
 * @param base in front of the gateway's paths; empty on its public listener
 * @param page the address of the page as the config has it under `returnTo`
 */
export async function listProviders(page: string, base = ''): Promise<readonly Provider[]> {
  try {
    const response = await fetch(`${base}/api/auth/providers?${new URLSearchParams({ return: page })}`);
    const { providers } = (await response.json()) as { providers?: readonly Provider[] };
    return providers ?? [];
  } catch {
    return [];
  }
}

/** Sends the browser to the provider. The code that comes back is of use to this tab alone (RFC 7636). */
export async function startLogin({ start_url }: Provider, { location, sessionStorage }: LoginPlaces): Promise<void> {
  // 32 random bytes, as RFC 7636, section 4.1 recommends.
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  sessionStorage.setItem(verifierKey, verifier);
  sessionStorage.setItem(fromKey, location.pathname + location.search);
  location.assign(`${start_url}&code_challenge=${base64url(new Uint8Array(digest))}`);
}

/** A session, the reason why the login failed, or undefined: no login has come back. */
export type FinishedLogin = { readonly token: string } | { readonly problem: string } | undefined;

/**
 * Takes the code or the error of a login from the address, which becomes at once what it was before the login, and exchanges
 * the code.
 */
export async function finishLogin(places: LoginPlaces, base = ''): Promise<FinishedLogin> {
  const { location, history, sessionStorage } = places;
  const query = new URLSearchParams(location.search);
  const [code, error] = [query.get('code'), query.get('error')];
  const verifier = sessionStorage.getItem(verifierKey);
  // A page of the console may have a member of that name; without a verifier no login was started here.
  if (verifier === null || (code === null && error === null)) return undefined;
  const from = sessionStorage.getItem(fromKey) ?? location.pathname;
  // Before the exchange: a code and its verifier are used once, also when the exchange fails.
  sessionStorage.removeItem(verifierKey);
  sessionStorage.removeItem(fromKey);
  history.replaceState(null, '', from);
  if (code === null) return { problem: `The login was refused (${error}).` };
  try {
    const response = await fetch(`${base}/api/auth/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, code_verifier: verifier }),
    });
    const answer = (await response.json()) as { session_token?: string; error?: string };
    const read = readToken(answer.session_token ?? '');
    return 'token' in read ? read : { problem: answer.error ?? 'The login could not be finished.' };
  } catch {
    return { problem: 'The gateway does not answer. Log in again.' };
  }
}

/** Without padding (RFC 7636, appendix A). */
function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
