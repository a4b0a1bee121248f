import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import type { CallContext, RootDecision } from '../../core/call-context.ts';
import { accessDenied } from './decide-field.ts';

type Standing = Exclude<RootDecision, { outcome: 'denied' }>;

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

/** @throws the decision's error when denied; ERR_ACCESS_DENIED when there is no decision for this very field. */
function standingDecision(context: unknown, info: GraphQLResolveInfo): Standing {
  const decisions = (context as Partial<CallContext> | undefined)?.decisions;
  const isRoot = info.path.prev === undefined;
  const decision = isRoot && decisions instanceof Map ? decisions.get(String(info.path.key)) : undefined;
  if (decision === undefined || decision.field !== info.fieldName) throw accessDenied();
  if (decision.outcome === 'denied') throw decision.error;
  return decision;
}
