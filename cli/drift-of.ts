import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayConfig } from '../gateway/config/gateway-config.ts';
import type { ResolvedConfig } from '../gateway/config/resolved-config.ts';
import type { GatewayOptions } from '../gateway/gateway-options.ts';
import { documentHash } from '../generator/document/document-hash.ts';
import { isRecord, type OpenApiDocument } from '../generator/openapi/open-api.ts';
import { pulledFiles } from '../generator/pull/pulled-files.ts';

/**
 * What NoETL's live document is compared with; nothing when no document was pulled into this project, or by an earlier
 * version, whose lock has no hash of the API.
 */
export async function driftOf(
  dir: string,
  config: GatewayConfig,
  { console: { roles } }: Pick<ResolvedConfig, 'console'>,
): Promise<Pick<GatewayOptions, 'drift'>> {
  const lock = await readJson(join(dir, pulledFiles.lock));
  const { apiSha256, source, date, operations } = isRecord(lock) ? lock : {};
  if (typeof apiSha256 !== 'string') return {};
  return {
    drift: {
      lockedHash: apiSha256,
      hashOf: (document) => documentHash(document as OpenApiDocument),
      pulled: {
        ...(typeof source === 'string' && { source }),
        ...(typeof date === 'string' && { date }),
        ...(typeof operations === 'number' && { operations }),
      },
      // Loaded when an operator asks: most processes never compare.
      report: async (live) => {
        const { upstreamReport } = await import('../generator/upstream/upstream-report.ts');
        const pulled = (await readJson(join(dir, pulledFiles.document))) as OpenApiDocument | undefined;
        return upstreamReport({ config, pulled, live: live as OpenApiDocument | undefined, role: roles[0] ?? 'admin' });
      },
    },
  };
}

/** @returns undefined for a file that is missing or not JSON: no drift is known then, and nothing fails */
const readJson = (file: string): Promise<unknown> => readFile(file, 'utf8').then(JSON.parse, () => undefined);
