import { type GraphQLOutputType, getNullableType, isLeafType, isListType } from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { entriesReader, isMap } from './map-entries.ts';

/**
 * An answer's body, when it can be a value of the field's type: a list for a list, an object for an object. A page of a
 * proxy or a cut-off text with status 200 is not "nothing found".
 * @returns the body, with maps as lists of entries; NoETL's own `null`, or no body at all, stays one
 * @throws ERR_UPSTREAM
 */
export function ofDeclaredShape(type: GraphQLOutputType | undefined, body: unknown): unknown {
  if (type === undefined || body === undefined || body === null) return body;
  const declared = getNullableType(type);
  if (isLeafType(declared)) return body;
  const fits = isListType(declared)
    ? Array.isArray(body) || (isMap(declared) && isJsonObject(body))
    : isJsonObject(body);
  if (fits) return entriesReader(declared)?.(body) ?? body;
  throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
}
