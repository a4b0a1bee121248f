import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { withFormerNames } from '../../gateway/config/former-names.ts';
import type { AnyRow, AnyUpstreamRow, GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { buildSchema } from '../../generator/build-schema.ts';
import { printSorted } from '../../generator/emit/schema-files.ts';
import type { OpenApiDocument } from '../../generator/openapi/open-api.ts';
import { authenticated } from '../../plugins/noetl-auth/access/access-rule.ts';
import { executorCaller } from './executor-caller.ts';
import { scriptedUpstream } from './scripted-upstream.ts';

export type Rows = Readonly<Record<string, Partial<AnyUpstreamRow> & { readonly upstream: string }>>;

export const foreignDocument = (name: string): OpenApiDocument =>
  parseYaml(readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url), 'utf8')) as OpenApiDocument;

export const configOf = (rows: Rows, more: Partial<GatewayConfig> = {}): GatewayConfig => ({
  roles: [],
  grants: [],
  operations: Object.fromEntries(
    Object.entries(rows).map(([field, row]) => [field, { access: authenticated(), ...row } as AnyRow]),
  ),
  ...more,
});

/** A schema of a document and rows, that answers from a script. */
export async function foreignGateway(
  document: OpenApiDocument,
  rows: Rows,
  script: Parameters<typeof scriptedUpstream>[0],
  more: Partial<GatewayConfig> = {},
) {
  const config = configOf(rows, more);
  const built = await buildSchema(document, config);
  const sdl = printSorted(built.sdl);
  const scripted = scriptedUpstream(script);
  const operations = withFormerNames(config).operations as Readonly<Record<string, AnyRow>>;
  return { ...scripted, ...executorCaller(scripted.upstream, { sdl, operations }), sdl, built };
}

/** What stops `generate`, one line each. */
export async function problemsOf(document: OpenApiDocument, rows: Rows): Promise<readonly string[]> {
  return buildSchema(document, configOf(rows)).then(
    () => [],
    (error: { readonly problems?: readonly string[] }) => error.problems ?? [String(error)],
  );
}
