import { type ArgumentBounds, isWithin } from '../../plugins/argument-bounds.ts';
import type { WireStyle } from '../../plugins/operation.ts';
import { normalise } from '../normalise/normalise.ts';
import { answerMark, type ForeignAnswer } from '../normalise/operation-rules.ts';
import { requiredNulls, structureRules } from '../normalise/structure-rules.ts';
import { isPublicName } from '../openapi/names.ts';
import {
  basePathOf,
  type DocumentOperation,
  isRecord,
  listOperations,
  type OpenApiDocument,
  type OperationObject,
  objectOf,
  type Parameter,
  pickMembers,
  rowOf,
  type Schema,
  type SchemaObject,
  schemaAt,
  wholeBody,
} from '../openapi/open-api.ts';
import { publicProse } from './prose.ts';

/** An argument of an operation as the document has it: path and query parameters, and the members of a JSON body. */
export interface ShapeArgument {
  readonly wire: string;
  readonly in: 'path' | 'query' | 'body';
  readonly required: boolean;
  readonly schema: Schema;
  readonly style?: WireStyle;
  /** Why the upstream would not understand it in the form that the gateway sends; for lists and objects only. */
  readonly unsendable?: string;
  readonly nullWhenAbsent?: true;
  readonly description?: string;
  readonly deprecated?: true;
  /** What NoETL refuses values outside of; of scalars only. */
  readonly bounds?: ArgumentBounds;
}

/**
 * The document's description of an argument, for callers. Prose about the inside of NoETL is left out.
 */
const wordsOf = (node: Readonly<Record<string, unknown>>) => {
  const description = publicProse(node['description']);
  return {
    ...(description === undefined ? {} : { description }),
    ...(node['deprecated'] === true ? { deprecated: true as const } : {}),
  };
};

/** A header or a cookie that an operation knows. */
interface ShapeHeader {
  readonly name: string;
  readonly in: 'header' | 'cookie';
  readonly required: boolean;
}

/** What an operation takes and answers, in wire names. */
export interface DocumentedShape {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly args: readonly ShapeArgument[];
  /**
   * - `members`: the body is an object and its members are arguments
   * - `whole`: the body is anything else in JSON; the one argument `input` is the body
   * - `foreign`: the body is not JSON
   */
  readonly body: 'none' | 'members' | 'whole' | 'foreign';
  readonly answer: Schema;
  /** What callers may read of the document's own words: the description, else the summary. */
  readonly description: string | undefined;
  readonly deprecated: boolean;
  /** What the answer is when it is not JSON. */
  readonly foreign: ForeignAnswer | undefined;
  readonly headers: readonly ShapeHeader[];
  /** The base path of an operation that the document serves below another one than the rest. */
  readonly elsewhere?: string;
  /** Names of the answer's fields, or of its rows'; nested ones as `items.name`, one level. */
  readonly fields: readonly string[];
}

/**
 * Every operation's shape, from a document as it was pulled. In the document's order; also of operations that the gateway
 * cannot call: `checkTransport` names the reason.
 */
export function readShapes(document: OpenApiDocument): readonly DocumentedShape[] {
  return shapesOf(normalise(document, structureRules).document);
}

/** {@link readShapes} for a document to which the structure rules have been applied. */
export function shapesOf(document: OpenApiDocument): readonly DocumentedShape[] {
  return listOperations(document).map((entry) => shapeOf(document, entry));
}

function shapeOf(document: OpenApiDocument, entry: DocumentOperation): DocumentedShape {
  const { key, method, path, operation } = entry;
  const parameters = parametersOf(document, operation);
  const { body, args } = bodyOf(document, operation.requestBody);
  // The rule `one-answer` has moved the answer here, whatever status and media type it had.
  const answer = operation.responses?.['200']?.content?.['application/json']?.schema ?? {};
  return {
    key,
    method,
    path,
    args: [...parameters, ...args],
    body,
    answer,
    foreign: operation[answerMark] as ForeignAnswer | undefined,
    headers: headersOf(operation),
    ...elsewhereOf(document, entry),
    description: publicProse(operation['description']) ?? publicProse(operation['summary']),
    deprecated: operation['deprecated'] === true,
    fields: fieldsOf(document, answer),
  };
}

function elsewhereOf(
  document: OpenApiDocument,
  { operation, item }: DocumentOperation,
): Pick<DocumentedShape, 'elsewhere'> {
  const own = operation['servers'] ?? item['servers'];
  const path = basePathOf(own);
  return own === undefined || path === basePathOf(document['servers']) ? {} : { elsewhere: path };
}

function parametersOf(document: OpenApiDocument, { parameters = [] }: OperationObject): readonly ShapeArgument[] {
  return parameters.flatMap((parameter): ShapeArgument[] => {
    const { name: wire, in: place } = parameter;
    // Headers and cookies are not arguments: rows give them (`headers`).
    if (place !== 'path' && place !== 'query') return [];
    const others = new Set(parameters.filter((one) => one.in === 'query' && one !== parameter).map(({ name }) => name));
    // A parameter of the path is always required (OpenAPI 3.1, §4.8.12).
    const required = place === 'path' || parameter.required === true;
    const schema = parameter.schema ?? {};
    return [
      {
        wire,
        in: place,
        required,
        schema,
        ...wordsOf(parameter),
        ...boundsOf(document, schema),
        ...parameterForm(document, parameter, others),
      },
    ];
  });
}

/**
 * `Accept` and `Content-Type` are never parameters: media types define them (OpenAPI 3.1, §4.8.12). The
 * names of headers have no case.
 */
const headersOf = ({ parameters = [] }: OperationObject): readonly ShapeHeader[] =>
  parameters.flatMap(({ name, in: place, required }) =>
    (place === 'header' && !/^(?:accept|content-type)$/i.test(name)) || place === 'cookie'
      ? [{ name, in: place as ShapeHeader['in'], required: required === true }]
      : [],
  );

function bodyOf(
  document: OpenApiDocument,
  body: DocumentOperation['operation']['requestBody'],
): { body: DocumentedShape['body']; args: ShapeArgument[] } {
  if (body === undefined) return { body: 'none', args: [] };
  const schema = body.content?.['application/json']?.schema;
  if (schema === undefined) return { body: 'foreign', args: [] };
  const object = objectOf(document, schema);
  const isBodyRequired = body.required === true;
  // A list, a scalar or a map has no members to offer as arguments.
  if (object?.properties === undefined) {
    return { body: 'whole', args: [{ wire: wholeBody, in: 'body', required: isBodyRequired, schema }] };
  }
  const nulls = (object[requiredNulls] ?? []) as readonly string[];
  const properties = Object.entries(object.properties).sort(([a], [b]) => (a < b ? -1 : 1));
  const args = properties.map(
    ([wire, property]): ShapeArgument => ({
      wire,
      in: 'body',
      // Members of a body that may be left out are not required.
      required: isBodyRequired && object.required?.includes(wire) === true,
      schema: property,
      ...(nulls.includes(wire) ? { nullWhenAbsent: true } : {}),
      ...wordsOf(isRecord(property) ? property : {}),
      ...boundsOf(document, property),
    }),
  );
  return { body: 'members', args };
}

/**
 * The bounds of a scalar, which may also be null. Bounds that exclude the argument's own default are not checked by NoETL
 * either: a call without the argument would fail.
 */
function boundsOf(document: OpenApiDocument, given: Schema): Pick<ShapeArgument, 'bounds'> {
  const outer = schemaAt(document, given) ?? {};
  const branches = (outer.anyOf ?? outer.oneOf ?? [outer]).map((branch) => schemaAt(document, branch) ?? {});
  const [schema, ...others] = branches.filter(({ type }) => type !== 'null');
  if (schema === undefined || others.length > 0) return {};
  const names = keywords[String(schema.type)] ?? [];
  const found: Record<string, unknown> = pickMembers(schema, (name) => names.includes(name) && isNumber(schema[name]));
  if (schema.enum?.every((value) => typeof value === 'string' || isNumber(value))) found['enum'] = schema.enum;
  const usual = outer['default'] ?? schema['default'];
  const fits = usual === undefined || usual === null || isWithin(found, String(usual));
  return Object.keys(found).length > 0 && fits ? { bounds: found } : {};
}

const isNumber = (value: unknown): boolean => typeof value === 'number';

/** Keywords limit values of their own type only (JSON Schema 2020-12, Validation, §6). */
const keywords: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength'],
  integer: ['minimum', 'maximum'],
  number: ['minimum', 'maximum'],
};

function fieldsOf(document: OpenApiDocument, answer: Schema): string[] {
  const properties = Object.entries(rowOf(document, answer)?.properties ?? {});
  return properties.flatMap(([name, schema]) => [
    name,
    ...Object.keys(rowOf(document, schema)?.properties ?? {}).map((nested) => `${name}.${nested}`),
  ]);
}

/** How a parameter is written on the wire, or why it cannot be. Empty: a parameter for each item of a list. */
type ParameterForm = Pick<ShapeArgument, 'style' | 'unsendable'>;

const unsendable = (why: string): ParameterForm => ({ unsendable: why });

/**
 * The form of a path or query parameter: `style`, `explode` and `content` of OpenAPI 3 §4.8.12. A scalar has one form
 * only.
 * @param others names of the operation's other query parameters: members that are sent by their own names must not meet
 * one.
 * @returns `unsendable`: what the upstream wants and the gateway cannot write, for a message
 */
function parameterForm(document: OpenApiDocument, parameter: Parameter, others: ReadonlySet<string>): ParameterForm {
  const schema = schemaAt(document, parameter.schema) ?? {};
  const media = parameter['x-content'];
  if (media === 'json') return parameter.in === 'query' ? { style: 'json' } : unsendable('JSON in a path');
  if (isList(schema)) return listForm(document, parameter, schema);
  if (!isObject(schema)) return {};
  if (media !== undefined) return unsendable('an object in a media type that is not JSON');
  return parameter.in === 'query' ? objectForm(parameter, schema, others) : unsendable('an object in a path');
}

function listForm(document: OpenApiDocument, parameter: Parameter, schema: SchemaObject): ParameterForm {
  const items = schemaAt(document, schema.items) ?? {};
  if (isList(items) || isObject(items)) return unsendable('a list of lists or objects');
  return parameter.in === 'path' ? listInPath(parameter) : listInQuery(parameter);
}

function listInPath({ style = 'simple' }: Parameter): ParameterForm {
  return style === 'simple' ? { style: 'comma' } : unsendable(`the style ${String(style)} in a path`);
}

const separated = { form: 'comma', spaceDelimited: 'space', pipeDelimited: 'pipe' } as const;

/** `form` is exploded by default, the other styles are not (OpenAPI 3.1, §4.8.12). */
function listInQuery({ style = 'form', explode = style === 'form' }: Parameter): ParameterForm {
  if (typeof style !== 'string' || !Object.hasOwn(separated, style)) {
    return unsendable(`a list in the style ${String(style)}`);
  }
  return explode === true ? {} : { style: separated[style as keyof typeof separated] };
}

function objectForm(parameter: Parameter, schema: SchemaObject, others: ReadonlySet<string>): ParameterForm {
  const style = parameter['style'] ?? 'form';
  if (style === 'deepObject') return { style: 'deep' };
  if (style !== 'form') return unsendable(`an object in the style ${String(style)}`);
  if (parameter['explode'] === false) return { style: 'pairs' };
  // Exploded, each member is a parameter by its own name; its value needs a form that a single parameter has.
  const members = Object.keys(schema.properties ?? {});
  if (!members.every((name) => isPublicName(name) && isFlat(schema.properties?.[name]))) {
    return unsendable('an object with members that are lists or objects, each a parameter of its own');
  }
  if (members.length === 0) return unsendable('an object with any members, each a parameter of its own');
  const met = members.find((member) => others.has(member));
  return met === undefined ? { style: 'members' } : unsendable(`its member ${met} is another parameter’s name`);
}

const isList = (schema: SchemaObject): boolean =>
  schema.type === 'array' || (schema.type === undefined && schema.items !== undefined);

const isFlat = (member: Schema | undefined): boolean =>
  isRecord(member) && ['string', 'integer', 'number', 'boolean'].includes(String(member.type));

const isObject = (schema: SchemaObject): boolean => schema.type === 'object' || schema.properties !== undefined;
