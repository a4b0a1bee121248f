import type { WireStyle } from '../../plugins/operation.ts';
import { isPublicName } from '../openapi/identifiers.ts';
import {
  isRecord,
  lookUp,
  type OpenApiDocument,
  type Parameter,
  type Schema,
  type SchemaObject,
} from '../openapi/open-api.ts';

/** How a parameter is written on the wire, or why it cannot be. */
export type ParameterForm = { readonly style: WireStyle | undefined } | { readonly unsendable: string };

const plain: ParameterForm = { style: undefined };
const unsendable = (why: string): ParameterForm => ({ unsendable: why });

/**
 * The form of a path or query parameter: `style`, `explode` and `content` of OpenAPI 3 §4.8.12. A scalar has one form
 * only.
 * @param others names of the operation's other query parameters: members that are sent by their own names must not meet
 * one.
 * @returns `style` undefined: the usual form, a parameter for each item of a list; `unsendable`: what the upstream
 * wants and the gateway cannot write, for a message
 */
export function parameterForm(
  document: OpenApiDocument,
  parameter: Parameter,
  others: ReadonlySet<string>,
): ParameterForm {
  const schema = schemaOf(document, parameter);
  const media = parameter['x-content'];
  if (media === 'json') return parameter.in === 'query' ? { style: 'json' } : unsendable('JSON in a path');
  if (isList(schema)) return listForm(document, parameter, schema);
  if (!isObject(schema)) return plain;
  if (media !== undefined) return unsendable('an object in a media type that is not JSON');
  return parameter.in === 'query' ? objectForm(parameter, schema, others) : unsendable('an object in a path');
}

function listForm(document: OpenApiDocument, parameter: Parameter, schema: SchemaObject): ParameterForm {
  const items = isRecord(schema.items) ? resolved(document, schema.items) : {};
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
  return explode === true ? plain : { style: separated[style as keyof typeof separated] };
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

const schemaOf = (document: OpenApiDocument, { schema }: Parameter): SchemaObject =>
  isRecord(schema) ? resolved(document, schema) : {};

function resolved(document: OpenApiDocument, schema: SchemaObject): SchemaObject {
  const target = schema.$ref === undefined ? schema : lookUp(document, schema.$ref);
  return isRecord(target) ? (target as SchemaObject) : {};
}

const isList = (schema: SchemaObject): boolean =>
  schema.type === 'array' || (schema.type === undefined && schema.items !== undefined);

const isFlat = (member: Schema | undefined): boolean =>
  isRecord(member) && ['string', 'integer', 'number', 'boolean'].includes(String(member.type));

const isObject = (schema: SchemaObject): boolean => schema.type === 'object' || schema.properties !== undefined;
