import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { BuiltSchema } from '../build-schema.ts';
import { emptyLock, type GatewayLock } from '../lock/gateway-lock.ts';
import { normalise, structureRules } from '../normalise/normalise.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { bySeverity, type DiffReport, type UpstreamChange } from './diff-report.ts';
import { exposureDiff, type FittedTable, fieldsByOperation } from './exposure-diff.ts';
import { fitTable } from './fit-table.ts';
import { graphqlDiff } from './graphql-diff.ts';
import { upstreamDiff } from './upstream-diff.ts';

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
  const [left, right] = [normalise(before, structureRules).document, normalise(after, structureRules).document];
  const [old, now] = [fitTable(left, config), fitTable(right, config)];
  const fieldsOf = fieldsByOperation(old, now);
  const upstream = upstreamDiff({ before, after }).map(
    (change): UpstreamChange => ({ ...change, fields: fieldsOf(change.operation) }),
  );
  const built = await buildSchema(before, fittingConfig(config, old), lock);
  // The names of the old schema are the lock of the new one, so that what the document adds is pending.
  const next = await buildSchema(after, fittingConfig(config, now), { ...built.names, files: [] });
  const graphql = await graphqlDiff(built.schema, next.schema);
  const exposure = [...exposureDiff(config, old, now, { upstream, pending: next.pending })];
  return {
    from: names?.before ?? versionOf(before),
    to: names?.after ?? versionOf(after),
    breaks: [...graphql, ...exposure].some(({ severity }) => severity === 'breaking'),
    upstream: bySeverity(upstream),
    graphql: bySeverity(graphql),
    exposure: bySeverity(exposure),
  };
}

function fittingConfig(config: GatewayConfig, { unfit }: FittedTable): GatewayConfig {
  const rows = Object.entries(config.operations).filter(([field]) => !unfit.has(field));
  return { ...config, operations: Object.fromEntries(rows) };
}

const versionOf = ({ info }: OpenApiDocument): string => info?.version ?? 'unknown';
