import {
  type FieldNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLSchema,
  isLeafType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type TypeNode,
} from 'graphql';

/** A variable of a scalar or an enum. */
interface PlainVariable {
  readonly name: string;
  readonly type: GraphQLLeafType;
  readonly isNonNull: boolean;
  readonly hasDefault: boolean;
}

/** An argument of a field, and the variable that it is given by. */
interface PlainArgument {
  readonly name: string;
  readonly variable: string | undefined;
  readonly defaultValue: unknown;
  readonly isNonNull: boolean;
}

/**
 * What was found out once; `of` is the schema or the field that it holds for. `parts` undefined: graphql-js has to do
 * it.
 */
interface Plan<T> {
  readonly of: object;
  readonly parts: readonly T[] | undefined;
}

type Values = Record<string, unknown>;

const variablePlans = new WeakMap<OperationDefinitionNode, Plan<PlainVariable>>();
const argumentPlans = new WeakMap<FieldNode, Plan<PlainArgument>>();

/**
 * The variables of an operation, coerced as `getVariableValues` of graphql-js does where all are scalars or enums and right. What the
 * types of an operation are is found out once.
 * @returns undefined: graphql-js has to do it, or to word what is wrong
 */
export function plainVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  inputs: Readonly<Values>,
): Values | undefined {
  const known = variablePlans.get(operation);
  const plan = known?.of === schema ? known : { of: schema, parts: variablesOf(schema, operation) };
  if (plan !== known) variablePlans.set(operation, plan);
  if (plan.parts === undefined) return undefined;
  const coerced: Values = {};
  for (const variable of plan.parts) {
    const value = coercedOf(variable, inputs);
    if (value === unclear) return undefined;
    if (value !== undefined) coerced[variable.name] = value;
  }
  return coerced;
}

const unclear = Symbol('left to graphql-js');

/** @returns undefined: it has no value */
function coercedOf({ name, type, isNonNull, hasDefault }: PlainVariable, inputs: Readonly<Values>): unknown {
  if (!Object.hasOwn(inputs, name)) return isNonNull || hasDefault ? unclear : undefined;
  const value = inputs[name];
  if (value === null) return isNonNull ? unclear : null;
  // JSON has no undefined, so it came from a plugin; graphql-js knows what to do.
  if (value === undefined) return unclear;
  try {
    // A value that is wrong is worded by graphql-js, which does it again.
    return type.parseValue(value) ?? unclear;
  } catch {
    return unclear;
  }
}

function variablesOf(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): readonly PlainVariable[] | undefined {
  const variables: PlainVariable[] = [];
  for (const { variable, type: node, defaultValue } of variableDefinitions) {
    const isNonNull = node.kind === Kind.NON_NULL_TYPE;
    const inner: TypeNode = isNonNull ? node.type : node;
    const type = inner.kind === Kind.NAMED_TYPE ? schema.getType(inner.name.value) : undefined;
    const name = variable.name.value;
    // `__proto__` would not become a member of the values.
    if (!isLeafType(type) || name === '__proto__') return undefined;
    variables.push({ name, type, isNonNull, hasDefault: defaultValue !== undefined });
  }
  return variables;
}

/**
 * The arguments of a field as `getArgumentValues` of graphql-js has them, where each is given by a variable or left out.
 * @param variables coerced
 * @returns undefined: graphql-js has to do it, or to word what is wrong
 */
export function plainArguments(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Values>,
): Values | undefined {
  const known = argumentPlans.get(node);
  const plan = known?.of === field ? known : { of: field, parts: argumentsOf(field, node) };
  if (plan !== known) argumentPlans.set(node, plan);
  if (plan.parts === undefined) return undefined;
  const coerced: Values = {};
  for (const argument of plan.parts) {
    const value = givenBy(argument, variables);
    if (value === unclear) return undefined;
    if (value !== undefined) coerced[argument.name] = value;
  }
  return coerced;
}

/** @returns undefined: it is left out */
function givenBy({ variable, defaultValue, isNonNull }: PlainArgument, variables: Readonly<Values>): unknown {
  if (variable === undefined || !Object.hasOwn(variables, variable)) {
    return defaultValue === undefined && isNonNull ? unclear : defaultValue;
  }
  const value = variables[variable];
  return value === undefined || (value === null && isNonNull) ? unclear : value;
}

function argumentsOf(
  { args }: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
): readonly PlainArgument[] | undefined {
  if (given.some(({ value }) => value.kind !== Kind.VARIABLE) || args.some(({ name }) => name === '__proto__')) {
    return undefined;
  }
  const variables = new Map(
    given.map(({ name, value }) => [name.value, value.kind === Kind.VARIABLE && value.name.value]),
  );
  return args.map(({ name, type, defaultValue }) => ({
    name,
    variable: variables.get(name) || undefined,
    defaultValue,
    isNonNull: isNonNullType(type),
  }));
}
