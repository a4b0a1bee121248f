import type { ArgumentBounds } from './argument-bounds.ts';
import type { AccessRule } from './noetl-auth/access/access-rule.ts';
import { isProtocolField, type OperationKind, type StartMembers } from './operation-kind.ts';

/**
 * How a value that is not a scalar is written into a query or a path. Without a style a list is a parameter for each item.
 * - `comma`, `space`, `pipe`: one parameter, the items of a list between these marks
 * - `deep`: `name[member]=value` for each member of an object
 * - `members`: a parameter for each member, by the member's own name
 * - `pairs`: one parameter, `member,value,member,value`
 * - `json`: one parameter, JSON text
 */
export const wireStyles = ['comma', 'space', 'pipe', 'deep', 'members', 'pairs', 'json'] as const;
/** See {@link wireStyles}. */
export type WireStyle = (typeof wireStyles)[number];

/** What an answer that is not JSON becomes: text as it is, its bytes in Base64, a `data:` link; `empty` is `true`. */
export const answerForms = ['text', 'base64', 'link', 'empty'] as const;
/** See {@link answerForms}. */
export type AnswerForm = (typeof answerForms)[number];

/** Where an argument goes on the wire. `constant` set: never offered, always sent. */
export interface OperationArgument {
  readonly wire: string;
  readonly in: 'path' | 'query' | 'body';
  /** The GraphQL argument's name; undefined when hidden. */
  readonly name: string | undefined;
  readonly constant: unknown;
  readonly description: string | undefined;
  /** In a query or a path, for lists and objects only. */
  readonly style?: WireStyle;
  readonly deprecated?: string;
  /** Old name → until when it works. */
  readonly formerNames?: Readonly<Record<string, string>>;
  /** A member of a body that must be there and may be null: absent arguments are sent as null. */
  readonly nullWhenAbsent?: true;
  /** What NoETL, or the gateway for a list's pages, refuses values outside of. */
  readonly bounds?: ArgumentBounds;
}

/**
 * A row of the operations table: document × config. `key` is `METHOD /path` as the document writes it; `gateway` rows
 * are answered by the gateway itself.
 */
export interface Operation {
  /** The GraphQL field. */
  readonly field: string;
  readonly root: 'query' | 'mutation' | 'subscription';
  readonly source:
    | { readonly kind: 'upstream'; readonly key: string; readonly method: string; readonly path: string }
    | { readonly kind: 'gateway'; readonly sdl: string; readonly typeDefs: string | undefined };
  readonly kind: OperationKind;
  /** Public names of the arguments that hold catalog paths. */
  readonly catalogPaths: readonly string[];
  /** Public names of the arguments that hold ids of executions. */
  readonly executionIds: readonly string[];
  /** Of the kind `execute` only: what its parts are called on the wire. */
  readonly start: StartMembers | undefined;
  readonly access: AccessRule;
  readonly description: string | undefined;
  readonly args: readonly OperationArgument[];
  /** Wire name → public names of the answer's fields; an empty list hides. Fields not named take their camelCase name. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly acceptRisk: string | undefined;
  /** The public path template below `/noetl`, for clients that speak NoETL's own API; absent: GraphQL only. */
  readonly rest?: string;
  /** Whether it is also a tool of `/mcp`. */
  readonly mcp?: true;
  /** `Type.wire_name` of fields and members that the document has and that were not accepted: not in the schema. */
  readonly closed?: readonly string[];
  readonly deprecated?: string;
  /** Of a former name: until when it works. */
  readonly until?: string;
  /** Type → its name in this row only. */
  readonly types?: Readonly<Record<string, string>>;
  /** `Type.wire_name` of lists whose items may be null. */
  readonly nullableItems?: readonly string[];
  /** Of an operation that does not answer JSON. */
  readonly answer?: AnswerForm;
  /** Of an action: its arguments and the types that it leads to, in SDL, and the one that it answers with. */
  readonly action?: { readonly input: string; readonly typeDefs: string; readonly type: string };
}

/** Whether the protocol or an action, not the document, says what arguments and answer of an operation are. */
export const hasOwnShape = ({ field, action }: Pick<Operation, 'field' | 'action'>): boolean =>
  action !== undefined || isProtocolField(field);

/** Where clients that speak NoETL's own API find it on the gateway. */
export const restPrefix = '/noetl/';

/** The public path of one of NoETL's own: `/api/executions` is `/noetl/executions`. */
export const restPathOf = (path: string): string => path.replace(/^\/(?:api\/)?/, restPrefix);

/** No server has it, and clients of the earlier gateway call it: answered by the gateway. */
export const rerunPath = '/noetl/executions/{execution_id}/rerun';

/**
 * Why a path cannot be found below `/noetl`: a parameter has to be a whole segment, and only one may hold several.
 * @param path with its parameters in braces
 */
export function restPathProblem(path: string, isCatalogPath: (name: string) => boolean): string | undefined {
  const segments = restPathOf(path).split('/');
  const names = segments.flatMap((segment) => /^\{([^{}]+)\}$/.exec(segment)?.[1] ?? []);
  if (names.length < segments.filter((segment) => segment.includes('{')).length) {
    return 'a parameter is only a part of a segment of its path';
  }
  return names.filter(isCatalogPath).length > 1 ? 'its path holds two catalog paths' : undefined;
}
