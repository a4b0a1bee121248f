import type { IssuerEntry, IssuerRules } from '../../gateway/config/issuers.ts';
import { createConfigReader, createValueReader } from '../../gateway/config/read-config.ts';
import { type IssuerDefaults, resolveIssuers } from '../../gateway/config/resolve-issuers.ts';

const usual: IssuerDefaults = {
  audiences: ['app', 'https://api.example.com'],
  accept: ['id_token', 'access_token'],
  roles: {},
  knownRoles: ['admin', 'developer', 'analyst', 'viewer'],
  isEmailNeeded: false,
  named: 0,
};

/** Entries as a config resolves them, and the problems of those that it refuses. */
export function resolved(entries: readonly IssuerEntry[], defaults: Partial<IssuerDefaults> = {}, environment = {}) {
  const reader = createConfigReader(environment);
  const rules = resolveIssuers(entries, { ...usual, ...defaults }, createValueReader(reader));
  return { rules, problems: reader.problems };
}

/** The rules of one entry. @throws when the config would refuse it */
export function rulesOf(entry: IssuerEntry, defaults: Partial<IssuerDefaults> = {}): IssuerRules {
  const { rules, problems } = resolved([entry], defaults);
  const [one] = rules;
  if (one === undefined || problems.length > 0) throw new Error(problems.join('; '));
  return one;
}
