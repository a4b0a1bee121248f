import type { DeclaredSections } from './defaults.ts';
import { isEnvRef, type ListFromEnv } from './environment.ts';
import type { LoginOption } from './gateway-config.ts';
import type { IssuerEntry, TokenKind } from './identity/issuer-entry.ts';
import type { IssuerRules } from './identity/issuer-rules.ts';
import { type IssuerDefaults, resolveIssuers } from './identity/resolve-issuers.ts';
import type { ValueReader } from './read-config.ts';

/** The sections of a config that decide about issuers. */
export interface IssuerSettings {
  readonly auth: Pick<DeclaredSections['auth'], 'issuers' | 'trustedIssuers' | 'audiences'>;
  readonly login: LoginOption;
  readonly roles: readonly string[];
}

/**
 * The issuers that a config trusts: those of the short form (`auth.trustedIssuers`, from the environment by default), as
 * entries without options, and then the entries of `auth.issuers`.
 */
export function issuersOf(settings: IssuerSettings, reader: ValueReader): readonly IssuerRules[] {
  const { auth, login, roles } = settings;
  const { issuers = [] } = auth;
  const short = namedOnce(reader.list('auth.trustedIssuers', auth.trustedIssuers));
  const audiences = reader.list('auth.audiences', auth.audiences);
  const place = placeOf('auth.trustedIssuers', auth.trustedIssuers);
  if (short.length === 0 && issuers.length === 0) {
    reader.problem(
      place,
      'is missing. Set it to one or more issuers, separated by commas, for example https://tenant.example.com/, or write auth.issuers in gateway.config.ts',
    );
  }
  if (audiences.length === 0 && (short.length > 0 || issuers.length === 0)) {
    reader.problem(
      placeOf('auth.audiences', auth.audiences),
      'is missing. Set it to the client id (ID tokens) or the API (access tokens) of your app; several are separated by commas',
    );
  }
  const entries = [...short.map((issuer): IssuerEntry => ({ issuer })), ...issuers];
  const given = { ...entryDefaults(login), audiences, knownRoles: roles };
  return resolveIssuers(entries, { ...given, named: short.length }, reader, place);
}

/** A deployment of the earlier gateway names the domain, and the issuer too: `tenant.example.com`, `https://tenant.example.com/`. */
function namedOnce(issuers: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const issuer of issuers) {
    const name = issuer.replace(/^https:\/\//, '').replace(/\/+$/, '');
    if (!byName.has(name)) byName.set(name, issuer);
  }
  return [...byName.values()];
}

/** The first variable that a list comes from, or its field. */
function placeOf(field: string, value: ListFromEnv): string {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parts.find(isEnvRef)?.env ?? field;
}

/** Issuers that start, but whose users cannot log in. */
export function issuerWarnings(issuers: readonly IssuerRules[]): readonly string[] {
  return issuers
    .filter(({ email }) => email.domains?.size === 0)
    .map(
      ({ issuer }) =>
        `${issuer} may vouch for no e-mail address, so its users cannot log in: only the first of several issuers may vouch for all; make it an entry of auth.issuers with email.domains`,
    );
}

/** Whether people log in by their e-mail, as NoETL's users are found. */
export const isEmailNeeded = (login: LoginOption): boolean =>
  login.kind === 'custom' ? login.email === 'needed' : login.kind !== 'local';

/** The defaults of every issuer's entry by `auth.login`. */
function entryDefaults(login: LoginOption): Pick<IssuerDefaults, 'accept' | 'roles' | 'isEmailNeeded'> {
  const accept: readonly TokenKind[] = ['id_token', 'access_token'];
  if (login.kind !== 'local') return { accept, roles: {}, isEmailNeeded: isEmailNeeded(login) };
  const { rolesClaim, roleMap, defaultRoles, allowUserinfo } = login;
  const roles = {
    ...(rolesClaim !== undefined && { claim: rolesClaim }),
    ...(roleMap !== undefined && { map: roleMap }),
    ...(defaultRoles !== undefined && { default: defaultRoles }),
  };
  return { accept: allowUserinfo === true ? [...accept, 'opaque'] : accept, roles, isEmailNeeded: false };
}
