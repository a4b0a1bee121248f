import { EnvelopArmor } from '@escape.tech/graphql-armor';
import { type ASTVisitor, Kind, type SelectionSetNode, type ValidationContext, type ValidationRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';
import { isJsonMediaType } from '../json/lossless-json.ts';

/** Limits on a GraphQL document. Each operation of a document is measured, also those that do not run. */
export interface QueryLimits {
  /** Of the text, UTF-8. Longer texts are not parsed. */
  readonly queryBytes: number;
  readonly queryDepth: number;
  readonly queryAliases: number;
  readonly queryRootFields: number;
  readonly queryTokens: number;
  readonly queryCost: number;
  readonly queryDirectives: number;
}

/** The limits of the gateway, where its config sets none. */
export const usualQueryLimits: QueryLimits = {
  queryBytes: 32 * 1024,
  queryDepth: 15,
  queryAliases: 15,
  queryRootFields: 10,
  queryTokens: 1_000,
  queryCost: 5_000,
  queryDirectives: 50,
};

/**
 * A plugin for graphql-yoga and for servers that are built on it. It refuses bodies that are not JSON, with ERR_MEDIA_TYPE, and documents beyond the limits before anything of them runs,
 * with ERR_QUERY_REFUSED and status 400. The message names neither the limit nor its value. The introspection
 * query of GraphiQL passes the default limits.
 * @param given those that are left out are {@link usualQueryLimits}
 */
export function useQueryLimits(given: Partial<QueryLimits> = {}): Plugin {
  const limits = { ...usualQueryLimits, ...given };
  // Thrown, not reported: a document that is too large is not worth the rest of its validation.
  const refuse = (): never => {
    throw new GatewayError('ERR_QUERY_REFUSED', 'the query is larger or more complex than this server accepts');
  };
  const limit = (n: number) => ({ n, exposeLimits: false, onReject: [refuse] });
  const { plugins } = new EnvelopArmor({
    maxTokens: limit(limits.queryTokens),
    maxDepth: { ...limit(limits.queryDepth), flattenFragments: true, ignoreIntrospection: false },
    maxAliases: { ...limit(limits.queryAliases), allowList: [] },
    maxDirectives: limit(limits.queryDirectives),
    costLimit: { maxCost: limits.queryCost, exposeLimits: false, onReject: [refuse], flattenFragments: true },
    // Error rendering drops suggestions from every message, not from those of validation only.
    blockFieldSuggestion: { enabled: false },
  }).protect();
  // Made once: armor would make them for each request.
  const rules = [...rulesOf(plugins), maxRootFieldsRule(limits.queryRootFields, refuse)];
  return {
    onPluginInit({ addPlugin }) {
      addPlugin({ onParse: ({ params }) => limitText(params.source, limits.queryBytes, refuse) } as Plugin);
      // The limit of tokens works while the text is parsed; the others are rules of validation.
      for (const plugin of plugins) if (plugin.onParse !== undefined) addPlugin(plugin as object);
      addPlugin({ onRequestParse: ({ request }) => requireJson(request) } as Plugin);
      addPlugin({ onValidate: ({ addValidationRule }) => rules.forEach(addValidationRule) });
    },
  };
}

/** Comments and blanks are not tokens, so the limit of tokens does not bound a text. */
function limitText(source: unknown, maxBytes: number, refuse: () => never): void {
  if (typeof source === 'string' && (source.length > maxBytes || Buffer.byteLength(source) > maxBytes)) refuse();
}

/** The rules that armor's plugins would make anew, each in a hook of its own, for every request. */
function rulesOf(plugins: ReturnType<EnvelopArmor['protect']>['plugins']): ValidationRule[] {
  const rules: ValidationRule[] = [];
  const collect = { addValidationRule: (rule: ValidationRule) => rules.push(rule) };
  for (const plugin of plugins) plugin.onValidate?.(collect as unknown as Parameters<typeof plugin.onValidate>[0]);
  return rules;
}

function requireJson({ method, headers }: Request): void {
  if (method !== 'POST') return;
  if (isJsonMediaType(headers.get('content-type'))) return;
  throw new GatewayError('ERR_MEDIA_TYPE', 'the content type must be application/json');
}

/**
 * A validation rule: an operation has at most `max` fields on its root, each one as often as it is written, fragments
 * included. Each may become a call upstream.
 */
export function maxRootFieldsRule(max: number, refuse: () => never): (context: ValidationContext) => ASTVisitor {
  return (context) => ({
    OperationDefinition(operation) {
      if (countFields(operation.selectionSet, context, new Map()) > max) refuse();
    },
  });
}

/** `counted` holds 0 for a fragment that is being counted, so that a cycle ends; another rule reports it. */
function countFields(set: SelectionSetNode, context: ValidationContext, counted: Map<string, number>): number {
  let count = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) count += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) count += countFields(selection.selectionSet, context, counted);
    else count += countFragment(selection.name.value, context, counted);
  }
  return count;
}

function countFragment(name: string, context: ValidationContext, counted: Map<string, number>): number {
  const known = counted.get(name);
  if (known !== undefined) return known;
  // Before its fields are counted, so that a fragment within itself adds nothing.
  counted.set(name, 0);
  const fragment = context.getFragment(name);
  const count = fragment ? countFields(fragment.selectionSet, context, counted) : 0;
  counted.set(name, count);
  return count;
}
