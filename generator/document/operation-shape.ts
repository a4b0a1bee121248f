import { normalise, structureRules } from '../normalise/normalise.ts';
import { objectOf, rowOf, wholeBody } from '../openapi/object-schema.ts';
import { type DocumentOperation, listOperations, type OpenApiDocument, type Schema } from '../openapi/open-api.ts';

/** An argument of an operation as the document has it: path and query parameters, and the members of a JSON body. */
export interface ShapeArgument {
  readonly wire: string;
  readonly in: 'path' | 'query' | 'body';
  readonly required: boolean;
  readonly schema: Schema;
}

/** What an operation takes and answers, in wire names. */
export interface OperationShape {
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
  /** Names of the answer's fields, or of its rows'; nested ones as `items.name`, one level. */
  readonly fields: readonly string[];
}

/** Every operation's shape, from a document as it was pulled. */
export function readShapes(document: OpenApiDocument): readonly OperationShape[] {
  return shapesOf(normalise(document, structureRules).document);
}

/** {@link readShapes} for a document to which the structure rules have been applied. */
export function shapesOf(document: OpenApiDocument): readonly OperationShape[] {
  return listOperations(document).map((entry) => shapeOf(document, entry));
}

function shapeOf(document: OpenApiDocument, { key, method, path, operation }: DocumentOperation): OperationShape {
  const parameters = (operation.parameters ?? []).flatMap((parameter): ShapeArgument[] =>
    parameter.in === 'path' || parameter.in === 'query'
      ? [
          {
            wire: parameter.name,
            in: parameter.in,
            required: parameter.in === 'path' || parameter.required === true,
            schema: parameter.schema ?? {},
          },
        ]
      : [],
  );
  const { body, args } = bodyOf(document, operation.requestBody);
  const answer = operation.responses?.['200']?.content?.['application/json']?.schema ?? {};
  return { key, method, path, args: [...parameters, ...args], body, answer, fields: fieldsOf(document, answer) };
}

function bodyOf(
  document: OpenApiDocument,
  body: DocumentOperation['operation']['requestBody'],
): { body: OperationShape['body']; args: ShapeArgument[] } {
  if (body === undefined) return { body: 'none', args: [] };
  const schema = body.content?.['application/json']?.schema;
  if (schema === undefined) return { body: 'foreign', args: [] };
  const object = objectOf(document, schema);
  const isBodyRequired = body.required === true;
  if (object?.properties === undefined) {
    return { body: 'whole', args: [{ wire: wholeBody, in: 'body', required: isBodyRequired, schema }] };
  }
  const properties = Object.entries(object.properties).sort(([a], [b]) => (a < b ? -1 : 1));
  const args = properties.map(
    ([wire, property]): ShapeArgument => ({
      wire,
      in: 'body',
      required: isBodyRequired && object.required?.includes(wire) === true,
      schema: property,
    }),
  );
  return { body: 'members', args };
}

function fieldsOf(document: OpenApiDocument, answer: Schema): string[] {
  const properties = Object.entries(rowOf(document, answer)?.properties ?? {});
  return properties.flatMap(([name, schema]) => [
    name,
    ...Object.keys(rowOf(document, schema)?.properties ?? {}).map((nested) => `${name}.${nested}`),
  ]);
}
