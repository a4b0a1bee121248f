import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { checkGrants } from './check-grants.ts';
import { type CompiledGrants, compileGrants } from './decision.ts';
import type { Grant } from './grant.ts';
import { type Permission, parsePermission, permissions } from './grant.ts';

/** A larger file is refused before it is read into memory. */
export const maxPolicyBytes = 1_048_576;

/** The content of a policy file. */
export interface ReadPolicy {
  readonly grants: readonly Grant[];
  /** One line each, with file and line. The grants count only when there are no problems. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Reads grants from the text of a policy file, YAML or JSON:
 *
 *     grants:
 *       - role: developer
 *         allow: [execute, view, edit]   # or: all; `deny` in its place takes permissions away
 *         patterns: '*'
 *         except: [system/*]
 *
 * Unknown members, anchors, and whatever {@link checkGrants} refuses are problems: a misspelt member never widens a grant.
 * @param file how the file is named in problems and in `source`
 */
export function readPolicy(text: string, file: string, roles: readonly string[]): ReadPolicy {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false });
  const lineAt = (offset: number): number => counter.linePos(offset).line;
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) return failed(broken.map(({ message, pos }) => `${file}:${lineAt(pos[0])}: ${message}`));
  const list = isMap(document.contents) ? document.contents.get('grants', true) : undefined;
  if (!isMap(document.contents) || !isSeq(list)) return failed([`${file}: it must have a list named grants`]);
  let content: Record<string, unknown>;
  try {
    content = document.toJS({ maxAliasCount: 0 });
  } catch {
    return failed([`${file}: anchors and aliases are not allowed`]);
  }
  const lines = list.items.map((item) => lineAt((item as { range?: [number] }).range?.[0] ?? 0));
  return readGrants(content, file, lines, roles);
}

const failed = (problems: readonly string[]): ReadPolicy => ({ grants: [], problems, warnings: [] });

function readGrants(
  content: Record<string, unknown>,
  file: string,
  lines: readonly number[],
  roles: readonly string[],
): ReadPolicy {
  const unknown = Object.keys(content).filter((name) => name !== 'grants');
  const rows = (content['grants'] as unknown[]).map((row, index) => readGrant(row, `${file}:${lines[index]}`));
  const problems = [
    ...unknown.map((name) => `${file}: unknown member ${name}; the only one is grants`),
    ...rows.flatMap((row) => row.problems),
  ];
  if (problems.length > 0) return failed(problems);
  const grants = rows.flatMap(({ grant }) => grant ?? []);
  const findings = checkGrants(grants, roles);
  return { grants, ...findings };
}

const members = ['role', 'allow', 'deny', 'patterns', 'except'];

function readGrant(row: unknown, source: string): { readonly grant?: Grant; readonly problems: readonly string[] } {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return { problems: [`${source}: a grant has the members ${members.join(', ')}`] };
  }
  const given = row as Record<string, unknown>;
  const effect = 'allow' in given ? 'allow' : 'deny';
  const list = permissionList(given[effect]);
  const patterns = textList(given['patterns']);
  const except = textList(given['except'] ?? []);
  const wrong: readonly (readonly [boolean, string])[] = [
    ['allow' in given === 'deny' in given, 'it must have one of allow and deny'],
    [typeof given['role'] !== 'string', 'role must be a text'],
    [list === undefined, `${effect} must be all, or a list of ${permissions.join(', ')}`],
    [patterns === undefined, 'patterns must be a text or a list of texts'],
    [except === undefined || given['except'] === null, 'except must be a text or a list of texts'],
  ];
  const unknown = Object.keys(given).filter((name) => !members.includes(name));
  const problems = [
    ...unknown.map((name) => `unknown member ${name}; members are ${members.join(', ')}`),
    ...wrong.flatMap(([isWrong, problem]) => (isWrong ? [problem] : [])),
  ].map((problem) => `${source}: ${problem}`);
  if (problems.length > 0 || list === undefined || patterns === undefined || except === undefined) return { problems };
  const grant: Grant = { effect, role: String(given['role']), permissions: list, patterns, source };
  return { grant: 'except' in given ? { ...grant, except } : grant, problems };
}

function permissionList(value: unknown): readonly Permission[] | undefined {
  if (value === 'all') return permissions;
  const names = Array.isArray(value) ? value : undefined;
  const parsed = names?.map((name) => (typeof name === 'string' ? parsePermission(name) : undefined));
  return parsed?.every((name) => name !== undefined) ? parsed : undefined;
}

function textList(value: unknown): readonly string[] | undefined {
  const list = typeof value === 'string' ? [value] : value;
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
}

/** The grants of a read policy, ready for decisions. `reserved` comes from the config, and no file changes it. */
export const compilePolicy = ({ grants }: ReadPolicy, reserved: Iterable<string>): CompiledGrants =>
  compileGrants(grants, reserved);
