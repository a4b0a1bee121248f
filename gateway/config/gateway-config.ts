import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import type { EndTarget, User } from '../../plugins/noetl-auth/session/session.ts';
import type { Action, ActionRow } from './actions.ts';
import type { SessionTrust } from './addresses.ts';
import type { IssuerRules } from './issuers.ts';
import type { GatewayPlugin } from './plugins.ts';
import type { derivedSettings } from './resolve-config.ts';
import type { Given, GivenEntries, Plain, Resolved } from './schema/fields.ts';
import type { argumentOptions, rowOptions, upstreamRowOptions } from './schema/rows.ts';
import type { sections } from './schema/sections.ts';

export type { AdapterGiven } from './schema/sections.ts';

/** The roles of the protocol (Permissions Model). A config may have others. */
export type ProtocolRole = 'admin' | 'developer' | 'analyst' | 'viewer';

type GivenSections = Given<typeof sections>;

/** The declaration of a gateway: what of NoETL is open, to whom, and under which name. What is absent has a default. */
export interface GatewayConfig<Shapes extends OperationShapes = OperationShapes, Role extends string = string>
  extends Omit<GivenSections, 'deploy' | 'schema'> {
  /** By the name of the GraphQL field. What is not here is closed. */
  readonly operations: Readonly<Record<string, OperationRow<Shapes, Role>>>;
  /** Playbooks that are operations of their own, by the name of their field. */
  readonly actions?: Readonly<Record<string, Action<Role>>>;
  readonly roles: readonly Role[];
  readonly grants: readonly Grant<Role>[];
  /** Where the gateway runs and where NoETL does, for the manifests. */
  readonly deploy?: Plain<NonNullable<GivenSections['deploy']>>;
  /** How the GraphQL schema presents the document. */
  readonly schema?: Plain<NonNullable<GivenSections['schema']>>;
  /** Custom plugins of Envelop or Yoga; they run after the gateway's. Entries that are false or absent are left out. */
  readonly plugins?: readonly (GatewayPlugin | false | null | undefined)[];
}

/**
 * Types a gateway's declaration. The shapes come from `openapi/noetl.types.ts`, so that operations and their arguments
 * complete in the editor; the roles default to the protocol's.
 */
export function defineGateway<Shapes extends OperationShapes, Role extends string = ProtocolRole>(
  config: GatewayConfig<Shapes, Role>,
): GatewayConfig<Shapes, Role> {
  return config;
}

/**
 * What a pulled document offers, as `openapi/noetl.types.ts` declares it: per operation (`METHOD /path`) the names of
 * its arguments (path, query and JSON body properties) and of the fields of its answer.
 */
export interface OperationShape {
  readonly args: string;
  readonly fields: string;
}
/** Shapes by `METHOD /path`, as `pull` writes them for the editor. */
export type OperationShapes = Record<string, OperationShape>;

/** How one argument of an operation is offered. */
export type ArgumentOptions = Plain<GivenEntries<typeof argumentOptions>>;

/** Options that rows of both kinds have. */
interface RowOptions<Role extends string> extends Plain<GivenEntries<typeof rowOptions>> {
  readonly access: AccessRule<Role>;
  /** Of a row that an action has made; no config writes it. */
  readonly action?: ActionRow;
}

type UpstreamOptions = GivenEntries<typeof upstreamRowOptions>;

/** A row whose field is answered by one upstream operation. Its key is the name of the GraphQL field. */
export interface UpstreamRow<Key extends string, Shape extends OperationShape, Role extends string>
  extends RowOptions<Role>,
    Plain<Omit<UpstreamOptions, 'headers'>> {
  readonly upstream: Key;
  readonly headers?: UpstreamOptions['headers'];
  /**
   * By wire name. A string renames, `false` hides, `true` opens. Arguments that a later document adds stay closed until
   * `generate --accept` or this row names them; `'all'` opens them too, and a list opens what it names and nothing else.
   */
  readonly args?: RowMembers<Shape['args'], string | ArgumentOptions>;
  /** The same for the fields of the answer's own type (or of its rows). Several names are aliases of one field. */
  readonly fields?: RowMembers<Shape['fields'], string | readonly string[]>;
}

/** The input of a gateway field's resolver. */
export interface GatewayFieldCall {
  readonly args: Readonly<Record<string, unknown>>;
  readonly user: User;
  readonly expiresAt: Date;
  /**
   * Answers another field of the config, for the same user and by the rule of that field's row, with arguments as the schema has
   * them. The answer is NoETL's, by its names on the wire, without the rows that the user may not view. Equal reads of one request are
   * one call. A field that is a query reads only.
   * @throws what the field would answer: ERR_ACCESS_DENIED, ERR_NOT_FOUND, ERR_UPSTREAM…
   */
  readonly noetl: (field: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** Ends sessions together, on all replicas; it is written into the audit log. @throws ERR_STORE */
  readonly endSessions: (target: EndTarget) => Promise<void>;
}

/** A row that the gateway answers itself. `sdl` is the field, for example `me: Me!`; `typeDefs` declares what it needs. */
export interface GatewayRow<Role extends string> extends RowOptions<Role> {
  readonly gateway: 'query' | 'mutation';
  readonly sdl: string;
  readonly typeDefs?: string;
  readonly resolve: (call: GatewayFieldCall) => unknown;
}

/** A row whose field streams what the gateway sees of executions: of the one that its `id` names, or of all that `path` names. */
export interface SubscriptionRow<Role extends string> extends RowOptions<Role> {
  readonly gateway: 'subscription';
  readonly sdl: string;
  readonly typeDefs?: string;
  readonly watch: 'execution' | 'executions';
}

/** A row of `operations`: of NoETL's document, checked against its shapes, or of the gateway itself. */
export type OperationRow<Shapes extends OperationShapes, Role extends string> =
  | { [K in keyof Shapes & string]: CheckedRow<K, Shapes[K], Role> }[keyof Shapes & string]
  | AbsentRow<Role>
  | GatewayRow<Role>
  | SubscriptionRow<Role>;

/**
 * A row of an operation that the pulled document lacks; one config fits every release. It names no single argument or field:
 * names of an unknown operation would allow every name in the other rows. Types of such operations can be added to `Shapes`.
 */
type AbsentRow<Role extends string> = Omit<UpstreamRow<OperationKey, OperationShape, Role>, 'args' | 'fields'> & {
  readonly optional: true;
  readonly args?: 'all' | readonly string[];
  readonly fields?: 'all' | readonly string[];
};

/** `METHOD /path`. */
type OperationKey = `${Method} /${string}`;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A row whose access rule is on an argument that the operation has: under its own name, or under one the row gives. */
type CheckedRow<Key extends string, Shape extends OperationShape, Role extends string> = string extends Shape['args']
  ? UpstreamRow<Key, Shape, Role>
  :
      | (UpstreamRow<Key, Shape, Role> & Renaming<Shape['args']>)
      | (UpstreamRow<Key, Shape, Role> & {
          readonly access: AccessRule<Role, DefaultArgument<Shape['args']> | ProtocolArgument<Key>>;
        });

/** At least one argument has a name of the row's own, so that the rule may be on that: `generate` looks closer. */
type Renaming<Argument extends string> = {
  readonly [A in Argument]: {
    readonly args: { readonly [Wire in A]: string | (ArgumentOptions & { readonly name: string }) };
  };
}[Argument];

/** The arguments that the protocol fixes, independent of their names in the document. */
type ProtocolArgument<Key extends string> = Key extends `POST ${string}`
  ? 'name' | 'id'
  : Key extends `GET ${string}/{${string}}`
    ? 'id'
    : never;

/** The default name of an argument: that of the wire in camelCase. Unusual names are not worked out. */
type DefaultArgument<Wire extends string> = Wire extends Lowercase<Wire> ? CamelCase<Wire> : string;

type CamelCase<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text extends `${string}${'-' | ' ' | '.' | '[' | '$' | ':' | '/' | '@'}${string}`
    ? string
    : Text;

/** A row whose document is not known: what the generator and the server work with. */
export type AnyUpstreamRow = UpstreamRow<string, OperationShape, string>;
/** A row that the gateway answers itself. */
export type AnyGatewayRow = GatewayRow<string> | SubscriptionRow<string>;
/** Any row of a config whose document is not known. */
export type AnyRow = AnyUpstreamRow | AnyGatewayRow;

/** Whether the gateway answers the row itself, so that it has no upstream operation. */
export const isGatewayRow = (row: AnyRow): row is AnyGatewayRow => 'gateway' in row;

/**
 * The form of optional rows before 0.3.
 * @deprecated write `optional: true` on the row; 0.4 removes this function
 */
export function whenPresent<_Shapes extends OperationShapes, Role extends string = ProtocolRole>() {
  return (upstream: OperationKey, row: Omit<AbsentRow<Role>, 'upstream' | 'optional'>): AbsentRow<Role> =>
    // `generate` names the rows that have the former name.
    ({ ...row, upstream, whenPresent: true }) as unknown as AbsentRow<Role>;
}

/**
 * The settings of a row for its arguments or for its response's fields, by wire name: `'all'` opens everything, new members too; a list
 * opens what it names and nothing else; an object renames, hides and opens single members, and its member `*` is the rest.
 */
export type RowMembers<Name extends string, Settings> =
  | 'all'
  | readonly Name[]
  | { readonly [N in Name | '*']?: boolean | Settings };

/** {@link RowMembers} in one form. */
export interface ReadMembers<Settings> {
  /** The rest: `open` (new members too), `closed`, or `pinned`: what `gateway.lock` knows. */
  readonly rest: 'open' | 'closed' | 'pinned';
  /** Wire name → its settings in the row; `true` opens under the default name. */
  readonly named: Readonly<Record<string, true | Settings>>;
}

/** `false` is kept as the value that hides. */
export function readMembers<Settings>(
  members: RowMembers<string, Settings | false> | undefined,
): ReadMembers<Exclude<Settings, boolean> | false> {
  if (members === undefined) return { rest: 'pinned', named: {} };
  if (members === 'all') return { rest: 'open', named: {} };
  if (isList(members))
    return { rest: 'closed', named: Object.fromEntries(members.map((name) => [name, true] as const)) };
  const { '*': rest, ...named } = members as Readonly<
    Record<string, true | Exclude<Settings, boolean> | false | undefined>
  >;
  const given = Object.entries(named).flatMap(([name, settings]) =>
    settings === undefined ? [] : [[name, settings] as const],
  );
  return { rest: rest === true ? 'open' : rest === false ? 'closed' : 'pinned', named: Object.fromEntries(given) };
}

const isList = (members: object): members is readonly string[] => Array.isArray(members);

type Sections = Resolved<typeof sections>;

/** Values of the resolved config that follow from settings. */
export type Derived = ReturnType<typeof derivedSettings>;

/** A config with every environment reference read and every value checked. Durations end in `Ms`, sizes in `Bytes`. */
export interface ResolvedConfig
  extends Omit<Sections, 'deploy' | 'auth' | 'sessions' | 'limits' | 'events' | 'executions' | 'mcp'> {
  readonly mode: 'production' | 'development';
  readonly operations: Readonly<Record<string, AnyRow>>;
  readonly roles: readonly string[];
  readonly grants: readonly Grant[];
  readonly compiledGrants: CompiledGrants;
  readonly auth: Omit<Sections['auth'], 'issuers' | 'trustedIssuers' | 'audiences'> & {
    /** Issuers of the environment first, then the entries of the config. */
    readonly issuers: readonly IssuerRules[];
  };
  readonly sessions: Omit<Sections['sessions'], 'key'> & SessionTrust & Derived['sessions'];
  readonly limits: Sections['limits'] & Derived['limits'];
  readonly events: Sections['events'] & Derived['events'];
  readonly executions: Sections['executions'] & Derived['executions'];
  readonly mcp: Sections['mcp'] & Derived['mcp'];
  readonly deploy: Sections['deploy'] & { readonly replicas: number; readonly noetlNamespace: string };
  readonly plugins: readonly GatewayPlugin[];
}

/** How users log in: `auth.login`. */
export type LoginOption = Sections['auth']['login'];

/** A user whom the `static` validator knows. */
export type StaticUser = Extract<ResolvedConfig['auth']['validator'], { kind: 'static' }>['users'][number];
