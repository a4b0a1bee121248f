import { type OperationShape, type ShapeArgument, shapesOf } from '../document/operation-shape.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import type { UpstreamChange } from './diff-report.ts';
import { movedTo } from './moved-operation.ts';
import { operationTemplate } from './operation-template.ts';
import { compareRequired, type SchemaChange, schemaChanges } from './schema-changes.ts';

type Found = Omit<UpstreamChange, 'fields'>;

/** Two documents whose structure has been normalised. */
export interface DocumentPair {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
}

/** Every difference that a direct caller of NoETL could notice, by path. */
export function upstreamDiff({ before, after }: DocumentPair): readonly Found[] {
  const old = byTemplate(shapesOf(before));
  const now = byTemplate(shapesOf(after));
  const added = [...now].flatMap(([template, { key }]) => (old.has(template) ? [] : [key]));
  return [...new Set([...old.keys(), ...now.keys()])].sort(byPath).flatMap((template): Found[] => {
    const [was, is] = [old.get(template), now.get(template)];
    if (is === undefined) return was === undefined ? [] : [gone(was.key, added)];
    if (was === undefined) return [{ severity: 'safe', operation: is.key, ...whole, message: 'is new' }];
    return operationChanges({ before, after }, was, is).map((change) => ({ ...change, operation: is.key }));
  });
}

function gone(key: string, added: readonly string[]): Found {
  const moved = movedTo(key, added);
  return {
    severity: 'breaking',
    operation: key,
    ...whole,
    message: `is gone${moved === undefined ? '' : `; perhaps it is ${moved} now`}`,
  };
}

type Change = Omit<Found, 'operation'>;

function operationChanges(pair: DocumentPair, was: OperationShape, is: OperationShape): readonly Change[] {
  const body: Change[] =
    was.body === is.body
      ? []
      : [
          {
            severity: 'breaking',
            place: 'body',
            argument: undefined,
            message: `${bodyWords[was.body]} becomes ${bodyWords[is.body]}`,
          },
        ];
  const answer = schemaChanges(pair.before, pair.after, 'out', was.answer, is.answer);
  return [...body, ...argumentChanges(pair, was, is), ...answer.map((change) => at('answer', undefined, change))];
}

const bodyWords: Readonly<Record<OperationShape['body'], string>> = {
  none: 'no body',
  members: 'a body with members',
  whole: 'a body of one value',
  foreign: 'a body that is not JSON',
};

function argumentChanges(pair: DocumentPair, was: OperationShape, is: OperationShape): readonly Change[] {
  const renamed = renamedPathArguments(was, is);
  const old = new Map(was.args.map((arg) => [identity(arg, renamed), arg]));
  const now = new Map(is.args.map((arg) => [identity(arg), arg]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id): readonly Change[] => {
    const [left, right] = [old.get(id), now.get(id)];
    if (left === undefined) return right === undefined ? [] : [appeared(right)];
    return right === undefined ? [missing(left, is)] : oneArgument(pair, left, right);
  });
}

function oneArgument(pair: DocumentPair, left: ShapeArgument, right: ShapeArgument): readonly Change[] {
  return [
    ...compareRequired('in', left.required, right.required, ''),
    ...schemaChanges(pair.before, pair.after, 'in', left.schema, right.schema),
  ].map((change) => at(placeOf(right), right.wire, change));
}

const placeOf = (arg: ShapeArgument): string => `argument ${arg.wire} (${arg.in})`;

const appeared = (arg: ShapeArgument): Change => ({
  severity: arg.required ? 'breaking' : 'safe',
  place: placeOf(arg),
  argument: arg.wire,
  message: arg.required ? 'is new and required' : 'is new',
});

function missing(arg: ShapeArgument, is: OperationShape): Change {
  const moved = is.args.find((other) => other.wire === arg.wire);
  const message = moved === undefined ? 'is gone' : `moves to the ${moved.in}`;
  return { severity: 'breaking', place: placeOf(arg), argument: arg.wire, message };
}

/** Arguments of the path are told by their place in it, all others by their name. */
function renamedPathArguments(was: OperationShape, is: OperationShape): ReadonlyMap<string, string> {
  const names = ({ path }: OperationShape) => [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '');
  const now = names(is);
  return new Map(names(was).map((name, index) => [name, now[index] ?? name]));
}

const identity = (arg: ShapeArgument, renamed?: ReadonlyMap<string, string>): string =>
  `${arg.in} ${arg.in === 'path' ? (renamed?.get(arg.wire) ?? arg.wire) : arg.wire}`;

const at = (place: string, argument: string | undefined, { severity, path, message }: SchemaChange): Change => ({
  severity,
  place: path === '' ? place : `${place} ${path}`,
  argument,
  message,
});

/** The place of a change that is about an operation as such. */
const whole = { place: undefined, argument: undefined };

const byTemplate = (shapes: readonly OperationShape[]): ReadonlyMap<string, OperationShape> =>
  new Map(shapes.map((shape) => [operationTemplate(shape.key), shape]));

const byPath = (a: string, b: string): number => {
  const [left, right] = [a, b].map((key) => key.split(' ').toReversed().join(' '));
  return (left ?? '') < (right ?? '') ? -1 : 1;
};
