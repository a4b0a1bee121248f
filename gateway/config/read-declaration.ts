import { combinations, type RuleContext, roleProblems, rowProblems } from './combinations.ts';
import { declaredSections, withDerivedValues } from './defaults.ts';
import type { Environment } from './environment.ts';
import type { AnyRow, GatewayConfig } from './gateway-config.ts';
import type { IssuerRules } from './identity/issuer-rules.ts';
import { issuersOf } from './issuers-of.ts';
import { pluginProblems } from './plugins.ts';
import {
  type ConfigReader,
  createConfigReader,
  createValueReader,
  hasUnread,
  isUnread,
  noteAt,
  readNode,
} from './read-config.ts';
import type { Resolved, Section } from './schema/node.ts';
import { gatewayRow, upstreamRow } from './schema/rows.ts';
import { sections } from './schema/sections.ts';

/** A declaration as it was read: what can be used of it, and everything that is wrong with it. */
export interface ReadDeclaration {
  /** Whole only when there are no problems. */
  readonly sections: Resolved<typeof sections>;
  /** Empty without an environment. */
  readonly issuers: readonly IssuerRules[];
  /** Whether every row of the operations can be used. */
  readonly hasRows: boolean;
  readonly problems: readonly string[];
  /** Without an environment: what a start in production would refuse. */
  readonly warnings: readonly string[];
  /** Every variable that was asked for. */
  readonly names: ReadonlySet<string>;
}

/** Names of the top that are not sections. */
const policyNames = ['operations', 'roles', 'grants', 'plugins'];

/**
 * Reads a declaration against the schema, an environment and the rules on combinations.
 * @param environment undefined: nothing is known of it. Values that only it has are not looked at.
 */
export function readDeclaration(
  config: GatewayConfig,
  environment: Environment | undefined,
  mode: RuleContext['mode'],
): ReadDeclaration {
  const reader = createConfigReader(environment);
  const derived: Record<string, unknown> = { ...withDerivedValues(config) };
  const declared = Object.fromEntries(Object.entries(derived).filter(([name]) => !policyNames.includes(name)));
  const read = readNode(reader, sections, declared, '') as Resolved<typeof sections>;
  const issuers = readIssuers(reader, config, read);
  // With an environment the issuers are read, and each of them checks its roles.
  const ofRoles = environment === undefined ? roleProblems(read, config.roles) : [];
  for (const [place, text] of ofRoles) noteAt(reader, place, text);
  const warnings = combine(reader, read, { mode, roles: config.roles });
  const hasRows = readRows(reader, config.operations);
  return {
    sections: read,
    hasRows,
    issuers,
    problems: [...reader.problems, ...pluginProblems(config.plugins)],
    warnings,
    names: reader.names,
  };
}

/** Notes values that do not go together. @returns in mode `unknown`: what stops a start in production, one line each */
function combine(reader: ConfigReader, read: Resolved<typeof sections>, context: RuleContext): readonly string[] {
  const isRead = (places: readonly string[]) => !places.some((place) => isUnread(reader, place));
  const rules = combinations.filter(({ reads, at }) =>
    isRead(reader.environment === undefined || at === undefined ? reads : [at, ...reads]),
  );
  return rules.flatMap(({ reads, at = reads[0], problem }) => {
    const text = problem(read, context);
    if (text !== undefined) noteAt(reader, at, text);
    if (text !== undefined || context.mode !== 'unknown') return [];
    const later = problem(read, { ...context, mode: 'production' });
    return later === undefined ? [] : [`${reader.variables.get(at) ?? at}: in production serve stops: ${later}`];
  });
}

/** They are checked with each other, so it takes all of them: where only the environment knows one it is left to the start. */
function readIssuers(
  reader: ConfigReader,
  config: GatewayConfig,
  { auth }: Partial<Resolved<typeof sections>>,
): readonly IssuerRules[] {
  const isUsable = !['auth.issuers', 'auth.login'].some((place) => hasUnread(reader, place));
  if (reader.environment === undefined || auth === undefined || !isUsable) return [];
  const settings = { auth: declaredSections(config).auth, login: auth.login, roles: config.roles };
  return issuersOf(settings, createValueReader(reader));
}

/** @returns whether every row can be used */
function readRows(reader: ConfigReader, operations: GatewayConfig['operations']): boolean {
  const before = reader.problems.length;
  for (const [field, row] of Object.entries(operations)) {
    const place = `operations.${field}`;
    const schema: Section = isGatewayLike(row) ? gatewayRow : upstreamRow;
    const count = reader.problems.length;
    readNode(reader, schema, row, place);
    if (reader.problems.length === count) reader.problems.push(...rowProblems(field, row as AnyRow));
  }
  return reader.problems.length === before;
}

const isGatewayLike = (row: unknown): boolean => typeof row === 'object' && row !== null && 'gateway' in row;
