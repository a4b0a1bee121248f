import type { IssuerEntry, TokenKind } from '../identity/issuer-entry.ts';
import type { IssuerRules } from '../identity/issuer-rules.ts';
import {
  type IssuerDefaults,
  isSignatureAlgorithm,
  resolveIssuers,
  wrongAlgorithm,
} from '../identity/resolve-issuers.ts';
import { defaults } from './defaults.ts';
import { type EnvironmentReader, variableOf } from './environment-reader.ts';
import type { GatewayConfig, LoginOption } from './gateway-config.ts';

/**
 * The issuers that a config trusts: those of the short form (`auth.trustedIssuers`, from the environment by default), as
 * entries that say nothing more, and then the entries of `auth.issuers`.
 */
export function issuersOf(
  config: GatewayConfig,
  login: LoginOption,
  reader: EnvironmentReader,
): readonly IssuerRules[] {
  const { issuers = [], ...rest } = config.auth ?? {};
  const section = { ...defaults.auth, ...rest };
  const short = reader.list('auth.trustedIssuers', section.trustedIssuers);
  const audiences = reader.list('auth.audiences', section.audiences);
  if (short.length === 0 && issuers.length === 0) {
    reader.wrong(
      'auth.trustedIssuers',
      section.trustedIssuers,
      'is required: a comma list, or auth.issuers in the config',
    );
  }
  if (audiences.length === 0 && (short.length > 0 || issuers.length === 0)) {
    reader.wrong('auth.audiences', section.audiences, 'is required: a comma list');
  }
  for (const name of section.algorithms) {
    if (!isSignatureAlgorithm(name)) reader.problem('auth.algorithms', wrongAlgorithm(name));
  }
  const entries = [...short.map((issuer): IssuerEntry => ({ issuer })), ...issuers];
  const given = { ...entryDefaults(login), audiences, algorithms: section.algorithms, knownRoles: config.roles };
  const place = variableOf(section.trustedIssuers) ?? 'auth.trustedIssuers';
  return resolveIssuers(entries, { ...given, named: short.length }, reader, place);
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

/** What `auth.login` says for every issuer. */
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
