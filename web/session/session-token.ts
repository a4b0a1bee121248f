const storageKey = 'noetl-gateway:session-token';

/** What the page needs of `window` for the session token. */
export interface TokenPlaces {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/** A token that can be sent, or the reason why a pasted text is not one. */
export type ReadToken = { readonly token: string } | { readonly problem: string };

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
