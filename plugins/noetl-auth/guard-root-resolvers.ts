import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { standingDecision } from '../../core/access/standing-decision.ts';

/**
 * The second net under the decisions: every root field's resolver refuses unless a decision for just this field stands on
 * the context under its response key, and runs on the arguments that were decided on. It holds whatever plugin is
 * missing, reordered or failed.
 * @returns a new schema; the given one is left alone.
 */
export function guardRootResolvers(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.ROOT_FIELD]: (field) => guarded(field),
  });
}

type Field = GraphQLFieldConfig<unknown, unknown>;

function guarded(field: Field): Field {
  const { subscribe, resolve = defaultFieldResolver } = field;
  return { ...field, resolve: guard(resolve), ...(subscribe ? { subscribe: guard(subscribe) } : {}) };
}

function guard(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return (source, _args, context, info) => resolve(source, standingDecision(context, info).args, context, info);
}
