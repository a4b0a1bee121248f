import type { Media, Schema } from '../openapi/open-api.ts';
import { changeOf, type SchemaChange } from './change-rules.ts';
import { isSame } from './constraint-changes.ts';
import { at, type DocumentPair, mediaTypeChanges, type OperationChange } from './operation-change.ts';
import type { OperationContract } from './operation-contract.ts';
import { isObject, plainSchema } from './plain-schema.ts';
import { compareRequired, compareSchemas, type Sides, schemaChanges } from './schema-changes.ts';

/**
 * Changes of what is sent in the body: whether there is one, its media types, and what it holds. Members of a JSON body
 * are reported as arguments, which is what callers of the gateway know them as.
 */
export function bodyChanges(
  pair: DocumentPair,
  { body: was }: OperationContract,
  { body: is }: OperationContract,
): readonly OperationChange[] {
  if (was === undefined) return is === undefined ? [] : newBody(pair, is);
  if (is === undefined) return [at('body', undefined, changeOf('body-gone', 'in', '', 'is gone'))];
  const required =
    was.required === is.required
      ? []
      : [
          is.required
            ? changeOf('body-required', 'in', '', 'is required now')
            : changeOf('body-optional', 'in', '', 'is optional now'),
        ];
  return [
    ...required.map((change) => at('body', undefined, change)),
    ...mediaTypeChanges('body', was.content, is.content),
    ...[...was.content].flatMap(([type, media]) => {
      const now = is.content.get(type);
      return now === undefined ? [] : mediaChanges(pair, type, { was: media, is: now });
    }),
  ];
}

type Body = NonNullable<OperationContract['body']>;

/** A body that is new: its members are reported as new arguments beside it. */
function newBody(pair: DocumentPair, { required, content }: Body): readonly OperationChange[] {
  const change = required
    ? changeOf('body-new-required', 'in', '', 'is new and required')
    : changeOf('body-new', 'in', '', 'is new');
  const json = content.get('application/json');
  return [
    at('body', undefined, change),
    ...(json === undefined ? [] : memberChanges(pair, { properties: {} }, json.schema ?? {})),
  ];
}

interface MediaPair {
  readonly was: Media;
  readonly is: Media;
}

function mediaChanges(pair: DocumentPair, type: string, { was, is }: MediaPair): readonly OperationChange[] {
  const encoding = isSame(was['encoding'], is['encoding'])
    ? []
    : [at(`body (${type})`, undefined, changeOf('encoding-changed', 'in', '', 'the encoding is another'))];
  const isJson = type === 'application/json';
  if (isJson) return [...encoding, ...memberChanges(pair, was.schema ?? {}, is.schema ?? {})];
  const changes = schemaChanges(pair.before, pair.after, 'in', was.schema ?? {}, is.schema ?? {});
  return [...encoding, ...changes.map((change) => at(`body (${type})`, undefined, change))];
}

/** Members of a JSON body are arguments, required or not whether or not the body is; anything else is one value. */
function memberChanges({ before, after }: DocumentPair, left: Schema, right: Schema): readonly OperationChange[] {
  const sides: Sides = { before, after, direction: 'in', seen: new Set() };
  const [was, is] = [plainSchema(before, left).schema, plainSchema(after, right).schema];
  if (!isObject(was) || !isObject(is)) {
    return compareSchemas(sides, left, right, '').map((change) => at('argument input (body)', 'input', change));
  }
  const names = [...new Set([...Object.keys(was.properties ?? {}), ...Object.keys(is.properties ?? {})])].sort();
  // The schema of the body without its members: those are compared one by one below.
  const bare = ({ properties: _, required: __, ...rest }: typeof was) => ({ ...rest, properties: {} });
  const whole = compareSchemas(sides, bare(was), bare(is), '').map((change) => at('body', undefined, change));
  const members = names.flatMap((name) =>
    oneMember(sides, {
      left: was.properties?.[name],
      right: is.properties?.[name],
      wasRequired: was.required?.includes(name) === true,
      isRequired: is.required?.includes(name) === true,
    }).map((change) => at(`argument ${name} (body)`, name, change)),
  );
  return [...whole, ...members];
}

/** A member on both sides; `undefined`: the side does not have it. */
interface Member {
  readonly left: Schema | undefined;
  readonly right: Schema | undefined;
  readonly wasRequired: boolean;
  readonly isRequired: boolean;
}

function oneMember(sides: Sides, { left, right, wasRequired, isRequired }: Member): SchemaChange[] {
  if (right === undefined) return [changeOf('argument-gone', 'in', '', 'is gone')];
  if (left !== undefined) {
    return [...compareRequired('in', wasRequired, isRequired, ''), ...compareSchemas(sides, left, right, '')];
  }
  return [
    isRequired
      ? changeOf('argument-new-required', 'in', '', 'is new and required')
      : changeOf('argument-new', 'in', '', 'is new'),
  ];
}
