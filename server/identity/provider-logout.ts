import { issuerNamed } from '../../core/identity/issuer-rules.ts';
import { providerTokens } from '../../core/session/sealed.ts';
import type { Session } from '../../core/session/session.ts';
import type { SessionToken } from '../../core/session/session-token.ts';
import type { KnownIssuer } from './judge-token.ts';

/**
 * Where a browser goes to end its session at the provider too (OpenID Connect RP-Initiated Logout 1.0), for issuers that
 * log in browsers here.
 * @returns undefined: the provider has no such address, or cannot be asked now; the logout here has happened anyway.
 */
export async function providerLogoutUrl(
  known: readonly KnownIssuer[],
  token: SessionToken,
  { identity }: Session,
): Promise<string | undefined> {
  if (identity === undefined) return undefined;
  const found = known.find(({ rules }) => issuerNamed(rules, identity.issuer) !== undefined);
  const browser = found?.rules.browser;
  if (found === undefined || browser === undefined) return undefined;
  const url = await found.documents.endpoint('end_session_endpoint').catch(() => undefined);
  if (url === undefined) return undefined;
  url.searchParams.set('client_id', browser.clientId);
  // The provider knows by it which session is meant, and asks no question (RP-Initiated Logout 1.0, section 2).
  const hint = providerTokens(token, identity)?.id;
  if (hint !== undefined) url.searchParams.set('id_token_hint', hint);
  if (browser.afterLogout !== undefined) url.searchParams.set('post_logout_redirect_uri', browser.afterLogout);
  return url.href;
}
