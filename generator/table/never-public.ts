import type { OperationKind } from '../../plugins/operation-kind.ts';

/** A part of the upstream's API that must not be reached from outside, and why. */
interface ClosedArea {
  /** Path segments after an optional `api` prefix; `*` is one segment, `**` the rest. */
  readonly path: string;
  readonly methods?: readonly string[];
  readonly why: string;
}

const writes = ['PUT', 'DELETE', 'PATCH', 'POST'];

/** By path and not by operation, so that what a release adds below one is closed as well (ADR 0003). */
const areas: readonly ClosedArea[] = [
  { path: 'internal/**', why: 'it is for the platform’s own components' },
  { path: 'events/**', why: 'workers report execution events there' },
  { path: 'commands/**', why: 'workers claim commands there' },
  { path: 'worker/pool/**', why: 'workers register there' },
  { path: 'stages/**', why: 'workers claim work there' },
  { path: 'frames/**', why: 'workers report work there' },
  { path: 'postgres/**', why: 'it runs SQL' },
  { path: 'db/**', why: 'it administers the database' },
  { path: 'keychain/**', why: 'it holds secrets' },
  { path: 'gcp/**', why: 'it hands out cloud tokens' },
  { path: 'context/render', why: 'it evaluates templates' },
  { path: 'profiler/**', why: 'it controls the server process' },
  { path: 'threads', why: 'it shows the server process' },
  { path: 'status', why: 'it shows the server process' },
  { path: 'result/**', methods: writes, why: 'it changes stored results' },
  { path: 'temp/**', methods: writes, why: 'it changes stored data' },
  { path: 'auth/**', why: 'sessions and decisions are the gateway’s own' },
  { path: 'ehdb/tiers/**', why: 'it shows storage internals' },
  { path: 'ehdb/parity/**', why: 'it shows storage internals' },
  { path: '**/sealed', why: 'it hands out sealed secrets' },
  { path: 'metrics', why: 'it is for monitoring' },
  { path: 'openapi.json', why: 'it describes everything that is closed' },
];

/** Arguments that make an otherwise harmless operation answer with secrets, with any separator between their words. */
const revealing = new Set(['includedata', 'includesecrets', 'includesecret', 'reveal', 'decrypt']);

/**
 * @param offered wire names of the arguments that callers may set.
 * @returns why an operation must not be public; undefined when it may be opened.
 */
export function neverPublic(method: string, path: string, offered: Iterable<string> = []): string | undefined {
  const secret = [...offered].find((name) => revealing.has(name.toLowerCase().replaceAll(/[^a-z]/g, '')));
  return closedArea(method, path) ?? (secret === undefined ? undefined : `its argument ${secret} asks for secrets`);
}

/** Kinds that are not for callers, whatever rule they have. */
export const closedKinds: Partial<Record<OperationKind, string>> = {
  catalogWrite: 'it writes the catalog, whose playbooks NoETL runs',
  credentialWrite: 'it writes credentials',
  bulk: 'it changes executions in bulk',
};

/** Why an operation's part of the API is closed to callers; undefined when it is not. */
export function closedArea(method: string, path: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  // Versions and `api` are prefixes of one API; the area behind them is the same.
  while (segments[0] === 'api' || /^v\d+$/.test(segments[0] ?? '')) segments.shift();
  return areas.find((area) => (area.methods?.includes(method) ?? true) && covers(area.path.split('/'), segments))?.why;
}

function covers(pattern: readonly string[], segments: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return segments.length === 0;
  if (head === '**') return rest.length === 0 || segments.some((_, index) => covers(rest, segments.slice(index)));
  const [segment, ...more] = segments;
  return segment !== undefined && (head === '*' || head === segment.toLowerCase()) && covers(rest, more);
}
