import type { ClaimValue, TokenKind } from './issuer-entry.ts';

/** An issuer's entry with every default applied and every value checked. */
export interface IssuerRules {
  /** As its tokens name it; with `{tenantid}` for several tenants. */
  readonly issuer: string;
  readonly name: string;
  readonly aliases: readonly string[];
  /** Empty unless `issuer` is a template. */
  readonly tenants: readonly string[];
  readonly audiences: readonly string[];
  readonly clientIdIsAudience: boolean;
  readonly algorithms: readonly string[];
  readonly accept: ReadonlySet<TokenKind>;
  readonly required: ReadonlyMap<string, readonly ClaimValue[]>;
  readonly scopes: readonly string[];
  readonly roles: {
    readonly claims: readonly string[];
    readonly map: Readonly<Record<string, readonly string[]>> | undefined;
    readonly default: readonly string[];
    /** Roles that the config has; others are dropped. */
    readonly known: ReadonlySet<string>;
  };
  readonly email: {
    readonly trust: 'verified' | 'domains' | 'never';
    /** Lower case; undefined: every domain. */
    readonly domains: ReadonlySet<string> | undefined;
    /** Domains that belong to other issuers, where `domains` is undefined. */
    readonly exceptDomains: ReadonlySet<string>;
    readonly claims: readonly string[];
    readonly verifiedClaims: readonly string[];
  };
  readonly userinfo: boolean;
  readonly introspection:
    | { readonly clientId: string; readonly clientSecret: string; readonly url: string | undefined }
    | undefined;
  readonly discoveryUrl: string | undefined;
  readonly jwksUrl: string | undefined;
  readonly maxTokenBytes: number;
  readonly session: {
    readonly maxMs: number | undefined;
    readonly endsWithToken: boolean;
    readonly refreshMs: number | undefined;
  };
  readonly replay: 'allow' | 'once' | 'nonce';
  readonly machines:
    | {
        readonly roles: Readonly<Record<string, readonly string[]>>;
        readonly clients: ReadonlySet<string> | undefined;
        readonly claim: string | undefined;
      }
    | undefined;
  readonly browser:
    | {
        readonly clientId: string;
        readonly clientSecret: string | undefined;
        readonly scopes: readonly string[];
        readonly returnTo: readonly string[];
        readonly afterLogout: string | undefined;
        readonly parameters: Readonly<Record<string, string>>;
      }
    | undefined;
  readonly subjects: 'plain' | 'qualified';
}

const tenantMark = '{tenantid}';

/** The issuer's names as tokens write them: one, one for each tenant, and the aliases. */
export function issuerNames({ issuer, tenants, aliases }: IssuerRules): readonly string[] {
  const own = isTemplate(issuer) ? tenants.map((tenant) => issuer.replace(tenantMark, tenant)) : [issuer];
  return [...own, ...aliases];
}

/** Whether an issuer is a template for several tenants. */
export const isTemplate = (issuer: string): boolean => issuer.includes(tenantMark);

/**
 * The issuer that a token's `iss` means, by the name that identities get: with or without the slash at its end, and by
 * the issuer's main name where the token has an alias.
 * @returns undefined: it is another issuer.
 */
export function issuerNamed(rules: IssuerRules, iss: string): string | undefined {
  const found = issuerNames(rules).find((name) => isSameIssuer(name, iss));
  return found !== undefined && rules.aliases.includes(found) && !isTemplate(rules.issuer) ? rules.issuer : found;
}

/** The same issuer, with or without the slash at its end: both are one server's word. */
export const isSameIssuer = (one: string, other: string): boolean => withoutSlash(one) === withoutSlash(other);

/** Without one slash at its end: a discovery address is made of it (OpenID Connect Discovery 1.0, section 4.1). */
export const withoutSlash = (issuer: string): string => (issuer.endsWith('/') ? issuer.slice(0, -1) : issuer);

const signatureAlgorithms = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;

/**
 * Whether a name is an algorithm with a public key (RFC 7518, RFC 8037, RFC 9864). Never `none`, an unsigned token, and
 * never HMAC, where a party that can verify can also sign.
 */
export const isSignatureAlgorithm = (name: string): boolean => signatureAlgorithms.test(name);

/** The end of a sentence about a name that is not. */
export const signatureAdvice =
  'is not a signature algorithm with a public key; use RS256, PS256, ES256, EdDSA or Ed25519, for example';
