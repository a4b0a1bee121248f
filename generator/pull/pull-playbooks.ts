import { join } from 'node:path';
import { type Document, isMap, isPair, isScalar, type Node, parseDocument } from 'yaml';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { secretNames, withoutSecrets } from '../../plugins/noetl/hidden-values.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { type FormField, kindOfValue, type PlaybookForm, readFormFields } from '../../plugins/noetl/playbook-form.ts';
import { compilePattern } from '../../plugins/noetl-auth/access/pattern.ts';
import { canonicalJson } from '../canonical-text.ts';
import { readIfPresent, writeAtomically } from '../project-folder.ts';
import { callApi, pullLimits, type SourceOptions } from './load-source.ts';
import { maxPlaybooks, playbookFile } from './pulled-playbooks.ts';

export interface PullPlaybooksOptions {
  readonly projectDir: string;
  /** Of these the playbooks are pulled, in the version that an action pins too. */
  readonly actions: GatewayConfig['actions'];
  /** Catalog paths with `*`, as grants have them. */
  readonly patterns: readonly string[];
  readonly fetch?: typeof globalThis.fetch;
}

export interface PulledResult {
  readonly forms: readonly PlaybookForm[];
  /** Files whose text changed. */
  readonly changed: readonly string[];
}

/**
 * Writes what actions and forms need of playbooks into `openapi/playbooks`, all or nothing: variables with their defaults
 * and descriptions, names of steps, the version. Defaults of secrets stay in NoETL.
 * @param server NoETL's address, or that of its document
 * @throws ERR_SPEC_INVALID naming each playbook that NoETL does not have
 */
export async function pullPlaybooks(server: string, options: PullPlaybooksOptions): Promise<PulledResult> {
  const { projectDir } = options;
  const ask = askerOf(server, options);
  const forms: PulledForm[] = [];
  const problems: string[] = [];
  for (const wanted of await wantedPlaybooks(ask, options)) {
    const found = await pulledFormOf(ask, wanted);
    if (typeof found === 'string') problems.push(found);
    else forms.push(found);
  }
  if (problems.length > 0) throw new GatewayError('ERR_SPEC_INVALID', 'Playbooks cannot be read.', { problems });
  const files = forms.map(({ file, form }) => ({ path: file, content: canonicalJson(form) }));
  const before = await Promise.all(files.map(({ path }) => readIfPresent(join(projectDir, path))));
  const changed = files.filter(({ content }, index) => before[index] !== content);
  await writeAtomically(projectDir, changed);
  return { forms: forms.map(({ form }) => form), changed: changed.map(({ path }) => path) };
}

interface PulledForm {
  readonly file: string;
  readonly form: PlaybookForm;
}

/** @returns what keeps it from being pulled, in words */
async function pulledFormOf(ask: Ask, { path, version, why }: Wanted): Promise<PulledForm | string> {
  const file = playbookFile(path, version);
  if (file === undefined) return `${why}: no file can be named after the path ${path.slice(0, 100)}`;
  const form = await readForm(ask, path, version);
  const inVersion = version === undefined ? '' : ` in version ${version}`;
  return form === undefined ? `${why}: NoETL has no playbook ${path}${inVersion}` : { file, form };
}

/** One call of NoETL's API. @returns undefined: 404 */
type Ask = (path: string, body?: JsonObject) => Promise<unknown>;

function askerOf(server: string, { projectDir, fetch = globalThis.fetch }: PullPlaybooksOptions): Ask {
  const base = server.replace(/[?#].*$/s, '').replace(/\/+(?:openapi\.(?:json|ya?ml))?$/, '');
  const options: SourceOptions = { ...pullLimits, projectDir, fetch, onProgress: () => {} };
  return (path, body) => callApi(base + path, options, body);
}

interface Wanted {
  readonly path: string;
  readonly version?: number;
  /** What asks for it, for messages. */
  readonly why: string;
}

async function wantedPlaybooks(ask: Ask, { actions = {}, patterns }: PullPlaybooksOptions): Promise<readonly Wanted[]> {
  const ofActions = Object.entries(actions).flatMap(([name, { playbook, version }]): Wanted[] => {
    const newest = { path: playbook, why: `actions.${name}` };
    return version === undefined ? [newest] : [newest, { ...newest, version }];
  });
  const listed = patterns.length === 0 ? [] : await listPaths(ask);
  const ofPatterns = patterns.flatMap((pattern) => {
    const matches = compilePattern(pattern);
    return listed.filter(matches).map((path): Wanted => ({ path, why: `--playbooks ${pattern}` }));
  });
  // The same playbook is often asked for twice.
  const byKey = new Map([...ofPatterns, ...ofActions].map((one) => [`${one.path}@${one.version}`, one]));
  if (byKey.size <= maxPlaybooks) return [...byKey.values()];
  throw new GatewayError('ERR_SPEC_INVALID', `More than ${maxPlaybooks} playbooks match; name fewer of them.`);
}

/** Playbooks of the catalog, each once. */
async function listPaths(ask: Ask): Promise<readonly string[]> {
  const answer = await ask('/api/catalog/list', { resource_type: 'Playbook' });
  const entries = isJsonObject(answer) && Array.isArray(answer['entries']) ? answer['entries'] : [];
  const playbooks = entries
    .filter(isJsonObject)
    .filter((entry) => (textMember(entry, 'kind') ?? 'playbook').toLowerCase() === 'playbook');
  return [...new Set(playbooks.flatMap((entry) => textMember(entry, 'path') ?? []))].sort();
}

async function readForm(ask: Ask, path: string, version: number | undefined): Promise<PlaybookForm | undefined> {
  const entry = await ask('/api/catalog/resource', { path, version: String(version ?? 'latest') });
  if (!isJsonObject(entry)) return undefined;
  const found = Number(entry['version']);
  // Another one may have been registered between the two calls.
  const form = await ask(
    `/api/catalog/${path.split('/').map(encodeURIComponent).join('/')}/ui_schema?version=${found}`,
  );
  const source = sourceOf(textMember(entry, 'content') ?? '');
  const fields = isJsonObject(form) ? readFormFields(form['fields']) : workloadFields(source);
  const description = isJsonObject(form) ? textMember(form, 'description_markdown') : undefined;
  const steps = stepsOf(source);
  return {
    path,
    version: found,
    ...(description !== undefined && { description: description.slice(0, maxProse) }),
    fields: fields.slice(0, maxFields).map((field) => withMarks(withoutSecret(field), source)),
    ...(steps !== undefined && { steps }),
  };
}

const maxFields = 200;
const maxProse = 2_000;
/** A longer default is kept in NoETL. */
const maxDefault = 2_000;
const isSecretName = secretNames();

/** The files are committed, so nothing secret is written into them. */
function withoutSecret({ default: value, ...field }: FormField): FormField {
  const secret = field.secret === true || isSecretName(field.name);
  const { description } = field;
  const shown = value === undefined || secret ? undefined : withoutSecrets(value, isSecretName);
  const fits = shown !== undefined && JSON.stringify(shown).length <= maxDefault;
  return {
    ...field,
    ...(secret && { secret }),
    ...(description !== undefined && { description: description.slice(0, maxProse) }),
    ...(fits && { default: shown }),
  };
}

/** A playbook's source; undefined where it is no YAML. Aliases are not resolved: a few lines of them expand to gigabytes. */
function sourceOf(content: string): Document | undefined {
  // YAML 1.1 as NoETL reads it.
  const document = parseDocument(content, { version: '1.1', uniqueKeys: false });
  return document.errors.length > 0 || !isMap(document.contents) ? undefined : document;
}

/** For a NoETL without forms: the workload alone. */
function workloadFields(source: Document | undefined): readonly FormField[] {
  const workload = plainOf(source, ['workload']);
  return isJsonObject(workload)
    ? readFormFields(
        Object.entries(workload).map(([name, value]) => ({ name, kind: kindOfValue(value), default: value })),
      )
    : [];
}

/** Names of the steps. @returns undefined for a source that has none in the form that is known */
function stepsOf(source: Document | undefined): readonly string[] | undefined {
  const workflow = plainOf(source, ['workflow']);
  if (!Array.isArray(workflow)) return undefined;
  return workflow.filter(isJsonObject).flatMap((step) => textMember(step, 'step') ?? textMember(step, 'name') ?? []);
}

function plainOf(source: Document | undefined, place: readonly string[]): unknown {
  try {
    const node = source?.getIn(place, true) as Node | undefined;
    return source === undefined ? undefined : node?.toJS(source, { maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

/** What NoETL's form has no words for, from the comment beside a variable: `# ui:required`, `# ui:format=date`. */
function withMarks(field: FormField, source: Document | undefined): FormField {
  const workload = source?.get('workload', true);
  const pair = isMap(workload)
    ? workload.items.find((one) => isPair(one) && isScalar(one.key) && String(one.key.value) === field.name)
    : undefined;
  const comment = isScalar(pair?.value) ? (pair.value.comment ?? '') : '';
  const [, format] = /\bui:format=([a-z-]{1,40})/.exec(comment) ?? [];
  return {
    ...field,
    ...(/\bui:required\b/.test(comment) && { required: true }),
    ...(format !== undefined && { format }),
  };
}
