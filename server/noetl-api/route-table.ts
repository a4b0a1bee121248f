import { restPathOf, restPathProblem } from '../../core/noetl/rest-path.ts';
import type { RestOperation } from '../../executor/rest/rest-operations.ts';

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

/** One segment of a template: text, a parameter, or a catalog path of one or more segments. */
type Segment = { readonly text: string } | { readonly name: string; readonly isMany: boolean };

interface Pattern {
  readonly operation: RestOperation;
  readonly segments: readonly Segment[];
}

/**
 * The routes of operations, made once. Literal segments match exactly; a parameter is one segment, a catalog path several.
 * Of several operations with the same method the one with the most literal text counts.
 * @throws TypeError when a path cannot be served: a parameter that is a part of a segment, or two catalog paths
 */
export function createRouteTable(operations: readonly RestOperation[]): RouteTable {
  const patterns = operations
    .map((operation): Pattern => ({ operation, segments: segmentsOf(operation) }))
    // The most literal text first, so that a fixed segment wins over a parameter.
    .sort((a, b) => literalLength(b) - literalLength(a));
  return {
    at(path) {
      const asked = path.split('/');
      const found = new Map<string, MatchedRoute>();
      for (const { operation, segments } of patterns) {
        const params = found.has(operation.method) ? undefined : match(segments, asked);
        if (params !== undefined) found.set(operation.method, { operation, params });
      }
      return found;
    },
  };
}

function segmentsOf({ field, path, catalogPaths }: RestOperation): readonly Segment[] {
  const text = path.map((piece) => ('text' in piece ? piece.text : `{${piece.argument}}`)).join('');
  const problem = restPathProblem(text, (name) => catalogPaths.has(name));
  if (problem !== undefined) throw new TypeError(`${field}: it cannot be served below /noetl: ${problem}`);
  return restPathOf(text)
    .split('/')
    .map((segment): Segment => {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      return name === undefined ? { text: segment } : { name, isMany: catalogPaths.has(name) };
    });
}

const literalLength = ({ segments }: Pattern): number =>
  segments.reduce((length, segment) => length + ('text' in segment ? segment.text.length : 0), 0);

/** @returns the decoded parameters; undefined when the path is another one */
function match(segments: readonly Segment[], asked: readonly string[]): Record<string, string> | undefined {
  // Segments that a catalog path has beyond its first; there is at most one such parameter.
  const spare = asked.length - segments.length;
  const params: Record<string, string> = {};
  let at = 0;
  for (const segment of segments) {
    const next = at + 1 + ('isMany' in segment && segment.isMany ? Math.max(spare, 0) : 0);
    const part = asked.slice(at, next).join('/');
    if ('text' in segment ? part !== segment.text : !keep(params, segment.name, part)) return undefined;
    at = next;
  }
  return at === asked.length ? params : undefined;
}

/** Decoded once; what is not valid percent-encoding is not a path of ours. What values may be is the call plan's matter. */
function keep(params: Record<string, string>, name: string, part: string): boolean {
  // An empty segment names nothing, and `//` is another path.
  if (part === '') return false;
  try {
    params[name] = decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
