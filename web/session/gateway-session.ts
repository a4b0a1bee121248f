/** The user of a session, as the gateway names them. */
interface SessionUser {
  readonly user_id: string | number;
  readonly display_name: string;
  readonly roles: readonly string[];
}

/** Whether the gateway accepts a token, in words for the page. `valid` undefined: it could not be found out. */
export interface SessionState {
  readonly valid: boolean | undefined;
  readonly text: string;
  /** Whose session it is; absent unless it is valid. */
  readonly user?: SessionUser;
}

const post = (url: string, body: unknown, token?: string): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });

/**
 * Asks the gateway whether a token is a session, and whose.
 * @param base in front of the gateway's paths; empty on its public listener
 * @returns never rejects: an outage is `valid: undefined`, since the token may well be good
 */
export async function checkSession(token: string, base = ''): Promise<SessionState> {
  try {
    const response = await post(`${base}/api/auth/validate`, { session_token: token });
    if (!response.ok) {
      return { valid: undefined, text: `The session could not be checked (HTTP ${response.status}). Try again.` };
    }
    const { valid, user } = (await response.json()) as { valid: boolean; user: SessionUser | null };
    return valid && user !== null
      ? { valid: true, text: `Session active: ${nameOf(user)}. It ends with this tab, or with the button.`, user }
      : { valid: false, text: 'The gateway does not accept this token. Log in again and paste the new one.' };
  } catch {
    return { valid: undefined, text: 'The gateway does not answer. Try again.' };
  }
}

/** A user with their roles, for example `Ann Analyst (analyst)`. */
const nameOf = ({ display_name, roles }: SessionUser): string => `${display_name} (${roles.join(', ') || 'no role'})`;

/** What becomes of a session that a link has brought to a tab with a session: the token to go on with, or a question to the user. */
type OfferedSession = { readonly token: string } | { readonly question: string };

/**
 * Judges the session of a link. It takes the place of the tab's own without a question when that one is over, or is of the same user;
 * one that is not valid changes nothing.
 * @returns never rejects: what cannot be found out is a question
 */
export async function judgeOffer(token: string, offered: string, base = ''): Promise<OfferedSession> {
  const [own, other] = await Promise.all([checkSession(token, base), checkSession(offered, base)]);
  if (other.valid === false) return { token };
  const isSame = own.user !== undefined && own.user.user_id === other.user?.user_id;
  if (own.valid === false || isSame) return { token: offered };
  const whose = ({ user }: SessionState) => (user === undefined ? 'a user who could not be found out' : nameOf(user));
  return { question: `This tab has a session of ${whose(own)}. The link has a session of ${whose(other)}.` };
}

/** Ends the session at the gateway, for every tab and client that uses it. @returns never rejects */
export async function logOut(token: string, base = ''): Promise<SessionState> {
  const response = await post(`${base}/api/auth/logout`, {}, token).catch(() => undefined);
  // 401: the session was over already.
  return response?.ok === true || response?.status === 401
    ? { valid: false, text: 'Session ended.' }
    : { valid: undefined, text: 'Removed from this tab. The gateway did not confirm that the session has ended.' };
}

const storageKey = 'noetl-gateway:session-token';

/** What the page needs of `window` for the session token. */
interface TokenPlaces {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/** A token that can be sent, or the reason why a pasted text is not one. */
type ReadToken = { readonly token: string } | { readonly problem: string };

/** Reads a pasted token, with or without `Bearer`. The same form as the gateway accepts: no blanks, at most 4 KiB. */
export function readToken(text: string): ReadToken {
  const token = text.trim().replace(/^bearer(?:\s+|$)/i, '');
  if (token === '') return { problem: 'Paste a session token.' };
  if (!/^[\x21-\x7e]+$/.test(token)) {
    return { problem: 'A session token has no blanks and only ASCII characters. Copy it again.' };
  }
  return token.length > 4096 ? { problem: 'A session token has at most 4,096 characters.' } : { token };
}

/** The token that a page begins with; empty: none. `offered`: another one, which a link brought to a tab that has a session. */
export interface TakenToken {
  readonly token: string;
  readonly offered?: string;
}

/**
 * The token to begin with: that of this tab's session storage, else of the fragment `#token=…`, which is removed from the address at
 * once. A fragment is never sent to a server. In a tab with a session the fragment is only offered: a link could sign a user in as
 * another one.
 */
export function takeSessionToken({ location, history, sessionStorage }: TokenPlaces): TakenToken {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  const token = sessionStorage.getItem(storageKey) ?? '';
  if (given === null) return { token };
  history.replaceState(null, '', location.pathname + location.search);
  const read = readToken(given);
  // A broken link signs in with no older token in silence.
  if ('problem' in read) return { token: '' };
  if (token !== '' && token !== read.token) return { token, offered: read.token };
  sessionStorage.setItem(storageKey, read.token);
  return read;
}

/** Keeps the token until the tab is closed; an empty one is removed. */
export function keepSessionToken(token: string, { sessionStorage }: Pick<TokenPlaces, 'sessionStorage'>): void {
  if (token === '') sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, token);
}
