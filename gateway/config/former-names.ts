import type { GatewayConfig } from './gateway-config.ts';
import { type AnyRow, isGatewayRow } from './operation-row.ts';

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
