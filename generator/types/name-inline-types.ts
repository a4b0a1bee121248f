import {
  componentReference,
  isRecord,
  mapOperations,
  type OpenApiDocument,
  type OperationObject,
  type Schema,
  type SchemaObject,
} from '../openapi/open-api.ts';
import { entryMark } from './maps.ts';
import { freeName, isTypeName, pascalCase, singular, typeNameOf } from './type-names.ts';

/**
 * Gives every inline object and enumeration a component of its own, named by its place: `runs.first_step`
 * of the operation `runs` is `RunsAnswerFirstStep`, one of `Run.steps` is `RunStep`. Mesh would call it
 * `runs_200_response`.
 */
export function nameInlineTypes(document: OpenApiDocument): OpenApiDocument {
  const schemas = document.components?.schemas ?? {};
  const namer = createNamer(Object.keys(schemas));
  const named = mapOperations(document, ({ operation }) => namer.operation(operation));
  for (const [name, schema] of Object.entries(schemas)) namer.made[name] = namer.inside(schema, name);
  // By name, so that the document does not depend on where a type was found first.
  const sorted = Object.entries(namer.made).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...named, components: { ...document.components, schemas: Object.fromEntries(sorted) } };
}

function createNamer(known: readonly string[]) {
  const made: Record<string, Schema> = {};
  const taken = new Set(known);

  /** A schema whose place has a name: what needs a type of its own becomes a reference to it. */
  function place(schema: Schema, name: string): Schema {
    if (!isRecord(schema) || schema.$ref !== undefined) return schema;
    if (!needsName(schema)) return inside(schema, name);
    const free = freeName(typeNameOf(name), (candidate) => taken.has(candidate) || !isTypeName(candidate));
    taken.add(free);
    const { nullable, default: given, [entryMark]: _, ...type } = schema;
    made[free] = inside({ ...type, title: free }, free);
    const beside = {
      ...(nullable === undefined ? {} : { nullable }),
      ...(given === undefined ? {} : { default: given }),
    };
    return { ...beside, $ref: componentReference(free) };
  }

  /** The parts of a schema that has a name, or needs no name. */
  function inside(schema: Schema, name: string): Schema {
    if (!isRecord(schema)) return schema;
    const parts: Record<string, unknown> = {};
    if (schema.properties !== undefined) {
      const members = Object.entries(schema.properties);
      parts['properties'] = Object.fromEntries(
        members.map(([member, property]) => [member, place(property, `${name}_${pascalCase(member)}`)]),
      );
    }
    if (schema.items !== undefined) parts['items'] = place(schema.items, itemName(schema.items, name));
    return { ...schema, ...parts };
  }

  function operation(given: OperationObject): OperationObject {
    // The id is the field's name by now (`meshDocument`).
    const field = given.operationId ?? '';
    const parameters = given.parameters?.map((parameter) => ({
      ...parameter,
      schema: place(parameter.schema ?? {}, `${pascalCase(field)}_${pascalCase(parameter.name)}`),
    }));
    const responses = Object.entries(given.responses ?? {}).map(([status, response]) => {
      const schema = response.content?.['application/json']?.schema ?? {};
      const content = { 'application/json': { schema: place(schema, `${pascalCase(field)}_Answer`) } };
      return [status, { ...response, content }] as const;
    });
    return {
      ...given,
      ...(parameters === undefined ? {} : { parameters }),
      responses: Object.fromEntries(responses),
    };
  }

  return { made, inside, operation };
}

const itemName = (items: Schema, name: string): string =>
  isRecord(items) && items[entryMark] === true ? `${name}_Entry` : singular(name);

const needsName = (schema: SchemaObject): boolean =>
  schema.enum !== undefined || schema.oneOf !== undefined || Object.keys(schema.properties ?? {}).length > 0;
