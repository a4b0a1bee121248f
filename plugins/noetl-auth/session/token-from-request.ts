import { parseSessionToken, type SessionToken } from './session-token.ts';

/** Where a caller's token was found. A `cookie` is sent by browsers unasked: such requests need cross-site checks. */
export type TokenSource = 'bearer' | 'header' | 'cookie';

/** `malformed`: a token is there but cannot be one. It never makes way for the next source. */
export type PresentedToken =
  | { readonly outcome: 'present'; readonly token: SessionToken; readonly source: TokenSource }
  | { readonly outcome: 'malformed'; readonly source: TokenSource }
  | { readonly outcome: 'missing' };

/** Reads a header by its lower-case name; a list when the caller sent it several times. */
export type ReadHeader = (name: string) => string | readonly string[] | null | undefined;

const bearerScheme = /^bearer(?:[\s,]|$)/i;
const cookieName = 'session_token';

/**
 * The session token that a request presents: `Authorization: Bearer` (the scheme in any case), then `X-Session-Token`, then
 * the cookie `session_token`. The first one that is present wins. An `Authorization` of another scheme is not a token.
 * @see protocol.md, "Session Token Delivery"
 */
export function tokenFromRequest(readHeader: ReadHeader): PresentedToken {
  const authorization = tokensIn(readHeader('authorization'), bearerCredentials);
  if (authorization.length > 0) return judge(authorization, 'bearer');
  const header = tokensIn(readHeader('x-session-token'), asItIs);
  if (header.length > 0) return judge(header, 'header');
  const cookies = tokensIn(readHeader('cookie'), sessionCookies);
  if (cookies.length > 0) return judge(cookies, 'cookie');
  return { outcome: 'missing' };
}

/** @param find the tokens in one value of the header */
function tokensIn(sent: ReturnType<ReadHeader>, find: (value: string) => readonly string[]): readonly string[] {
  if (sent === null || sent === undefined) return none;
  // Nearly all requests have one token in one header.
  return typeof sent === 'string' ? find(sent) : sent.flatMap(find);
}

const none: readonly string[] = [];
const asItIs = (value: string): readonly string[] => [value];

/** Two different tokens from one source count as no token: the party that added the second must not decide. */
function judge(candidates: readonly string[], source: TokenSource): PresentedToken {
  const [first = ''] = candidates;
  const token = parseSessionToken(first);
  if (token === undefined || candidates.some((other) => other !== first)) return { outcome: 'malformed', source };
  return { outcome: 'present', token, source };
}

/** @returns nothing when the scheme is not Bearer; what follows the scheme and its blanks otherwise. */
function bearerCredentials(value: string): readonly string[] {
  if (!bearerScheme.test(value)) return none;
  let start = 'bearer'.length;
  while (value[start] === ' ') start += 1;
  // Any other text after the scheme is an invalid token; without a blank before it, the header counts as missing.
  return [start > 'bearer'.length ? value.slice(start) : ''];
}

function sessionCookies(header: string): readonly string[] {
  return header
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((pair) => pair.startsWith(`${cookieName}=`))
    .map((pair) => pair.slice(cookieName.length + 1));
}
