import { type Change, CriticalityLevel, diff as diffSchemas } from '@graphql-inspector/core';
import { type GraphQLSchema, buildSchema as parseSchema, printSchema } from 'graphql';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { BuiltSchema } from '../build-schema.ts';
import { emptyLock, type GatewayLock } from '../lock/gateway-lock.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { bySeverity, type DiffReport, type GraphqlChange, type Severity } from './diff-report.ts';
import { compareDocuments, exposureDiff, type FittedTable } from './exposure-diff.ts';

export interface DiffInput {
  /** Documents as they were pulled. */
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
  /** What to call them; their own versions by default, which releases of NoETL do not keep up. */
  readonly names?: { readonly before: string; readonly after: string };
  readonly config: GatewayConfig;
  /** What is open in the project; without it all that the rows open in the old document. */
  readonly lock?: GatewayLock;
  /** Makes the schema that apps see; called with rows that fit the document and no others. */
  readonly buildSchema: (
    document: OpenApiDocument,
    config: GatewayConfig,
    lock: GatewayLock,
  ) => Promise<Pick<BuiltSchema, 'schema' | 'names' | 'pending'>>;
}

/**
 * What changed between two documents: upstream, in GraphQL, and in what is open. Rows that do not fit a document are
 * left out of its schema and reported, so that a diff is available where `generate` would stop.
 * @returns sorted by severity; nothing is written
 * @throws what `buildSchema` throws
 */
export async function diff(input: DiffInput): Promise<DiffReport> {
  const { before, after, names, config, lock = emptyLock, buildSchema } = input;
  const compared = await compareDocuments(config, { before, after });
  const built = await buildSchema(before, fittingConfig(config, compared.before), lock);
  // The names of the old schema are the lock of the new one, so that what the document adds is pending.
  const next = await buildSchema(after, fittingConfig(config, compared.after), { ...built.names, files: [] });
  const graphql = await graphqlDiff(built.schema, next.schema);
  const exposure = exposureDiff(config, compared, next.pending);
  return {
    from: names?.before ?? versionOf(before),
    to: names?.after ?? versionOf(after),
    breaks: [...graphql, ...exposure].some(({ severity }) => severity === 'breaking'),
    upstream: bySeverity(compared.upstream),
    graphql: bySeverity(graphql),
    exposure: bySeverity(exposure),
  };
}

function fittingConfig(config: GatewayConfig, { unfit }: FittedTable): GatewayConfig {
  const rows = Object.entries(config.operations).filter(([field]) => !unfit.has(field));
  return { ...config, operations: Object.fromEntries(rows) };
}

const versionOf = ({ info }: OpenApiDocument): string => info?.version ?? 'unknown';

const severities: Readonly<Record<CriticalityLevel, Severity>> = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
};

/**
 * What apps notice of the change between two schemas; how NoETL is called is left out, and so are descriptions.
 * Severities are those of GraphQL Inspector.
 */
async function graphqlDiff(before: GraphQLSchema, after: GraphQLSchema): Promise<readonly GraphqlChange[]> {
  const changes = (await diffSchemas(withoutCalls(before), withoutCalls(after))).filter(isNoticed);
  // An argument of a field that is new itself is not a separate change.
  const added = changes.flatMap(({ type, path }) => (type === 'FIELD_ADDED' && path !== undefined ? [`${path}.`] : []));
  return changes
    .filter(({ path }) => !added.some((field) => path?.startsWith(field)))
    .map(({ type, criticality, path, message }) => ({
      kind: String(type),
      severity: severities[criticality.level],
      path: path ?? '',
      message,
    }));
}

/**
 * Printing leaves out the directives that are on fields: the call instructions. Not validated again, since both schemas
 * are built ones.
 */
const withoutCalls = (schema: GraphQLSchema): GraphQLSchema => parseSchema(printSchema(schema), { assumeValid: true });

/** Definitions of directives are the call instructions' own. */
const isNoticed = ({ type }: Change): boolean =>
  !String(type).startsWith('DIRECTIVE') && !String(type).includes('DESCRIPTION');

export interface NewsInput {
  /** What the last generation saw of NoETL's API, and what this one sees. */
  readonly before: OpenApiDocument;
  readonly record: OpenApiDocument;
  /** The schema of the last generation. */
  readonly sdl: string;
  readonly lock: GatewayLock;
  readonly config: GatewayConfig;
  readonly built: Pick<BuiltSchema, 'schema' | 'names' | 'pending'>;
}

/**
 * What has changed since the last generation, for rows that were there: what a row opens that is new itself is the
 * config's own change, and a reviewer reads it there.
 * @returns undefined when nothing has.
 */
export async function news({ before, record, sdl, lock, config, built }: NewsInput): Promise<DiffReport | undefined> {
  const rows = Object.entries(config.operations).filter(([field]) => lock.names[field] !== undefined);
  const report = await diff({
    before,
    after: record,
    names: { before: 'as generated last', after: 'now' },
    config: { ...config, operations: Object.fromEntries(rows) },
    lock,
    // The schema of the last generation is a file, and the next one is built already: nothing is built twice.
    buildSchema: async (document) =>
      document === before ? { schema: parseSchema(sdl, { assumeValid: true }), names: lock, pending: [] } : built,
  });
  const isQuiet = report.upstream.length + report.graphql.length + report.exposure.length === 0;
  return isQuiet ? undefined : report;
}
