import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { parsePermission, permissions } from './grant.ts';
import type { PolicyCase } from './policy-cases.ts';

/** The file in the project's folder that the console shows. */
export const policyCasesFile = 'policy-cases.yaml';

/** The content of a file of cases. The cases count only when there are no problems. */
export interface ReadPolicyCases {
  readonly cases: readonly PolicyCase[];
  /** One line each, with file and line. */
  readonly problems: readonly string[];
}

/**
 * Reads the text of a file of cases, YAML or JSON:
 *
 *     cases:
 *       - { roles: [analyst], permission: execute, playbook: data/report, expect: allowed }
 *       - { role: viewer, field: workerPools, expect: denied }
 *
 * `role` is a list of one. Unknown members, roles and permissions are problems: a misspelt case tests nothing.
 * @param file how the file is named in problems and in `source`
 */
export function readPolicyCases(text: string, file: string, roles: readonly string[]): ReadPolicyCases {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number): number => counter.linePos(offset).line;
  if (document.errors.length > 0)
    return failed(document.errors.map(({ message, pos }) => `${file}:${lineAt(pos[0])}: ${message}`));
  const list = isMap(document.contents) ? document.contents.get('cases', true) : undefined;
  if (!isSeq(list)) return failed([`${file}: it must have a list named cases`]);
  let rows: readonly unknown[];
  try {
    rows = (document.toJS({ maxAliasCount: 0 }) as { cases: unknown[] }).cases;
  } catch {
    return failed([`${file}: anchors and aliases are not allowed`]);
  }
  const lines = list.items.map((item) => lineAt((item as { range?: [number] }).range?.[0] ?? 0));
  const read = rows.map((row, index) => readCase(row, `${file}:${lines[index]}`, roles));
  const problems = read.flatMap((one) => ('problem' in one ? [one.problem] : []));
  if (problems.length > 0) return failed(problems);
  return { cases: read.flatMap((one) => ('problem' in one ? [] : [one])), problems };
}

const failed = (problems: readonly string[]): ReadPolicyCases => ({ cases: [], problems });

const members = ['role', 'roles', 'permission', 'field', 'playbook', 'expect'];

function readCase(row: unknown, source: string, roles: readonly string[]): PolicyCase | { readonly problem: string } {
  const given = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
  const problem = problemOf(given, roles);
  if (problem !== undefined) return { problem: `${source}: ${problem}` };
  const { permission, field, playbook, expect } = given;
  const parsed = permission === undefined ? undefined : parsePermission(String(permission));
  return {
    roles: rolesOf(given).map(String),
    expect: expect === 'allowed' ? 'allowed' : 'denied',
    source,
    ...(parsed === undefined ? {} : { permission: parsed }),
    ...(field === undefined ? {} : { field: String(field) }),
    ...(playbook === undefined ? {} : { playbook: String(playbook) }),
  };
}

const rolesOf = ({ roles, role }: Record<string, unknown>): readonly unknown[] =>
  Array.isArray(roles) ? roles : [roles ?? role].filter((name) => name !== undefined);

function problemOf(given: Record<string, unknown>, roles: readonly string[]): string | undefined {
  const unknown = Object.keys(given).filter((name) => !members.includes(name));
  if (unknown.length > 0) return `unknown member ${unknown.join(', ')}; members are ${members.join(', ')}`;
  const strange = rolesOf(given).filter((name) => !roles.includes(String(name)));
  if (strange.length > 0) return `unknown role ${strange.join(', ')}; roles are ${roles.join(', ')}`;
  const { permission, field, expect } = given;
  if (expect !== 'allowed' && expect !== 'denied') return 'expect must be allowed or denied';
  if ((permission === undefined) === (field === undefined)) return 'a case has one of permission and field';
  return permission === undefined || parsePermission(String(permission)) !== undefined
    ? undefined
    : `unknown permission ${String(permission)}; permissions are ${permissions.join(', ')}`;
}
