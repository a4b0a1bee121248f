import { isPublicName } from '../openapi/identifiers.ts';

/**
 * A name in PascalCase: `validation-error`, `Body_upload` and `page[item]` are `ValidationError`, `BodyUpload` and
 * `PageItem`.
 */
export function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** One of several: `entries` is `entry`, `steps` is `step`. */
export function singular(name: string): string {
  if (/ies$/i.test(name)) return `${name.slice(0, -3)}y`;
  return /[^s]s$/i.test(name) ? name.slice(0, -1) : name;
}

/** Names that the schema needs for itself: GraphQL's and Mesh's own, and the protocol's types. */
const reserved = new Set([
  ...['Query', 'Mutation', 'Subscription', 'ID', 'String', 'Int', 'Float', 'Boolean', 'Schema'],
  ...['Any', 'JSON', 'BigInt', 'Decimal', 'Date', 'DateTime', 'Time', 'UUID', 'URL', 'EmailAddress', 'Void', 'File'],
  ...['ObjMap', 'HTTPMethod', 'TransportOptions', 'QueryInput', 'MutationInput'],
  ...['Execution', 'ExecutionFailure', 'ExecutionStep', 'ExecuteResult'],
  // Mesh looks names up in plain objects, which have these already.
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** A name that a type of the document may have in the schema. */
export const isTypeName = (name: string): boolean => isPublicName(name) && !reserved.has(name);

/** The public name of a type that the document calls so, before it is made unique. */
export function typeNameOf(name: string): string {
  const words = pascalCase(name);
  if (words === '') return 'Model';
  return /^[0-9]/.test(words) || reserved.has(words) ? `Noetl${words}` : words;
}

/** The name, or the name with the first number that makes it free. */
export function freeName(name: string, isTaken: (candidate: string) => boolean): string {
  let free = name;
  for (let suffix = 2; isTaken(free); suffix += 1) free = `${name}${suffix}`;
  return free;
}
