import type { ConsoleField } from '../../../gateway/console/console-answers.ts';
import { type FormField, readFormFields } from '../../../plugins/noetl/playbook-form.ts';
import { operationOf, type Wanted } from './execution.ts';
import { type GatewayClient, useQuery, useSession } from './gateway-client.ts';

/** A version of a playbook in the catalog. */
export interface ListedPlaybook {
  readonly path: string;
  readonly version?: number | null;
  readonly createdAt?: string | null;
}

/** `content` is the source in YAML, `payload` the source as data; absent where the config hides it. */
export interface Playbook extends ListedPlaybook {
  readonly content?: string | null;
  readonly payload?: unknown;
}

/** Playbooks sorted by path, of at most 500 entries of the catalog. */
export interface Catalog {
  readonly playbooks: readonly ListedPlaybook[];
  /** There are more than were read. */
  readonly isCut: boolean;
}

// The list has no total, so a catalog is read page by page, so many at most for one look.
const readPages = 5;
const pageSize = 100;

interface Listed {
  readonly answer: { readonly entries: readonly (ListedPlaybook & { readonly kind?: string })[] | null } | null;
}

/** The newest version of each playbook that the session may view, by path. @throws CallFailed */
export async function readCatalog(gateway: GatewayClient, field: ConsoleField, signal: AbortSignal): Promise<Catalog> {
  const found: ListedPlaybook[] = [];
  for (let page = 1; page <= readPages; page += 1) {
    const rows = await list(gateway, field, { page, pageSize }, signal);
    found.push(...rows);
    if (rows.length < pageSize) return { playbooks: sorted(found), isCut: false };
  }
  return { playbooks: sorted(found), isCut: true };
}

/** The versions of one playbook, newest first, 100 at most. @throws CallFailed */
export async function readVersions(gateway: GatewayClient, field: ConsoleField, path: string, signal: AbortSignal) {
  const given = { [field.key ?? 'path']: path, versions: true, pageSize };
  return (await list(gateway, field, given, signal)).toSorted((a, b) => (b.version ?? 0) - (a.version ?? 0));
}

async function list(
  gateway: GatewayClient,
  field: ConsoleField,
  given: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<readonly ListedPlaybook[]> {
  const wanted = [['entries', ['path', 'version', 'kind', 'createdAt']]] as const;
  const { query, variables } = operationOf(field, given, wanted);
  const { answer } = await gateway.graphql<Listed>(query, variables, signal);
  // The catalog has other resources, too. Without the member `kind` every entry counts.
  return (answer?.entries ?? []).filter(({ kind = 'playbook' }) => kind.toLowerCase() === 'playbook');
}

// By code units and not by locale, so that folders group in the same order everywhere.
const sorted = (playbooks: readonly ListedPlaybook[]) => playbooks.toSorted((a, b) => (a.path < b.path ? -1 : 1));

/**
 * @param version undefined: the newest
 * @returns null: there is no such playbook or version, or the session may not view it
 * @throws CallFailed
 */
export async function readPlaybook(
  gateway: GatewayClient,
  field: ConsoleField,
  path: string,
  version: number | undefined,
  signal: AbortSignal,
): Promise<Playbook | null> {
  const wanted = ['path', 'version', 'createdAt', 'content', 'payload'];
  const { query, variables } = operationOf(field, { [field.key ?? 'path']: path, version }, wanted);
  return (await gateway.graphql<{ answer: Playbook | null }>(query, variables, signal)).answer;
}

/** Starts a playbook. @returns the id of the execution @throws CallFailed, also when the start is refused */
export async function runPlaybook(
  gateway: GatewayClient,
  field: ConsoleField,
  path: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<string> {
  const operation = operationOf(field, { [field.key ?? 'name']: path, variables }, ['id']);
  return (await gateway.graphql<{ answer: { id: string } }>(operation.query, operation.variables)).answer.id;
}

/** The address of a playbook's page. Slashes of the path stay slashes, all else is encoded. */
export const playbookAddress = (path: string): string =>
  `/console/playbooks/${path.split('/').map(encodeURIComponent).join('/')}`;

/** The path in such an address; undefined for the list, and for an address that is not encoded as it must be. */
export function playbookAt(address: string): string | undefined {
  const segments = address.split('/').slice(3);
  try {
    return segments.length === 0 || segments[0] === '' ? undefined : segments.map(decodeURIComponent).join('/');
  } catch {
    return undefined;
  }
}

/** How a value of a playbook's workload is asked for. */
export interface WorkloadField {
  readonly name: string;
  /** `text` and `long` are strings, `flag` a boolean; `json` is any value; `choice` is one of `options`. */
  readonly kind: 'text' | 'long' | 'number' | 'flag' | 'json' | 'choice';
  /** The playbook's own value, as it is in the form. */
  readonly text: string;
  /** What to fill in. */
  readonly hint?: string;
  /** The value is not shown; an empty input leaves the playbook's own. */
  readonly isSecret?: boolean;
  /** Of a choice. */
  readonly options?: readonly { readonly text: string; readonly value: unknown }[];
}

/** The variables to start with, or a sentence for each field that cannot be read, by its name. */
type ReadForm =
  | { readonly variables: Readonly<Record<string, unknown>> }
  | { readonly problems: Readonly<Record<string, string>> };

/** The name of the field for variables that the workload does not have. */
export const moreName = '…';

/**
 * A field for each member of the workload, by its example; what is not a simple value is JSON. Empty where the workload
 * is not an object.
 */
export function workloadFields(workload: unknown): readonly WorkloadField[] {
  if (typeof workload !== 'object' || workload === null || Array.isArray(workload)) return [];
  return Object.entries(workload).map(([name, value]) => ({ name, ...fieldOf(value) }));
}

/** How a value is asked for. */
function fieldOf(value: unknown): Omit<WorkloadField, 'name'> {
  switch (typeof value) {
    case 'string':
      return { kind: value.length > 60 || value.includes('\n') ? 'long' : 'text', text: value };
    case 'number':
      return { kind: 'number', text: String(value) };
    case 'boolean':
      return { kind: 'flag', text: String(value) };
    default:
      return { kind: 'json', text: JSON.stringify(value, undefined, 2) };
  }
}

/**
 * The variables of a filled form: what differs from the playbook's own values, which NoETL fills in itself.
 * @param texts by the field's name; of {@link moreName} a JSON object, or an empty text
 */
export function readForm(fields: readonly WorkloadField[], texts: Readonly<Record<string, string>>): ReadForm {
  const read = fields.flatMap((field) => {
    const { name, kind, text } = field;
    const given = texts[name] ?? text;
    return given === text ? [] : [{ name, kind, value: typedValue(field, given) }];
  });
  const more = moreOf(texts[moreName] ?? '');
  const problems = read.flatMap(({ name, kind, value }) =>
    value === undefined
      ? [[name, kind === 'number' ? 'Enter a number.' : 'This is not JSON.'] as [string, string]]
      : [],
  );
  if (more === undefined) problems.push([moreName, 'Enter a JSON object, for example {"limit": 10}.']);
  if (problems.length > 0) return { problems: Object.fromEntries(problems) };
  // Last, so that a JSON object can also set what the form has.
  return { variables: { ...Object.fromEntries(read.map(({ name, value }) => [name, value])), ...more } };
}

/** The value of a text, in the type of the field; undefined: the text is not of that type. */
function typedValue({ kind, options }: WorkloadField, text: string): unknown {
  if (kind === 'choice') return options?.find((option) => option.text === text)?.value;
  if (kind === 'text' || kind === 'long') return text;
  if (kind === 'flag') return text === 'true';
  if (kind === 'json') return parsed(text);
  // `Number('')` is 0, and an empty input means no number.
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? undefined : number;
}

function moreOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === '') return {};
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const wanted: Wanted = [['fields', ['name', 'kind', 'default', 'description', 'secret', 'credentialGlob', 'options']]];

/**
 * The form that a playbook is started with, from its `ui_schema`; undefined where NoETL has no form. @throws CallFailed
 */
export async function readFormOf(
  gateway: GatewayClient,
  field: ConsoleField,
  path: string,
  signal: AbortSignal,
): Promise<readonly FormField[] | undefined> {
  const { query, variables } = operationOf(field, { [field.key ?? 'path']: path }, wanted);
  const { answer } = await gateway.graphql<{ answer: { fields?: unknown } | null }>(query, variables, signal);
  return answer?.fields ? readFormFields(answer.fields) : undefined;
}

/**
 * Fields of a form over those of the workload, by name: those of the form first, in its order. What the form does not
 * have is asked for by its example.
 */
export function formFields(workload: unknown, form: readonly FormField[] = []): readonly WorkloadField[] {
  const examples = new Map(workloadFields(workload).map((field) => [field.name, field]));
  const named = new Set(form.map(({ name }) => name));
  return [
    ...form.map((field) => withForm(examples.get(field.name), field)),
    ...[...examples.values()].filter(({ name }) => !named.has(name)),
  ];
}

/** One field: the example gives the value, the form gives kind, hint and choices. */
function withForm(example: WorkloadField | undefined, form: FormField): WorkloadField {
  const { name, kind, description, secret, credentialGlob, options } = form;
  const field = example ?? { name, ...fieldOf(form.default ?? emptyOf(kind)) };
  const credential = credentialGlob ? `Name of a credential such as ${credentialGlob}.` : undefined;
  const hint = [description, credential].filter(Boolean).join(' ');
  const common = { ...field, kind: kindOf(kind, field.kind), ...(hint !== '' && { hint }) };
  // A secret of the playbook itself is not shown; an empty field leaves it.
  if (secret === true) return { ...common, text: '', isSecret: true };
  if (!options || options.length === 0) return common;
  return { ...common, kind: 'choice', options: options.map((value) => ({ text: textOf(value), value })) };
}

/** The value of a field without a default and an example: it chooses the input only. */
const emptyOf = (kind: string): unknown => (kind === 'boolean' ? false : kind === 'string' ? '' : null);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * NoETL's kinds as inputs. A `string` stays a large input where the example is long; any other kind follows the
 * example.
 */
function kindOf(kind: string, byExample: WorkloadField['kind']): WorkloadField['kind'] {
  if (kind === 'integer' || kind === 'number') return 'number';
  if (kind === 'boolean') return 'flag';
  if (kind === 'object' || kind === 'array') return 'json';
  return kind === 'string' && byExample !== 'long' ? 'text' : byExample;
}

/**
 * Who has started which execution, as far as the answering replica remembers: the newest 1,000 audit lines. Others than
 * operators see their own starts.
 */
export interface Starts {
  /** The user of this session, as the audit log names users. */
  readonly me: string;
  /** Users by the id of the execution. */
  readonly userOf: ReadonlyMap<string, string>;
  readonly users: readonly string[];
}

/**
 * One question for all parts of the page. NoETL's list does not name the user, so the audit lines are the only source.
 */
export function useStarts() {
  const { gateway } = useSession();
  return useQuery<Starts>({
    key: ['starts'],
    async ask(signal) {
      const { me, starts } = await gateway.section('starts', undefined, signal);
      return {
        me,
        userOf: new Map(starts.map(({ executionId, userId }) => [executionId, userId])),
        users: [...new Set(starts.map(({ userId }) => userId))].sort(),
      };
    },
    everyMs: 10_000,
  });
}

/** `you` or the id of the user; undefined where it is not known. */
export function starterOf(id: string, starts: Starts | undefined): string | undefined {
  const user = starts?.userOf.get(id);
  return user !== undefined && user === starts?.me ? 'you' : user;
}
