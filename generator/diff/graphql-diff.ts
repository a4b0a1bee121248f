import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, type GraphQLSchema, printSchema } from 'graphql';
import type { Severity } from './change-rules.ts';
import type { GraphqlChange } from './diff-report.ts';

const severities: Readonly<Record<CriticalityLevel, Severity>> = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
};

/**
 * What apps notice of the change between two schemas; how NoETL is called is left out, and so are descriptions.
 * Severities are those of GraphQL Inspector.
 */
export async function graphqlDiff(before: GraphQLSchema, after: GraphQLSchema): Promise<readonly GraphqlChange[]> {
  const changes = (await diff(withoutCalls(before), withoutCalls(after))).filter(isNoticed);
  // An argument of a field that is new itself is not a separate change.
  const added = changes.flatMap(({ type, path }) => (type === 'FIELD_ADDED' && path !== undefined ? [`${path}.`] : []));
  return changes
    .filter(({ path }) => !added.some((field) => path?.startsWith(field)))
    .map(({ type, criticality, path, message }) => ({
      kind: String(type),
      severity: severities[criticality.level],
      path: path ?? '',
      message,
    }));
}

/**
 * Printing leaves out the directives that are on fields: the call instructions. Not validated again, since both schemas
 * are built ones.
 */
const withoutCalls = (schema: GraphQLSchema): GraphQLSchema => buildSchema(printSchema(schema), { assumeValid: true });

/** Definitions of directives are the call instructions' own. */
const isNoticed = ({ type }: Change): boolean =>
  !String(type).startsWith('DIRECTIVE') && !String(type).includes('DESCRIPTION');
