import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { IssuerRules } from '../../../core/identity/issuer-rules.ts';
import type { Identity } from '../../../core/ports.ts';

/** The input of NoETL's login for an identity: a token whose claims it reads, and the domain that its `iss` must name. */
export interface NoetlToken {
  readonly token: string;
  readonly domain: string;
}

/**
 * NoETL's masking of long unbroken texts is quadratic; a token of this length is within what it takes in milliseconds.
 */
const longestPassed = 4_000;
/** `auth0_id` of NoETL's user table. */
const longestSubject = 255;
const lifeSecs = 300;

/**
 * The token that NoETL's login reads. A provider's token is passed on when NoETL finds in it all that it looks for: its
 * `iss` is `https://<domain>/`, and it holds the e-mail that was verified. Any other is replaced by one that the gateway
 * makes of the verified identity, without a signature: NoETL reads the claims and does not check the signature. So a token without an e-mail,
 * of Entra or of a realm works too, and one of another issuer never names a user of the first.
 *
 * An identity that was not verified (shadow mode) is passed on as it came.
 */
export function tokenForNoetl(token: string, identity: Identity, rules: IssuerRules, nowMs: number): NoetlToken {
  const url = new URL(identity.issuer);
  if (identity.unverified === true || isPassable(token, identity, rules, url)) return { token, domain: url.host };
  const domain = `${url.host}${url.pathname}`.replace(/\/+$/, '');
  const now = Math.floor(nowMs / 1000);
  const claims = {
    iss: `https://${domain}/`,
    sub: noetlSubject(identity, rules),
    aud: rules.audiences[0],
    iat: now,
    exp: now + lifeSecs,
    email: identity.email,
    email_verified: identity.email === undefined ? undefined : true,
    name: identity.name ?? identity.email,
  };
  return { token: `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`, domain };
}

/** How NoETL knows the user: by `sub` alone for one issuer, by issuer and `sub` for the others. */
export function noetlSubject({ issuer, subject }: Identity, rules: IssuerRules): string {
  if (rules.subjects === 'plain') return subject;
  const qualified = `${issuer}#${subject}`;
  if (qualified.length <= longestSubject) return qualified;
  return `sha256#${createHash('sha256').update(qualified).digest('hex')}`;
}

function isPassable(token: string, identity: Identity, rules: IssuerRules, issuer: URL): boolean {
  if (identity.kind === 'opaque' || rules.subjects !== 'plain' || token.length > longestPassed) return false;
  if (issuer.pathname !== '/' || !identity.issuer.endsWith('/')) return false;
  const { email } = decodeJwt(token);
  return email === identity.email;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
