import { changeOf } from './change-rules.ts';
import { words } from './constraint-changes.ts';
import { at, type DocumentPair, type OperationChange } from './operation-change.ts';
import type { ContractParameter, OperationContract } from './operation-contract.ts';
import { compareRequired, schemaChanges } from './schema-changes.ts';

/**
 * Changes of what is sent in the path, the query, headers and cookies. One that has moved is reported as moved at its
 * old place and as new at its new one.
 */
export function parameterChanges(
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
    ...deprecation(left.deprecated, right.deprecated),
    ...schemaChanges(pair.before, pair.after, 'in', left.schema, right.schema),
  ];
  return found.map((change) => at(placeOf(right), right.name, change));
}

function deprecation(was: boolean, is: boolean) {
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
