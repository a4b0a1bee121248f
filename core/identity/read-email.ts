import { claimAt } from './claim-path.ts';
import type { IssuerRules } from './issuer-rules.ts';

type Claims = Readonly<Record<string, unknown>>;

/** An address that may be used; undefined for no address; or the reason why the address may not be used. */
export type ReadEmail =
  | { readonly email: string | undefined }
  | { readonly refused: 'email_unverified' | 'email_domain' | 'email_invalid' };

/** RFC 5321, section 4.5.3.1.3, without the angle brackets. */
const longestAddress = 254;

/** Reads the e-mail address of a token, and whether its issuer may vouch for it. */
export function readEmail(rules: IssuerRules['email'], claims: Claims): ReadEmail {
  if (rules.trust === 'never') return { email: undefined };
  const given = rules.claims.map((name) => claimAt(claims, name)).filter((value) => value !== undefined);
  const [address] = given.filter((value) => value !== null && value !== '');
  if (address === undefined) return { email: undefined };
  const domain = typeof address === 'string' ? domainOf(address) : undefined;
  if (typeof address !== 'string' || domain === undefined) return { refused: 'email_invalid' };
  const isOurs = rules.domains === undefined ? !rules.exceptDomains.has(domain) : rules.domains.has(domain);
  if (!isOurs) return { refused: 'email_domain' };
  const verified = rules.verifiedClaims.map((name) => claimAt(claims, name));
  if (verified.some(isYes)) return { email: address };
  const isDenied = verified.some((value) => value !== undefined && value !== null);
  return rules.trust === 'domains' && !isDenied ? { email: address } : { refused: 'email_unverified' };
}

/** Cognito and others write booleans as text; Entra's `xms_edov` is a number or a text. */
const isYes = (value: unknown): boolean => value === true || value === 'true' || value === 1 || value === '1';

function domainOf(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length > longestAddress || /[\s\p{Cc}]/u.test(address)) return undefined;
  const domain = address.slice(at + 1).toLowerCase();
  return domain === '' ? undefined : domain;
}
