import { parse, stringify } from 'yaml';
import type { Operation } from '../../../plugins/operation.ts';
import { reachableSchemas } from '../../openapi/map-schemas.ts';
import { isRecord, type OpenApiDocument } from '../../openapi/open-api.ts';
import type { Emitter, OutputFile } from '../emitter.ts';
import { hashHeader } from '../header.ts';
import { ownParts } from './own-parts.ts';
import { restOperation } from './rest-operation.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export const restDocumentPath = 'docs/generated/rest.yaml';

/**
 * An OpenAPI document of every REST call of the gateway: its own contract, and the calls below `/noetl` that the table
 * opens, with the parameters and members that callers may send. A project without a contract gets what the table opens.
 */
export const emitRestDocument: Emitter = ({ operations, document, read }): readonly OutputFile[] => {
  const upstream = document as unknown as OpenApiDocument;
  const contract = withoutInstructions(parse(read('openapi/gateway.yaml') ?? '{}'));
  const own = ownParts(isRecord(contract) ? contract : {});
  const rest = operations.filter((operation) => operation.rest !== undefined);
  const paths = pathsOf(rest, upstream);
  // The gateway's own come last: a component of NoETL must not take the place of one.
  const schemas = { ...reachableSchemas(upstream, paths), ...own.schemas };
  const content = {
    openapi: '3.1.0',
    info: own.info,
    ...(own.servers === undefined ? {} : { servers: own.servers }),
    security: [{ bearer: [] }, { sessionHeader: [] }, { sessionCookie: [] }],
    tags: [...own.tags, { name: 'noetl', description: 'NoETL’s own API, as far as it is open' }],
    paths: { ...own.paths, ...paths },
    components: {
      securitySchemes: own.securitySchemes,
      headers: own.headers,
      responses: own.responses,
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
  return [
    {
      path: restDocumentPath,
      content: hashHeader + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }),
    },
  ];
};

function pathsOf(operations: readonly Operation[], document: OpenApiDocument): Record<string, JsonObject> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations.toSorted((a, b) => ((a.rest ?? '') < (b.rest ?? '') ? -1 : 1))) {
    const { rest = '', source } = operation;
    if (source.kind !== 'upstream') continue;
    paths[rest] = { ...paths[rest], [source.method.toLowerCase()]: restOperation(operation, document) };
  }
  return paths;
}

/** Instructions of the contract for the generator are nothing to readers. */
function withoutInstructions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutInstructions);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      name.startsWith('x-') ? [] : [[name, withoutInstructions(member)] as const],
    ),
  );
}
