import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { standingDecision } from './access/standing-decision.ts';

/**
 * Defence in depth: the resolver of a root field throws unless the context holds a decision for this very field under its
 * response key, and it runs on the arguments that were decided on. This holds when a plugin is missing, reordered or
 * has failed.
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

/** Resolvers by their guards: the compiled path finds out whether a plugin has wrapped a field (ADR 0026). */
const guards = new WeakMap<object, object>();

/** The resolver behind a guard; undefined when the resolver is not a guard, for example because a plugin has wrapped it. */
export const guardedResolver = (resolve: object | undefined): object | undefined =>
  resolve === undefined ? undefined : guards.get(resolve);

/** A root value that is a `Map` has answers of root fields, by response key. They are given after the same check. */
function guard(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  const guarding: GraphQLFieldResolver<unknown, unknown> = (source, _args, context, info) => {
    const { args } = standingDecision(context, info);
    const answer: unknown = source instanceof Map ? source.get(info.path.key) : undefined;
    return answer ?? resolve(source, args, context, info);
  };
  guards.set(guarding, resolve);
  return guarding;
}
