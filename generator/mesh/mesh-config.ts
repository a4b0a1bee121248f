import { fileURLToPath } from 'node:url';
import { hasOwnShape, type Operation, type OperationArgument } from '../../plugins/operation.ts';
import { reachableSchemas } from '../openapi/map-schemas.ts';
import { escapeName } from '../openapi/names.ts';
import {
  isRecord,
  type OpenApiDocument,
  type OperationObject,
  objectOf,
  pickMembers,
  type Schema,
  type SchemaObject,
  wholeBody,
} from '../openapi/open-api.ts';
import { protocolSdl } from './protocol-sdl.ts';

/** Names of the files that Mesh reads, in the folder of generated files. `.meshrc.ts` of a project refers to them. */
export const meshFiles = { document: 'noetl.openapi.json', protocol: 'protocol.graphql' } as const;

/** Any address: the schema is made without a call, and the server knows its upstream from its own configuration. */
const endpoint = 'http://noetl.invalid';

interface MeshSource {
  name: string;
  handler: Record<string, Record<string, unknown>>;
}

/** Mesh's configuration, as `.meshrc.ts` exports it. */
export interface MeshConfig {
  sources: MeshSource[];
  transforms?: Record<string, unknown>[];
}

/**
 * The config of Mesh: one source made from the pulled document, one from the protocol's SDL.
 * @param folder where {@link meshFiles} are, relative to the folder that Mesh works in.
 */
export function meshConfig(operations: readonly TableRow[], folder: string): MeshConfig {
  const upstream = openApiOperations(operations);
  const roots = new Map(operations.map(({ field, root }) => [field, root]));
  const noetl: MeshSource = {
    name: 'Noetl',
    handler: {
      openapi: {
        source: `${folder}/${meshFiles.document}`,
        endpoint,
        // The gateway words errors itself.
        ignoreErrorResponses: true,
        // Mesh decides by the method; a row can mark a POST as a read.
        selectQueryOrMutationField: upstream.map(({ field }) => ({
          type: roots.get(field) === 'query' ? 'query' : 'mutation',
          fieldName: field,
        })),
      },
    },
  };
  const protocol: MeshSource = {
    name: 'Protocol',
    handler: { jsonSchema: { source: `${folder}/${meshFiles.protocol}`, endpoint } },
  };
  return {
    sources: [...(upstream.length === 0 ? [] : [noetl]), ...(protocolSdl(operations) === undefined ? [] : [protocol])],
  };
}

/** The configuration with the schema shaped by the table, for Mesh's own commands. */
export const withTransform = (config: MeshConfig, operations: readonly TableRow[]): MeshConfig => ({
  ...config,
  transforms: [{ [transformPath()]: { operations } }],
});

/** Beside this file, in the language that this file is in: Mesh loads a transform by its path. */
function transformPath(): string {
  const name = import.meta.url.endsWith('.ts') ? './shape-transform.ts' : './shape-transform.js';
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A row as the generated table has it. Access is not Mesh's matter. */
export type TableRow = Omit<Operation, 'access'>;

/**
 * The document that Mesh's OpenAPI handler reads: the open operations of a normalised document, called by their public
 * names, with every offered argument as a parameter. A member of a body is a query parameter here, since Mesh would put
 * all of them into one `input`; where each really goes is written into the schema afterwards (`shapeSchema`).
 * @param normalised after both kinds of rules
 * @param operations rows of the protocol and of the gateway itself are passed over
 */
export function meshDocument(normalised: OpenApiDocument, operations: readonly TableRow[]): OpenApiDocument {
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const operation of openApiOperations(operations)) {
    const { method, path, args } = operation.source;
    const source = normalised.paths[path]?.[method.toLowerCase()] as OperationObject | undefined;
    if (source === undefined) continue;
    // One path item holds one operation of a method; a second field on the same call gets a path of its own.
    const key = publicPath(path, args);
    const free = paths[key]?.[method.toLowerCase()] === undefined ? key : `${key}#${operation.field}`;
    paths[free] = { ...paths[free], [method.toLowerCase()]: meshOperation(normalised, operation, source) };
  }
  const schemas = Object.entries(reachableSchemas(normalised, paths)).map(
    // Mesh names a type by its title.
    ([name, schema]) => [name, isRecord(schema) ? { ...withoutMarks(schema), title: name } : schema] as const,
  );
  return {
    openapi: normalised.openapi,
    info: { title: 'NoETL', version: normalised.info?.version ?? '' },
    paths,
    components: { schemas: Object.fromEntries(schemas) },
  };
}

interface OpenApiOperation {
  readonly field: string;
  readonly source: { readonly method: string; readonly path: string; readonly args: readonly OperationArgument[] };
}

/** The operations that the OpenAPI handler makes fields of: upstream ones that the protocol does not describe. */
function openApiOperations(operations: readonly TableRow[]): readonly OpenApiOperation[] {
  return operations.flatMap((operation) => {
    const { field, source, args } = operation;
    return source.kind === 'upstream' && !hasOwnShape(operation)
      ? [{ field, source: { method: source.method, path: source.path, args } }]
      : [];
  });
}

function publicPath(path: string, args: readonly OperationArgument[]): string {
  return args
    .filter((arg) => arg.in === 'path' && arg.name !== undefined)
    .reduce((replaced, arg) => replaced.replaceAll(`{${arg.wire}}`, `{${arg.name}}`), path);
}

function meshOperation(
  document: OpenApiDocument,
  { field, source }: OpenApiOperation,
  given: OperationObject,
): OperationObject {
  const parameters = source.args.flatMap((arg) => {
    const found = arg.name === undefined ? undefined : argumentOf(document, given, arg);
    if (found === undefined || arg.name === undefined) return [];
    // `{}` becomes `JSON`: the value goes to NoETL as the caller wrote it.
    const schema = isSafeInput(document, found.schema) ? found.schema : {};
    return [{ name: arg.name, in: arg.in === 'path' ? 'path' : 'query', required: found.required, schema }];
  });
  return { operationId: field, parameters, ...(given.responses === undefined ? {} : { responses: given.responses }) };
}

function argumentOf(
  document: OpenApiDocument,
  given: OperationObject,
  arg: OperationArgument,
): { schema: Schema; required: boolean } | undefined {
  if (arg.in !== 'body') {
    const parameter = given.parameters?.find((candidate) => candidate.in === arg.in && candidate.name === arg.wire);
    return parameter && { schema: parameter.schema ?? {}, required: arg.in === 'path' || parameter.required === true };
  }
  const isBodyRequired = given.requestBody?.required === true;
  const body = given.requestBody?.content?.['application/json']?.schema;
  const object = objectOf(document, body);
  // Properties of a normalised document are spelt as GraphQL can have them.
  const member = escapeName(arg.wire);
  const schema = object?.properties?.[member];
  if (schema !== undefined) {
    return { schema, required: isBodyRequired && object?.required?.includes(member) === true };
  }
  return object === undefined && arg.wire === wholeBody && body !== undefined
    ? { schema: body, required: isBodyRequired }
    : undefined;
}

const hasEscapedNames = ({ properties = {} }: SchemaObject): boolean =>
  Object.keys(properties).some((name) => /_x[0-9a-f]{1,6}_/.test(name));

/**
 * Whether GraphQL has the input type, with the names of the wire: an argument's value is sent as it was given. Names of
 * the schema would else be sent in place of those of the wire.
 */
function isSafeInput(document: OpenApiDocument, schema: Schema): boolean {
  return !Object.values({ schema, ...reachableSchemas(document, schema) }).some(
    (candidate) => isRecord(candidate) && (candidate.oneOf !== undefined || hasEscapedNames(candidate)),
  );
}

/** Without the notes that the rules left for the table. */
const withoutMarks = (schema: SchemaObject): SchemaObject => pickMembers(schema, (name) => !name.startsWith('x-'));
