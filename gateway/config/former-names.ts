import { type AnyRow, type GatewayConfig, isGatewayRow } from './gateway-config.ts';

/** The reason of `@deprecated` for a former name. @param until a day (`2026-12-31`) or a version */
export const deprecationOf = (name: string, until: string): string =>
  `Use ${name}. This name works until ${/^\d{4}-/.test(until) ? until : `version ${until}`}.`;

/** Whether the day has come, or the project has reached the version. */
export function hasExpired(until: string, now: { readonly date: string; readonly version: string }): boolean {
  if (/^\d{4}-/.test(until)) return now.date >= until;
  const [wanted, reached] = [until, now.version].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let index = 0; index < 3; index += 1) {
    const difference = (reached?.[index] ?? 0) - (wanted?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * A config in which every former name of a field is a row of its own: the same operation under the same rule, deprecated.
 * Done twice it changes nothing. A name that another row has is left to that row.
 */
export function withFormerNames<C extends Pick<GatewayConfig, 'operations'>>(config: C): C {
  const rows = Object.entries(config.operations as Readonly<Record<string, AnyRow>>);
  const former = rows.flatMap(([field, row]) =>
    Object.entries((row?.formerNames ?? {}) as Readonly<Record<string, string>>).flatMap(([name, until]) =>
      Object.hasOwn(config.operations, name) ? [] : [[name, formerRow(field, name, until, row)] as const],
    ),
  );
  return former.length === 0
    ? config
    : { ...config, operations: { ...config.operations, ...Object.fromEntries(former) } };
}

function formerRow(field: string, name: string, until: string, row: AnyRow): AnyRow {
  const { formerNames: _, ...bare } = row;
  const deprecated = { deprecated: deprecationOf(field, until), until };
  if (!isGatewayRow(bare)) return { ...bare, ...deprecated, rest: false };
  return { ...bare, ...deprecated, sdl: bare.sdl.replace(new RegExp(`\\b${field}\\b(?=\\s*[(:])`), name) };
}

/** A field of the declaration that an earlier minor version called otherwise. */
export interface RenamedField {
  /** The section it is in, for example `sessions` or `auth.playbooks`; `*` is any name, as in `operations.*`; empty: the top. */
  readonly section: string;
  readonly from: string;
  readonly to: string;
  /** The version that renamed it. */
  readonly since: string;
}

/**
 * Every field that was renamed since the minor version before this one. An entry is added with the change, and leaves with
 * the minor version after it: a declaration has one minor version's time to follow.
 */
export const renamedFields: readonly RenamedField[] = [
  { section: 'operations.*', from: 'whenPresent', to: 'optional', since: '0.3.0' },
];

/** A declaration under today's names, and one line per field that still has its former one. */
export interface Renamed<T> {
  readonly declaration: T;
  readonly warnings: readonly string[];
}

/** Reads former names as today's. The declaration itself is not changed; where both names are set, today's counts. */
export function readRenamed<T extends object>(declaration: T, renames: readonly RenamedField[]): Renamed<T> {
  const warnings: string[] = [];
  const renamed = renames.reduce<object>(
    (current, field) => renameIn(current, field.section === '' ? [] : field.section.split('.'), field, [], warnings),
    declaration,
  );
  return { declaration: renamed as T, warnings };
}

function renameIn(
  value: object,
  [segment, ...rest]: readonly string[],
  field: RenamedField,
  place: readonly string[],
  warnings: string[],
): object {
  if (segment === undefined) return renameHere(value, field, place, warnings);
  const inside = Object.entries(value).filter(([key, part]) => (segment === '*' || segment === key) && isSection(part));
  const parts = inside.map(([key, part]) => [key, renameIn(part, rest, field, [...place, key], warnings)]);
  return { ...value, ...Object.fromEntries(parts) };
}

function renameHere(value: object, field: RenamedField, place: readonly string[], warnings: string[]): object {
  if (!Object.hasOwn(value, field.from)) return value;
  const { [field.from]: former, ...others } = value as Record<string, unknown>;
  const [from, to] = [field.from, field.to].map((name) => [...place, name].join('.'));
  const isBoth = Object.hasOwn(others, field.to);
  const advice = isBoth ? 'it is ignored, since both are given' : 'the old name works until the next minor version';
  warnings.push(`${from} was renamed to ${to} in ${field.since}: ${advice}`);
  return isBoth ? others : { ...others, [field.to]: former };
}

const isSection = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const noSetting = 'it is the same for everyone now; remove it';

/**
 * Settings that went, and what takes their place; an entry leaves with the minor version after it. `*` is the name of a role.
 */
export const removedFields: Readonly<Record<string, string>> = {
  'listen.workers': 'a process serves alone; run more replicas with a shared sessions.store (deploy.replicas)',
  'limits.queryDirectives': noSetting,
  'limits.validationsWaiting': 'it is four times limits.validationsAtOnce; remove it',
  'limits.userCallsWaiting': 'it is eight times limits.startsAtOnce; remove it',
  'limits.callWaitMs': noSetting,
  'limits.requestBytesInFlight': 'set limits.bytesInFlight',
  'limits.upstreamBytesInFlight': 'it is twice limits.bytesInFlight; set that',
  'limits.responseBytesInFlight': 'it is four times limits.bytesInFlight; set that',
  'limits.guessesPerMinuteInAll': 'it is ten times limits.loginsPerMinute; remove it',
  'limits.queryBytes': noSetting,
  'limits.queryTokens': noSetting,
  'limits.unbrokenRun': noSetting,
  'limits.connectionsPerAddress': 'it is a tenth of limits.connections; remove it',
  'limits.userCallsAtOnce': 'it is twice limits.startsAtOnce; remove it',
  'limits.checksPerMinute': 'it is ten times limits.loginsPerMinute; remove it',
  'limits.guessesPerMinute': 'it is limits.loginsPerMinute; remove it',
  'limits.startsBurst': 'it is three times limits.startsPerSecond; remove it',
  'limits.callsBurst': 'it is three times limits.callsPerSecond; remove it',
  'limits.byRole.*.startsBurst': 'it is three times startsPerSecond; remove it',
  'limits.byRole.*.callsBurst': 'it is three times callsPerSecond; remove it',
  'events.callbackBytes': noSetting,
  'events.streamsPerUser': 'it is a fifth of events.streams; remove it',
  'events.streamsPerAddress': 'it is a fifth of events.streams; remove it',
  'events.pendingPerUser': 'it is a fifth of events.streams; remove it',
  'auth.algorithms': 'set algorithms of an entry of auth.issuers',
  'events.ticketSecs': noSetting,
  'executions.maxWatches': noSetting,
  'mcp.maxPlaybooks': noSetting,
  'mcp.waitSecs': 'it is executions.maxWaitSecs; set that',
  'mcp.catalogSecs': noSetting,
  'sessions.cacheSize': noSetting,
  'sessions.invalidTtlMs': noSetting,
};
