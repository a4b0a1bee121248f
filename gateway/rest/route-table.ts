import { restPathOf, restPathProblem } from '../../plugins/noetl/rest-path.ts';
import type { RestOperation } from './rest-operations.ts';

/** An operation that a path names, with the path's parameters decoded. */
export interface MatchedRoute {
  readonly operation: RestOperation;
  readonly params: Readonly<Record<string, string>>;
}

/** Which operations a path names, whatever the method. */
export interface RouteTable {
  /** @returns the operations by their method; empty for a path that is not open */
  at(path: string): ReadonlyMap<string, MatchedRoute>;
}

/** A path as an expression; each of its groups is a parameter. */
interface Pattern {
  readonly operation: RestOperation;
  readonly names: readonly string[];
  readonly path: RegExp;
  /** Characters that are no parameter. */
  readonly literal: number;
}

/**
 * The routes of operations, made once. Literal segments match exactly; a parameter is one segment, a catalog path several.
 * Of several operations with the same method the one with the most literal text counts.
 * @throws TypeError when a path cannot be served: a parameter that is a part of a segment, or two catalog paths
 */
export function createRouteTable(operations: readonly RestOperation[]): RouteTable {
  // The most literal text first, so that a fixed segment wins over a parameter.
  const patterns = operations.map(patternOf).sort((a, b) => b.literal - a.literal);
  return {
    at(path) {
      const found = new Map<string, MatchedRoute>();
      for (const pattern of patterns) {
        const { operation } = pattern;
        const params = found.has(operation.method) ? undefined : paramsOf(pattern, path);
        if (params !== undefined) found.set(operation.method, { operation, params });
      }
      return found;
    },
  };
}

function patternOf(operation: RestOperation): Pattern {
  const { field, path, catalogPaths } = operation;
  const text = path.map((piece) => ('text' in piece ? piece.text : `{${piece.argument}}`)).join('');
  const problem = restPathProblem(text, (name) => catalogPaths.has(name));
  if (problem !== undefined) throw new TypeError(`${field}: it cannot be served below /noetl: ${problem}`);
  const names: string[] = [];
  let literal = 0;
  const segments = restPathOf(text)
    .split('/')
    .map((segment) => {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        literal += segment.length;
        return segment.replaceAll(/\W/g, '\\$&');
      }
      names.push(name);
      // There is at most one catalog path.
      return catalogPaths.has(name) ? '(.+)' : '([^/]+)';
    });
  return { operation, names, path: new RegExp(`^${segments.join('/')}$`), literal };
}

/** @returns the decoded parameters; undefined when the path is another one. What values may be is the call plan's matter. */
function paramsOf({ path, names }: Pattern, asked: string): Record<string, string> | undefined {
  const groups = path.exec(asked)?.slice(1);
  if (groups === undefined) return undefined;
  try {
    // Decoded once; what is not valid percent-encoding is not a path of ours.
    return Object.fromEntries(groups.map((part, index) => [names[index] ?? '', decodeURIComponent(part ?? '')]));
  } catch {
    return undefined;
  }
}
