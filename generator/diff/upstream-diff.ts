import { suggest } from '../openapi/names.ts';
import type { Media, OpenApiDocument, Schema } from '../openapi/open-api.ts';
import {
  at,
  type ChangeKind,
  changeOf,
  type OperationChange,
  type SchemaChange,
  type UpstreamChange,
} from './diff-report.ts';
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
  membersOf,
  plainSchema,
  type Sides,
  schemaChanges,
  words,
} from './schema-changes.ts';

/** Two documents in which shared parts are inlined where they are used. */
interface DocumentPair {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
}

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
    if (is === undefined) return was === undefined ? [] : [{ ...gone(movedTo(was.key, added)), operation: was.key }];
    if (was === undefined) return [{ ...whole('operation-new', 'is new'), operation: is.key }];
    return [...operationChanges(pair, was, is)].map((change) => ({ ...change, operation: is.key }));
  });
}

const gone = (moved: string | undefined): OperationChange =>
  whole('operation-gone', `is gone${moved === undefined ? '' : `; perhaps it is ${moved} now`}`);

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

type Changes = Generator<OperationChange, void>;

/** The two are matched by their template before. */
function* operationChanges(pair: DocumentPair, was: OperationContract, is: OperationContract): Changes {
  yield* wholeChanges(was, is);
  yield* parameterChanges(pair, was, is);
  yield* bodyChanges(pair, was.body, is.body);
  yield* answerChanges(pair, was, is);
}

/** A change of what is sent, at a place within the operation. */
const sent = (place: string | undefined, kind: ChangeKind, message: string): OperationChange =>
  at(place, undefined, changeOf(kind, 'in', '', message));

const got = (place: string, kind: ChangeKind, message: string): OperationChange =>
  at(place, undefined, changeOf(kind, 'out', '', message));

const whole = (kind: ChangeKind, message: string): OperationChange => sent(undefined, kind, message);

function* wholeChanges(was: OperationContract, is: OperationContract): Changes {
  if (was.basePath !== is.basePath) {
    // Calls of the old base path reach nothing.
    const message = `is below ${is.basePath || '/'} now, and was below ${was.basePath || '/'}`;
    yield whole('base-path-changed', message);
  }
  if (was.deprecated !== is.deprecated) {
    yield is.deprecated
      ? whole('operation-deprecated', 'is deprecated now')
      : whole('operation-restored', 'is no longer deprecated');
  }
  if (was.security === is.security) return;
  if (was.security === undefined) yield whole('security-required', 'asks for credentials now');
  else if (is.security === undefined) yield whole('security-dropped', 'asks for no credentials now');
  // Compared as texts: which requirement asks for more cannot be decided in general.
  else yield whole('security-changed', 'asks for other credentials now');
}

/**
 * Changes of what is sent in the path, the query, headers and cookies. One that has moved is reported as moved at its
 * old place and as new at its new one.
 */
function* parameterChanges(pair: DocumentPair, was: OperationContract, is: OperationContract): Changes {
  const renamed = renamedPathParameters(was, is);
  const old = new Map(was.parameters.map((one) => [identity(one, renamed), one]));
  const now = new Map(is.parameters.map((one) => [identity(one), one]));
  for (const id of new Set([...old.keys(), ...now.keys()])) {
    const [left, right] = [old.get(id), now.get(id)];
    const shown = right ?? left;
    if (shown === undefined) continue;
    for (const change of oneParameter(pair, left, right, is)) {
      yield at(`argument ${shown.name} (${shown.in})`, shown.name, change);
    }
  }
}

function* oneParameter(
  { before, after }: DocumentPair,
  left: ContractParameter | undefined,
  right: ContractParameter | undefined,
  is: OperationContract,
): Generator<SchemaChange, void> {
  if (left === undefined) {
    if (right !== undefined) yield newArgument(right.required);
    return;
  }
  if (right === undefined) {
    const moved = is.parameters.find(({ name }) => name === left.name)?.in ?? movedToBody(left, is);
    yield moved === undefined
      ? changeOf('argument-gone', 'in', '', 'is gone')
      : changeOf('argument-moved', 'in', '', `moves to the ${moved}`);
    return;
  }
  yield* compareRequired('in', left.required, right.required, '');
  if (left.form !== right.form) {
    yield changeOf('argument-form-changed', 'in', '', words('form', left.form, right.form));
  }
  if (left.deprecated !== right.deprecated) {
    yield right.deprecated
      ? changeOf('argument-deprecated', 'in', '', 'is deprecated now')
      : changeOf('argument-restored', 'in', '', 'is no longer deprecated');
  }
  yield* schemaChanges(before, after, 'in', left.schema, right.schema);
}

const newArgument = (isRequired: boolean): SchemaChange =>
  isRequired
    ? changeOf('argument-new-required', 'in', '', 'is new and required')
    : changeOf('argument-new', 'in', '', 'is new');

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

type ContractBody = OperationContract['body'];

/**
 * Changes of what is sent in the body: whether there is one, its media types, and what it holds. Members of a JSON body
 * are reported as arguments, which is what callers of the gateway know them as.
 */
function* bodyChanges(pair: DocumentPair, was: ContractBody, is: ContractBody): Changes {
  if (was === undefined) {
    if (is !== undefined) yield* newBody(pair, is);
    return;
  }
  if (is === undefined) return yield sent('body', 'body-gone', 'is gone');
  if (was.required !== is.required) {
    yield is.required
      ? sent('body', 'body-required', 'is required now')
      : sent('body', 'body-optional', 'is optional now');
  }
  yield* mediaTypeChanges('body', was.content, is.content);
  for (const [type, media] of was.content) {
    const now = is.content.get(type);
    if (now !== undefined) yield* mediaChanges(pair, type, media, now);
  }
}

/** Its members are reported as new arguments beside it. */
function* newBody(pair: DocumentPair, { required, content }: NonNullable<ContractBody>): Changes {
  yield required ? sent('body', 'body-new-required', 'is new and required') : sent('body', 'body-new', 'is new');
  const json = content.get('application/json');
  if (json !== undefined) yield* memberChanges(pair, { properties: {} }, json.schema ?? {});
}

function* mediaChanges(pair: DocumentPair, type: string, was: Media, is: Media): Changes {
  const place = `body (${type})`;
  if (!isSame(was['encoding'], is['encoding'])) yield sent(place, 'encoding-changed', 'the encoding is another');
  const [left, right] = [was.schema ?? {}, is.schema ?? {}];
  if (type === 'application/json') yield* memberChanges(pair, left, right);
  else
    for (const change of schemaChanges(pair.before, pair.after, 'in', left, right)) yield at(place, undefined, change);
}

/** Members of a JSON body are arguments, required or not whether or not the body is; anything else is one value. */
function* memberChanges({ before, after }: DocumentPair, left: Schema, right: Schema): Changes {
  const sides: Sides = { before, after, direction: 'in', seen: new Set() };
  const [was, is] = [plainSchema(before, left).schema, plainSchema(after, right).schema];
  if (!isObject(was) || !isObject(is)) {
    for (const change of compareSchemas(sides, left, right, '')) yield at('argument input (body)', 'input', change);
    return;
  }
  // The schema of the body without its members: those are compared one by one below.
  const bare = ({ properties: _, required: __, ...rest }: typeof was) => ({ ...rest, properties: {} });
  for (const change of compareSchemas(sides, bare(was), bare(is), '')) yield at('body', undefined, change);
  for (const member of membersOf(was, is).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    for (const change of oneMember(sides, member)) yield at(`argument ${member.name} (body)`, member.name, change);
  }
}

function* oneMember(
  sides: Sides,
  { left, right, wasRequired, isRequired }: ReturnType<typeof membersOf>[number],
): Generator<SchemaChange, void> {
  if (right === undefined) yield changeOf('argument-gone', 'in', '', 'is gone');
  else if (left === undefined) yield newArgument(isRequired);
  else {
    yield* compareRequired('in', wasRequired, isRequired, '');
    yield* compareSchemas(sides, left, right, '');
  }
}

/** Media types that an operation takes or answers, one more or one less. */
function* mediaTypeChanges(place: 'body' | 'answer', was: Content, is: Content): Changes {
  // The gateway speaks JSON; a form that it does not use is missed by others only.
  const staysJson = was.has('application/json') && is.has('application/json');
  for (const type of was.keys()) {
    if (!is.has(type)) yield sent(place, staysJson ? 'media-type-fewer' : 'media-type-gone', `${type} is gone`);
  }
  for (const type of is.keys()) if (!was.has(type)) yield sent(place, 'media-type-new', `${type} is new`);
}

type Content = ReadonlyMap<string, Media>;

/** In place of an answer that an operation does not have, so that all of the other side is new or gone. */
const noAnswer: ContractAnswer = { content: new Map(), headers: {} };

/**
 * Changes of statuses, media types, headers and shapes of answers. What an error holds is the gateway's to word, so its
 * changes are safe.
 */
function* answerChanges(pair: DocumentPair, was: OperationContract, is: OperationContract): Changes {
  const statuses = [...new Set([...was.answers.keys(), ...is.answers.keys()])].sort();
  for (const status of statuses) yield* statusChanges(status, was.answers.has(status), is.answers.has(status));
  // The two are compared even when the status changes, 200 to 201 for example: it is one field's value.
  const [old, now] = [chosenStatus(was), chosenStatus(is)];
  const [left, right] = [was.answers.get(old ?? '') ?? noAnswer, is.answers.get(now ?? '') ?? noAnswer];
  yield* mediaTypeChanges('answer', left.content, right.content);
  yield* contentChanges(pair, left.content, right.content);
  yield* headerChanges(left.headers, right.headers);
  for (const status of statuses.filter((one) => one !== old && one !== now)) {
    // No field shows them: that something has changed is enough.
    const [before, after] = [was.answers.get(status), is.answers.get(status)].map(plainAnswer);
    if (before === undefined || after === undefined || isSame(before, after)) continue;
    yield got(`answer ${status.toLowerCase()}`, 'error-changed', 'is another');
  }
}

const plainAnswer = (answer: ContractAnswer | undefined) => answer && [[...answer.content], answer.headers];

function* statusChanges(status: string, was: boolean, is: boolean): Changes {
  if (was === is) return;
  // A status of success that is new may be the one that callers get; one of an error is worded by the gateway anyway.
  const subject = isSuccess(status) ? 'answer' : 'error';
  yield is
    ? got(`status ${status.toLowerCase()}`, `${subject}-status-new`, 'is new')
    : got(`status ${status.toLowerCase()}`, `${subject}-status-gone`, 'is gone');
}

const isSuccess = (status: string): boolean => /^2(?:\d\d|XX)$/.test(status);

/** The status whose answer is the field's value: 200, else the lowest 2xx, else `default`. */
const chosenStatus = ({ answers }: OperationContract): string | undefined =>
  [...answers.keys()].filter(isSuccess).sort()[0] ?? (answers.has('DEFAULT') ? 'DEFAULT' : undefined);

function* contentChanges({ before, after }: DocumentPair, was: Content, is: Content): Changes {
  for (const [type, media] of was) {
    const now = is.get(type);
    if (now === undefined) continue;
    const place = type === 'application/json' ? 'answer' : `answer (${type})`;
    for (const change of schemaChanges(before, after, 'out', media.schema ?? {}, now.schema ?? {})) {
      yield at(place, undefined, change);
    }
  }
}

function* headerChanges(was: ContractAnswer['headers'], is: ContractAnswer['headers']): Changes {
  for (const name of [...new Set([...Object.keys(was), ...Object.keys(is)])].sort()) {
    const [left, right] = [was[name], is[name]];
    if (isSame(left, right)) continue;
    const message = left === undefined ? 'is new' : right === undefined ? 'is gone' : 'is another';
    yield got(`answer header ${name}`, 'answer-header-changed', message);
  }
}
