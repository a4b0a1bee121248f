import type { AccessRule } from '../access/access-rule.ts';
import type { User } from '../session/session.ts';

/**
 * What a pulled document offers, as `openapi/noetl.types.ts` declares it: per operation (`METHOD /path`) the names of
 * its arguments (path, query and JSON body properties) and of the fields of its answer.
 */
export interface OperationShape {
  readonly args: string;
  readonly fields: string;
}
export type OperationShapes = Record<string, OperationShape>;

/** How one argument of an operation is offered. */
export interface ArgumentOptions {
  /** The public name; the wire keeps its own. Default: the wire name in camelCase. */
  readonly name?: string;
  /** Not offered; the upstream's own default applies unless `constant` is given. */
  readonly hidden?: boolean;
  /** Always sent with this value; implies `hidden`. */
  readonly constant?: unknown;
  readonly description?: string;
}

/** Options that rows of both kinds have. */
interface RowOptions<Role extends string> {
  readonly access: AccessRule<Role>;
  readonly description?: string;
  /** Template marks (`{{`, `{%`, `{#`) in this operation's arguments pass; by default they are refused. */
  readonly allowTemplates?: boolean;
}

/** A row whose field is answered by one upstream operation. The key under which it stands is the GraphQL field's name. */
export interface UpstreamRow<Key extends string, Shape extends OperationShape, Role extends string>
  extends RowOptions<Role> {
  readonly upstream: Key;
  /** Default: `query` for GET, else `mutation`. Reads that are POSTs are `query`. */
  readonly type?: 'query' | 'mutation';
  /** A document that lacks the operation builds without the field. Default false: `generate` stops. */
  readonly whenPresent?: boolean;
  /** By wire name. A string renames, `false` hides. */
  readonly args?: { readonly [A in Shape['args']]?: string | false | ArgumentOptions };
  /** By wire name, on the answer's own type (or its rows'). A string renames, several names alias, `false` hides. */
  readonly fields?: { readonly [F in Shape['fields']]?: string | readonly string[] | false };
  readonly timeoutMs?: number;
  /** Answers of reads are reused for this long, per argument values; access is still decided for each caller. */
  readonly cacheTtlMs?: number;
  readonly maxResponseBytes?: number;
  /** Why an operation that must not be public is opened all the same; printed by `generate`, shown on the policy page. */
  readonly acceptRisk?: string;
}

/** What a gateway field's resolver is given. */
export interface GatewayFieldCall {
  readonly args: Readonly<Record<string, unknown>>;
  readonly user: User;
  readonly expiresAt: Date;
}

/** A row that the gateway answers itself. `type` is the field's SDL, `me: Me!` say; `typeDefs` declares what it needs. */
export interface GatewayRow<Role extends string> extends RowOptions<Role> {
  readonly gateway: 'query' | 'mutation';
  readonly sdl: string;
  readonly typeDefs?: string;
  readonly resolve: (call: GatewayFieldCall) => unknown;
}

export type OperationRow<Shapes extends OperationShapes, Role extends string> =
  | { [K in keyof Shapes & string]: UpstreamRow<K, Shapes[K], Role> }[keyof Shapes & string]
  | GatewayRow<Role>;

/** A row whose document is not known: what the generator and the server work with. */
export type AnyUpstreamRow = UpstreamRow<string, OperationShape, string>;
export type AnyGatewayRow = GatewayRow<string>;
export type AnyRow = AnyUpstreamRow | AnyGatewayRow;

export const isGatewayRow = (row: AnyRow): row is AnyGatewayRow => 'gateway' in row;
