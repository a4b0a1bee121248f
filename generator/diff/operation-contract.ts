import { sortKeys } from '../canonical-text.ts';
import { normalise } from '../normalise/normalise.ts';
import { resolveReferences } from '../normalise/operation-rules.ts';
import { mergeAllOf } from '../normalise/structure-rules.ts';
import {
  type Body,
  basePathOf,
  type DocumentOperation,
  isRecord,
  listOperations,
  type Media,
  type OpenApiDocument,
  type Parameter,
  type Schema,
} from '../openapi/open-api.ts';

/** A parameter of the path, the query, the headers or the cookies. */
export interface ContractParameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly deprecated: boolean;
  /** How a value is written: style, explode, media type. */
  readonly form: string;
  readonly schema: Schema;
}

/** The request and the responses of an operation by the document. */
export interface OperationContract {
  readonly key: string;
  readonly path: string;
  readonly parameters: readonly ContractParameter[];
  readonly body: { readonly required: boolean; readonly content: ReadonlyMap<string, Media> } | undefined;
  /** Answers by status: `200`, `4XX`, `default`. */
  readonly answers: ReadonlyMap<string, ContractAnswer>;
  readonly deprecated: boolean;
  /** The security requirement with the schemes that it names, as one JSON text; undefined without a requirement. */
  readonly security: string | undefined;
  /** The path that the document's paths are below; `''` without a base path. */
  readonly basePath: string;
}

export interface ContractAnswer {
  readonly content: ReadonlyMap<string, Media>;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * A document in which shared parts are inlined where they are used and `allOf` is merged; nothing else is changed. References
 * to schemas stay references.
 */
export const comparable = (document: OpenApiDocument): OpenApiDocument =>
  normalise(document, [resolveReferences, mergeAllOf]).document;

/** Every operation of a {@link comparable} document. */
export const contractsOf = (document: OpenApiDocument): readonly OperationContract[] =>
  listOperations(document).map((entry) => contractOf(document, entry));

function contractOf(document: OpenApiDocument, { key, path, item, operation }: DocumentOperation): OperationContract {
  const { requestBody, responses = {} } = operation;
  return {
    key,
    path,
    // With those of the path item: `resolveReferences` has put them here.
    parameters: (operation.parameters ?? []).filter(({ in: place, name }) => !isIgnored(place, name)).map(parameterOf),
    body:
      requestBody === undefined
        ? undefined
        : { required: requestBody.required === true, content: contentOf(requestBody) },
    answers: new Map(Object.entries(responses).map(([status, answer]) => [status.toUpperCase(), answerOf(answer)])),
    deprecated: operation['deprecated'] === true,
    security: securityOf(document, operation['security'] ?? document['security']),
    basePath: basePathOf(operation['servers'] ?? item['servers'] ?? document['servers']),
  };
}

/** By OpenAPI these are never parameters: media types define them. */
const isIgnored = (place: string, name: string): boolean =>
  place === 'header' && ['accept', 'content-type'].includes(name.toLowerCase());

function parameterOf(parameter: Parameter): ContractParameter {
  const { name, in: place, required, schema, content } = parameter;
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  return {
    // Names of headers have no case (RFC 9110, section 5.1).
    name: place === 'header' ? name.toLowerCase() : name,
    in: place,
    required: place === 'path' || required === true,
    deprecated: parameter['deprecated'] === true,
    form: type === undefined ? styleOf(parameter) : type,
    schema: schema ?? media?.schema ?? {},
  };
}

/** OpenAPI 3.1, §4.8.12: the defaults of `style` and `explode`. */
function styleOf(parameter: Parameter): string {
  const standard = parameter.in === 'query' || parameter.in === 'cookie' ? 'form' : 'simple';
  const style = typeof parameter['style'] === 'string' ? parameter['style'] : standard;
  const explode = typeof parameter['explode'] === 'boolean' ? parameter['explode'] : style === 'form';
  const raw = parameter['allowReserved'] === true ? ', reserved characters as they are' : '';
  return `${style}${explode ? ', exploded' : ''}${raw}`;
}

const contentOf = (body: Body): ReadonlyMap<string, Media> =>
  new Map(Object.entries(body.content ?? {}).map(([type, media]) => [plainMediaType(type), media]));

/** `application/json; charset=utf-8` is `application/json`. Media types have no case (RFC 9110, section 8.3.1). */
const plainMediaType = (type: string): string => (type.split(';')[0] ?? '').trim().toLowerCase();

const answerOf = (answer: Body): ContractAnswer => ({
  content: contentOf(answer),
  headers: isRecord(answer['headers']) ? answer['headers'] : {},
});

function securityOf(document: OpenApiDocument, requirement: unknown): string | undefined {
  if (!Array.isArray(requirement) || requirement.length === 0) return undefined;
  // An empty requirement among others makes all of them optional.
  if (requirement.some((one) => isRecord(one) && Object.keys(one).length === 0)) return undefined;
  const schemes = document.components?.['securitySchemes'] ?? {};
  const named = requirement.flatMap((one) => (isRecord(one) ? Object.keys(one) : []));
  return JSON.stringify(
    sortKeys([requirement, Object.fromEntries(named.map((name) => [name, schemeOf(schemes[name])]))]),
  );
}

function schemeOf(scheme: unknown): unknown {
  if (!isRecord(scheme)) return null;
  const { description: _, ...rest } = scheme;
  return rest;
}

/** An operation's key without the names of its path parameters, which releases change: `GET /api/executions/{}`. */
export const operationTemplate = (key: string): string => key.replaceAll(/\{[^{}]*\}/g, '{}').replace(/\/+$/, '');
