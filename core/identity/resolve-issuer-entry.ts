import { parseIssuer, parseUrl } from '../config/addresses.ts';
import type { FromEnv } from '../config/env.ts';
import type { ValueReader } from '../config/value-reader.ts';
import { checkIssuerName } from './check-issuer-name.ts';
import type { ClaimValue, IssuerEntry, TokenKind } from './issuer-entry.ts';
import { type IssuerRules, isTemplate } from './issuer-rules.ts';
import { isSignatureAlgorithm, signatureAdvice } from './signature-algorithms.ts';

type Reader = ValueReader;

/** Values for the fields that an entry does not set, and the values that it is checked against. */
export interface IssuerDefaults {
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly accept: readonly TokenKind[];
  readonly roles: NonNullable<IssuerEntry['roles']>;
  readonly knownRoles: readonly string[];
  /** NoETL logs in, and finds its users by e-mail and `sub`. */
  readonly isEmailNeeded: boolean;
  /** So many entries, the first ones, are names in an environment variable. */
  readonly named: number;
}

/** Where a problem is: the entry's field, or the environment variable. */
export type PlaceOf = (field: string) => string;

const maxTokenBytes = 16 * 1024;
/** A login's body has to hold the token. */
const maxTokenLimit = 48 * 1024;

/** Applies defaults to one entry and checks it. Every problem is noted at its place. @param index of the entry in the list */
export function resolveIssuerEntry(
  entry: IssuerEntry,
  index: number,
  defaults: IssuerDefaults,
  reader: Reader,
  place: PlaceOf,
): IssuerRules {
  const issuer = issuerText(entry, reader, place);
  const browser = resolveBrowser(entry, reader, place);
  const listed = entry.audiences === undefined ? defaults.audiences : reader.list(place('audiences'), entry.audiences);
  const audiences = [...new Set([...listed, ...(browser === undefined ? [] : [browser.clientId])])];
  if (audiences.length === 0 && index >= defaults.named)
    reader.problem(place('audiences'), 'is required: a list, or GATEWAY_AUDIENCES');
  const { session = {} } = entry;
  return {
    issuer,
    name: entry.name ?? hostOf(issuer),
    aliases: entry.aliases ?? [],
    tenants: entry.tenants ?? [],
    audiences,
    clientIdIsAudience: entry.audienceFallback === 'client_id',
    algorithms: algorithmsOf(entry, defaults, reader, place),
    accept: new Set(acceptedKinds(entry, defaults)),
    required: requiredOf(entry),
    scopes: entry.scopes ?? [],
    roles: rolesOf(entry, defaults, reader, place),
    email: emailOf(entry, reader, place),
    userinfo: entry.userinfo === true,
    introspection: introspectionOf(entry, reader, place),
    discoveryUrl: ownAddress(entry.discoveryUrl, reader, place('discoveryUrl')),
    jwksUrl: ownAddress(entry.jwksUrl, reader, place('jwksUrl')),
    maxTokenBytes: bounded(entry.maxTokenBytes ?? maxTokenBytes, 256, maxTokenLimit, reader, place('maxTokenBytes')),
    session: {
      maxMs: minutes(session.maxMinutes, reader, place('session.maxMinutes')),
      endsWithToken: session.endsWithToken === true,
      refreshMs: minutes(session.refreshMinutes, reader, place('session.refreshMinutes')),
    },
    replay: entry.replay ?? 'allow',
    machines: machinesOf(entry, defaults, reader, place),
    browser,
    subjects: entry.subjects ?? (index === 0 ? 'plain' : 'qualified'),
  };
}

function issuerText(entry: IssuerEntry, reader: Reader, place: PlaceOf): string {
  const text = reader.text(place('issuer'), entry.issuer);
  if (text === '') return text;
  const template = isTemplate(text);
  const issuer = template ? text : parseIssuer(text);
  const reason =
    issuer === undefined
      ? `${text} must be an https URL, or http for loopback`
      : checkIssuerName(issuer, entry.tenants);
  if (reason !== undefined) reader.problem(place('issuer'), reason);
  return issuer ?? '';
}

function algorithmsOf(entry: IssuerEntry, defaults: IssuerDefaults, reader: Reader, place: PlaceOf): readonly string[] {
  const algorithms = entry.algorithms ?? defaults.algorithms;
  for (const name of entry.algorithms ?? []) {
    if (!isSignatureAlgorithm(name)) reader.problem(place('algorithms'), `${name} ${signatureAdvice}`);
  }
  if (algorithms.length === 0) reader.problem(place('algorithms'), 'is empty: no token could be verified');
  // RFC 9864 gives EdDSA with Ed25519 a name of its own; both names mean the same signature.
  return algorithms.includes('EdDSA') ? [...new Set([...algorithms, 'Ed25519'])] : algorithms;
}

function acceptedKinds(entry: IssuerEntry, defaults: IssuerDefaults): readonly TokenKind[] {
  const kinds = entry.accept ?? defaults.accept;
  return entry.accept === undefined && entry.introspection !== undefined ? [...kinds, 'opaque'] : kinds;
}

function requiredOf({ required = {} }: IssuerEntry): IssuerRules['required'] {
  return new Map(
    Object.entries(required).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as readonly ClaimValue[]) : [value as ClaimValue],
    ]),
  );
}

function rolesOf(
  { roles = {} }: IssuerEntry,
  defaults: IssuerDefaults,
  reader: Reader,
  place: PlaceOf,
): IssuerRules['roles'] {
  const all = { ...defaults.roles, ...roles };
  const given = [...(all.default ?? []), ...Object.values(all.map ?? {}).flat()];
  checkRoles(given, defaults, reader, place('roles'));
  return {
    claims: textList(all.claim, []),
    map: all.map,
    default: all.default ?? [],
    known: new Set(defaults.knownRoles),
  };
}

function checkRoles(given: readonly string[], { knownRoles }: IssuerDefaults, reader: Reader, place: string): void {
  for (const role of new Set(given)) {
    if (!knownRoles.includes(role))
      reader.problem(place, `${role} is not a role of this config; roles has: ${knownRoles.join(', ')}`);
  }
}

function emailOf({ email = {} }: IssuerEntry, reader: Reader, place: PlaceOf): IssuerRules['email'] {
  const listed = email.domains === undefined ? undefined : reader.list(place('email.domains'), email.domains);
  const domains = listed?.map((domain) => domain.toLowerCase().replace(/^@/, ''));
  const isAny = domains?.includes('*') === true;
  if (email.trust === 'domains' && (isAny || domains === undefined || domains.length === 0)) {
    reader.problem(place('email.domains'), "trust: 'domains' needs the domains that are trusted, each by its name");
  }
  return {
    trust: email.trust ?? 'verified',
    domains: domains === undefined || isAny ? undefined : new Set(domains),
    exceptDomains: new Set(),
    claims: textList(email.claim, ['email']),
    verifiedClaims: textList(email.verifiedClaim, ['email_verified']),
  };
}

function introspectionOf({ introspection }: IssuerEntry, reader: Reader, place: PlaceOf): IssuerRules['introspection'] {
  if (introspection === undefined) return undefined;
  return {
    clientId: reader.text(place('introspection.clientId'), introspection.clientId),
    clientSecret: reader.text(place('introspection.clientSecret'), introspection.clientSecret),
    url: ownAddress(introspection.url, reader, place('introspection.url')),
  };
}

function machinesOf(
  { machines }: IssuerEntry,
  defaults: IssuerDefaults,
  reader: Reader,
  place: PlaceOf,
): IssuerRules['machines'] {
  if (machines === undefined) return undefined;
  const { roles = {}, clients, claim } = machines;
  checkRoles(Object.values(roles).flat(), defaults, reader, place('machines.roles'));
  return { roles, clients: clients === undefined ? undefined : new Set(clients), claim };
}

function resolveBrowser({ browser }: IssuerEntry, reader: Reader, place: PlaceOf): IssuerRules['browser'] {
  if (browser === undefined) return undefined;
  const returnTo = reader.list(place('browser.returnTo'), browser.returnTo);
  if (returnTo.length === 0) reader.problem(place('browser.returnTo'), 'is required: a login has to return somewhere');
  for (const address of returnTo) {
    if (parseUrl(address)?.hash !== '' || !/^https?:/.test(address)) {
      reader.problem(place('browser.returnTo'), `${address} must be an http or https URL without a fragment`);
    }
  }
  const { clientSecret, afterLogout, scopes = ['openid', 'profile', 'email'], parameters = {} } = browser;
  return {
    clientId: reader.text(place('browser.clientId'), browser.clientId),
    clientSecret: clientSecret && reader.text(place('browser.clientSecret'), clientSecret),
    scopes,
    returnTo,
    afterLogout,
    parameters,
  };
}

/** An address that the operator gives is believed as it is, `http` included: it is often one inside the cluster. */
function ownAddress(value: FromEnv<string> | undefined, reader: Reader, place: string): string | undefined {
  if (value === undefined) return undefined;
  const text = reader.text(place, value);
  const url = parseUrl(text);
  const isUsable = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isUsable) reader.problem(place, 'must be an http or https URL without credentials');
  return text;
}

function minutes(value: number | undefined, reader: Reader, place: string): number | undefined {
  return value === undefined ? undefined : bounded(value, 1, 60 * 24 * 366, reader, place) * 60_000;
}

function bounded(value: number, min: number, max: number, reader: Reader, place: string): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  reader.problem(place, `must be a whole number from ${min} to ${max}`);
  return min;
}

function textList(value: string | readonly string[] | undefined, fallback: readonly string[]): readonly string[] {
  if (value === undefined) return fallback;
  return typeof value === 'string' ? [value] : value;
}

const hostOf = (issuer: string): string => parseUrl(issuer)?.host ?? issuer;
