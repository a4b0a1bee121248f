import { createHash, randomBytes } from 'node:crypto';

/** A user who can sign in. Further members become claims. */
export interface DevUser {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
  readonly [claim: string]: unknown;
}

/** A login in a browser at the development issuer: there are no passwords, so a user is chosen by a click. */
export interface CodeLogin {
  /** The page with the users, or the way back with a code. */
  authorize(query: URLSearchParams): CodeLoginAnswer;
  /**
   * The login of a code and its verifier; undefined: unknown, or it was used. A code can be used once, whether the
   * verifier is right or not (RFC 6749, section 4.1.2).
   */
  redeem(form: URLSearchParams): { readonly user: DevUser; readonly nonce: string | undefined } | undefined;
}

export type CodeLoginAnswer = { readonly location: string } | { readonly html: string } | { readonly refused: string };

interface Granted {
  readonly user: DevUser;
  readonly nonce: string | undefined;
  readonly challenge: string;
  readonly redirectUri: string;
}

/** @param redirectUris addresses that a login may return to */
export function createCodeLogin(users: readonly DevUser[], redirectUris: readonly string[]): CodeLogin {
  const granted = new Map<string, Granted>();
  return {
    authorize(query) {
      const redirectUri = query.get('redirect_uri') ?? '';
      const challenge = query.get('code_challenge') ?? '';
      // Refused here and not by a redirect: an address that is not registered must get nothing (RFC 6749, section
      // 4.1.2.1).
      if (!redirectUris.includes(redirectUri)) return { refused: 'redirect_uri is not registered' };
      // PKCE is required (RFC 7636), by the method S256 only.
      if (challenge === '') return { refused: 'code_challenge is missing' };
      const user = users.find(({ sub }) => sub === query.get('user'));
      if (user === undefined) return { html: chooser(users, query) };
      const code = randomBytes(16).toString('base64url');
      granted.set(code, { user, challenge, redirectUri, nonce: query.get('nonce') ?? undefined });
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      back.searchParams.set('state', query.get('state') ?? '');
      return { location: back.href };
    },
    redeem(form) {
      const code = form.get('code') ?? '';
      const found = granted.get(code);
      granted.delete(code);
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const isRight = found?.challenge === challenge && found.redirectUri === form.get('redirect_uri');
      return isRight ? { user: found.user, nonce: found.nonce } : undefined;
    },
  };
}

function chooser(users: readonly DevUser[], query: URLSearchParams): string {
  const links = users.map(({ sub, name = sub, email = '' }) => {
    // The link is the request again, with a user.
    const chosen = new URLSearchParams(query);
    chosen.set('user', sub);
    return `<li><a href="?${escaped(String(chosen))}">${escaped(name)}</a> ${escaped(email)}</li>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>Development issuer</title><h1>Who logs in?</h1><p>For development: there are no passwords.</p><ul>${links.join('')}</ul></html>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
