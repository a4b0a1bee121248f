import {
  FieldsOnCorrectTypeRule,
  type GraphQLField,
  type GraphQLSchema,
  isRequiredArgument,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  NoUndefinedVariablesRule,
  ProvidedRequiredArgumentsRule,
  parse,
  ScalarLeafsRule,
  VariablesAreInputTypesRule,
  VariablesInAllowedPositionRule,
  validate,
} from 'graphql';
import { GatewayError } from '../../../plugins/errors.ts';
import type { ClientTypes } from './client-types.ts';
import { operationDocument } from './operation-document.ts';

/** One method of the client: a root field, how it is called and what comes back. */
export interface ClientMethod {
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly document: string;
  readonly args: string | undefined;
  readonly argsOptional: boolean;
  readonly answer: string;
}

/** Methods that every client has, whatever the schema; a root field of such a name gets `Field` appended. */
const connectionMembers = new Set([
  'token',
  'login',
  'validate',
  'checkAccess',
  'logout',
  'request',
  'run',
  'subscribe',
  'waitForExecution',
  'watch',
]);

/** A method for each root field, its document checked. @throws ERR_INTERNAL when a document does not fit the schema */
export function methodsOf(schema: GraphQLSchema, types: ClientTypes): readonly ClientMethod[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const;
  const methods = roots.flatMap(([root, type]) =>
    Object.values(type?.getFields() ?? {})
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((field) => ({
        name: connectionMembers.has(field.name) ? `${field.name}Field` : field.name,
        field,
        document: operationDocument(root, field),
        args: types.argumentsOf(field),
        argsOptional: !field.args.some(isRequiredArgument),
        answer: types.output(field.type),
      })),
  );
  assertValid(schema, methods);
  return methods;
}

/** What can be wrong with a document that is made of the schema. */
const rules = [
  FieldsOnCorrectTypeRule,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  NoUndefinedVariablesRule,
  ProvidedRequiredArgumentsRule,
  ScalarLeafsRule,
  VariablesAreInputTypesRule,
  VariablesInAllowedPositionRule,
];

/** All at once: each validation begins with a list of every type of the schema. */
function assertValid(schema: GraphQLSchema, methods: readonly ClientMethod[]): void {
  const text = methods.map(({ document }) => document).join('\n');
  const [problem] = validate(schema, parse(text, { noLocation: true }), rules);
  if (problem !== undefined) throw new GatewayError('ERR_INTERNAL', `the client: ${problem.message}`);
}
