import { buildSchema as parseSchema } from 'graphql';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { BuiltSchema } from '../build-schema.ts';
import type { GatewayLock } from '../lock/gateway-lock.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { diff } from './diff.ts';
import type { DiffReport } from './diff-report.ts';

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
