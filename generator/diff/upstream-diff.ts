import { suggest } from '../openapi/names.ts';
import type { Media, OpenApiDocument, Schema } from '../openapi/open-api.ts';
import {
  at,
  type ChangeKind,
  changeOf,
  type DocumentPair,
  mediaTypeChanges,
  type OperationChange,
  type SchemaChange,
} from './change-rules.ts';
import type { UpstreamChange } from './diff-report.ts';
import {
  type ContractAnswer,
  type ContractParameter,
  comparable,
  contractsOf,
  type OperationContract,
  operationTemplate,
} from './operation-contract.ts';
import {
  compareRequired,
  compareSchemas,
  isObject,
  isSame,
  plainSchema,
  type Sides,
  schemaChanges,
  words,
} from './schema-changes.ts';

type Found = Omit<UpstreamChange, 'fields'>;

/**
 * Every difference between two documents, as they were pulled, that a caller of NoETL could notice; by path. Operations
 * are matched by method and path without the names of parameters. Descriptions, titles and examples do not count.
 * @returns in the order of paths, then methods
 */
export function upstreamDiff(documents: DocumentPair): readonly Found[] {
  const pair: DocumentPair = { before: comparable(documents.before), after: comparable(documents.after) };
  const [old, now] = [byTemplate(pair.before), byTemplate(pair.after)];
  // Candidates for what an operation that is gone has become.
  const added = [...now].flatMap(([template, { key }]) => (old.has(template) ? [] : [key]));
  return [...new Set([...old.keys(), ...now.keys()])].sort(byPath).flatMap((template): Found[] => {
    const [was, is] = [old.get(template), now.get(template)];
    if (is === undefined) return was === undefined ? [] : [gone(was.key, added)];
    if (was === undefined) return [operationFound(is.key, 'operation-new', 'is new')];
    return operationChanges(pair, was, is).map((change) => ({ ...change, operation: is.key }));
  });
}

function gone(key: string, added: readonly string[]): Found {
  const moved = movedTo(key, added);
  return operationFound(key, 'operation-gone', `is gone${moved === undefined ? '' : `; perhaps it is ${moved} now`}`);
}

const operationFound = (operation: string, kind: 'operation-new' | 'operation-gone', message: string): Found => ({
  ...at(undefined, undefined, changeOf(kind, 'in', '', message)),
  operation,
});

const byTemplate = (document: OpenApiDocument): ReadonlyMap<string, OperationContract> =>
  new Map(contractsOf(document).map((contract) => [operationTemplate(contract.key), contract]));

/** Keys are `METHOD /path`: turned round, so that the operations of one path stay together. */
const byPath = (a: string, b: string): number => {
  const [left, right] = [a, b].map((key) => key.split(' ').toReversed().join(' '));
  return (left ?? '') < (right ?? '') ? -1 : 1;
};

/**
 * The new operation that an operation which is gone has perhaps become: of the same method, with at least half of its
 * words in the path, and nearest in spelling.
 */
export function movedTo(key: string, added: readonly string[]): string | undefined {
  const words = wordsOf(key);
  const alike = added.filter((candidate) => {
    const shared = wordsOf(candidate).filter((word) => words.includes(word));
    return methodOf(candidate) === methodOf(key) && shared.length > 0 && shared.length * 2 >= words.length;
  });
  return suggest(key, alike, 1)[0];
}

const methodOf = (key: string): string => key.slice(0, key.indexOf(' '));

/** Segments with a meaning: `api`, parameters and repetitions are left out. */
const wordsOf = (key: string): readonly string[] => [
  ...new Set(
    key
      .split('/')
      .slice(1)
      .filter((segment) => segment !== 'api' && !segment.startsWith('{')),
  ),
];

/**
 * Everything that changed between an operation and the same of the next document: the whole, then parameters, body and
 * answers. The two are matched by their template before (`upstream-diff.ts`).
 */
const operationChanges = (
  pair: DocumentPair,
  was: OperationContract,
  is: OperationContract,
): readonly OperationChange[] => [
  ...wholeChanges(was, is),
  ...parameterChanges(pair, was, is),
  ...bodyChanges(pair, was, is),
  ...answerChanges(pair, was, is),
];

function wholeChanges(was: OperationContract, is: OperationContract): readonly OperationChange[] {
  // Calls of the old base path reach nothing.
  const basePath = `is below ${is.basePath || '/'} now, and was below ${was.basePath || '/'}`;
  return [
    ...(was.basePath === is.basePath ? [] : [whole('base-path-changed', basePath)]),
    ...deprecation(was.deprecated, is.deprecated),
    ...security(was.security, is.security),
  ];
}

const whole = (kind: ChangeKind, message: string): OperationChange =>
  at(undefined, undefined, changeOf(kind, 'in', '', message));

function deprecation(was: boolean, is: boolean): readonly OperationChange[] {
  if (was === is) return [];
  return [
    is ? whole('operation-deprecated', 'is deprecated now') : whole('operation-restored', 'is no longer deprecated'),
  ];
}

/** Compared as texts: which requirement asks for more cannot be decided in general. */
function security(was: string | undefined, is: string | undefined): readonly OperationChange[] {
  if (was === is) return [];
  if (was === undefined) return [whole('security-required', 'asks for credentials now')];
  if (is === undefined) return [whole('security-dropped', 'asks for no credentials now')];
  return [whole('security-changed', 'asks for other credentials now')];
}

/**
 * Changes of what is sent in the path, the query, headers and cookies. One that has moved is reported as moved at its
 * old place and as new at its new one.
 */
function parameterChanges(
  pair: DocumentPair,
  was: OperationContract,
  is: OperationContract,
): readonly OperationChange[] {
  const renamed = renamedPathParameters(was, is);
  const old = new Map(was.parameters.map((one) => [identity(one, renamed), one]));
  const now = new Map(is.parameters.map((one) => [identity(one), one]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id): readonly OperationChange[] => {
    const [left, right] = [old.get(id), now.get(id)];
    if (left === undefined) return right === undefined ? [] : [appeared(right)];
    return right === undefined ? [missing(left, is)] : oneParameter(pair, left, right);
  });
}

function oneParameter(
  pair: DocumentPair,
  left: ContractParameter,
  right: ContractParameter,
): readonly OperationChange[] {
  const found = [
    ...compareRequired('in', left.required, right.required, ''),
    ...(left.form === right.form
      ? []
      : [changeOf('argument-form-changed', 'in', '', words('form', left.form, right.form))]),
    ...parameterDeprecation(left.deprecated, right.deprecated),
    ...schemaChanges(pair.before, pair.after, 'in', left.schema, right.schema),
  ];
  return found.map((change) => at(placeOf(right), right.name, change));
}

function parameterDeprecation(was: boolean, is: boolean) {
  if (was === is) return [];
  return is
    ? [changeOf('argument-deprecated', 'in', '', 'is deprecated now')]
    : [changeOf('argument-restored', 'in', '', 'is no longer deprecated')];
}

const placeOf = ({ name, in: place }: ContractParameter): string => `argument ${name} (${place})`;

const appeared = (parameter: ContractParameter): OperationChange =>
  at(
    placeOf(parameter),
    parameter.name,
    parameter.required
      ? changeOf('argument-new-required', 'in', '', 'is new and required')
      : changeOf('argument-new', 'in', '', 'is new'),
  );

function missing(parameter: ContractParameter, is: OperationContract): OperationChange {
  const moved = is.parameters.find((other) => other.name === parameter.name)?.in ?? movedToBody(parameter, is);
  return at(
    placeOf(parameter),
    parameter.name,
    moved === undefined
      ? changeOf('argument-gone', 'in', '', 'is gone')
      : changeOf('argument-moved', 'in', '', `moves to the ${moved}`),
  );
}

function movedToBody({ name }: ContractParameter, { body }: OperationContract): 'body' | undefined {
  const schemas = [...(body?.content.values() ?? [])].map(({ schema }) => schema);
  const hasMember = schemas.some(
    (schema) => typeof schema === 'object' && Object.hasOwn(schema.properties ?? {}, name),
  );
  return hasMember ? 'body' : undefined;
}

/** Parameters of the path are matched by their place in it, all others by their name. */
function renamedPathParameters(was: OperationContract, is: OperationContract): ReadonlyMap<string, string> {
  const names = ({ path }: OperationContract) => [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '');
  const now = names(is);
  return new Map(names(was).map((name, index) => [name, now[index] ?? name]));
}

const identity = ({ name, in: place }: ContractParameter, renamed?: ReadonlyMap<string, string>): string =>
  `${place} ${place === 'path' ? (renamed?.get(name) ?? name) : name}`;

/**
 * Changes of what is sent in the body: whether there is one, its media types, and what it holds. Members of a JSON body
 * are reported as arguments, which is what callers of the gateway know them as.
 */
function bodyChanges(
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

/** In place of an answer that an operation does not have, so that all of the other side is new or gone. */
const noAnswer: ContractAnswer = { content: new Map(), headers: {} };

/**
 * Changes of statuses, media types, headers and shapes of answers. What an error holds is the gateway's to word, so its
 * changes are safe.
 */
function answerChanges(pair: DocumentPair, was: OperationContract, is: OperationContract): readonly OperationChange[] {
  const statuses = [...new Set([...was.answers.keys(), ...is.answers.keys()])].sort();
  // The two are compared even when the status changes, 200 to 201 for example: it is one field's value.
  const [old, now] = [chosenStatus(was), chosenStatus(is)];
  return [
    ...statuses.flatMap((status) => statusChange(status, was, is)),
    ...chosenAnswer(pair, was.answers.get(old ?? '') ?? noAnswer, is.answers.get(now ?? '') ?? noAnswer),
    ...statuses.flatMap((status) =>
      status === old || status === now ? [] : otherAnswer(status, was.answers.get(status), is.answers.get(status)),
    ),
  ];
}

const isSuccess = (status: string): boolean => /^2(?:\d\d|XX)$/.test(status);

/** The status whose answer is the field's value: 200, else the lowest 2xx, else `default`. */
function chosenStatus({ answers }: OperationContract): string | undefined {
  return [...answers.keys()].filter(isSuccess).sort()[0] ?? (answers.has('DEFAULT') ? 'DEFAULT' : undefined);
}

function statusChange(status: string, was: OperationContract, is: OperationContract): readonly OperationChange[] {
  const [before, after] = [was.answers.has(status), is.answers.has(status)];
  if (before === after) return [];
  // A status of success that is new may be the one that callers get; one of an error is worded by the gateway anyway.
  const kinds: readonly [ChangeKind, ChangeKind] = isSuccess(status)
    ? ['answer-status-new', 'answer-status-gone']
    : ['error-status-new', 'error-status-gone'];
  const [kind, message] = after ? [kinds[0], 'is new'] : [kinds[1], 'is gone'];
  return [at(`status ${status.toLowerCase()}`, undefined, changeOf(kind, 'out', '', message))];
}

function chosenAnswer(pair: DocumentPair, was: ContractAnswer, is: ContractAnswer): readonly OperationChange[] {
  const types = [...was.content.keys()].filter((type) => is.content.has(type));
  return [
    ...mediaTypeChanges('answer', was.content, is.content),
    ...types.flatMap((type) => answerMedia(pair, type, was.content.get(type), is.content.get(type))),
    ...headerChanges(was, is),
  ];
}

function answerMedia(
  { before, after }: DocumentPair,
  type: string,
  was: Media | undefined,
  is: Media | undefined,
): readonly OperationChange[] {
  const place = type === 'application/json' ? 'answer' : `answer (${type})`;
  return schemaChanges(before, after, 'out', was?.schema ?? {}, is?.schema ?? {}).map((change) =>
    at(place, undefined, change),
  );
}

function headerChanges(was: ContractAnswer, is: ContractAnswer): readonly OperationChange[] {
  const names = [...new Set([...Object.keys(was.headers), ...Object.keys(is.headers)])].sort();
  return names.flatMap((name) => {
    const [left, right] = [was.headers[name], is.headers[name]];
    if (isSame(left, right)) return [];
    const message = left === undefined ? 'is new' : right === undefined ? 'is gone' : 'is another';
    return [at(`answer header ${name}`, undefined, changeOf('answer-header-changed', 'out', '', message))];
  });
}

/** Answers that no field shows: that something has changed is enough. */
function otherAnswer(
  status: string,
  was: ContractAnswer | undefined,
  is: ContractAnswer | undefined,
): readonly OperationChange[] {
  if (was === undefined || is === undefined) return [];
  const plain = ({ content, headers }: ContractAnswer) => [[...content], headers];
  if (isSame(plain(was), plain(is))) return [];
  return [at(`answer ${status.toLowerCase()}`, undefined, changeOf('error-changed', 'out', '', 'is another'))];
}
