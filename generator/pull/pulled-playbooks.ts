import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../../plugins/errors.ts';
import { type PlaybookForm, readFormFields } from '../../plugins/noetl/playbook-form.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import { isRecord } from '../openapi/open-api.ts';
import { readIfPresent } from '../project-folder.ts';

/** Where `pull --playbooks` writes, relative to the project. */
export const playbooksFolder = 'openapi/playbooks';

/** Playbooks of a project, at most. */
export const maxPlaybooks = 1_000;

/**
 * The file of a playbook. Letters, digits, `-` and `_` of a path stay; everything else, dots too, is written as its bytes,
 * so that no path leads out of the folder, and two paths never share a file.
 * @param version undefined: the newest
 * @returns undefined for a path that is not in normal form, or too long for a file
 */
export function playbookFile(path: string, version?: number): string | undefined {
  if (parsePlaybookPath(path) === undefined) return undefined;
  const segments = path.split('/').map((segment) => segment.replaceAll(/[^A-Za-z0-9_-]/gu, bytesOf));
  if (segments.some(({ length }) => length > 200)) return undefined;
  return `${playbooksFolder}/${segments.join('/')}${version === undefined ? '' : `@${version}`}.json`;
}

const bytesOf = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** The pulled playbooks of a project, by their files. */
export type PulledPlaybooks = ReadonlyMap<string, PlaybookForm>;

/** The form of a playbook in a version. @param version undefined: the newest one that was pulled */
export const pulledForm = (pulled: PulledPlaybooks, path: string, version?: number): PlaybookForm | undefined =>
  pulled.get(playbookFile(path, version) ?? '');

/** @throws ERR_SPEC_INVALID naming each file that cannot be read, or that is not where its path belongs */
export async function readPlaybooks(projectDir: string): Promise<PulledPlaybooks> {
  const folder = join(projectDir, playbooksFolder);
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).sort();
  const forms = new Map<string, PlaybookForm>();
  const problems: string[] = files.length > maxPlaybooks ? [`there are more than ${maxPlaybooks} of them`] : [];
  for (const name of files.slice(0, maxPlaybooks)) {
    const file = `${playbooksFolder}/${name.replaceAll('\\', '/')}`;
    const form = formOf((await readIfPresent(join(projectDir, file))) ?? '');
    const isInPlace =
      form !== undefined && [undefined, form.version].some((one) => playbookFile(form.path, one) === file);
    if (form === undefined || !isInPlace) problems.push(`${file}: not as pull has written it; pull it again`);
    else forms.set(file, form);
  }
  if (problems.length === 0) return forms;
  throw new GatewayError('ERR_SPEC_INVALID', 'Pulled playbooks cannot be used.', { problems });
}

function formOf(text: string): PlaybookForm | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || !Array.isArray(value['fields'])) return undefined;
    const { path, version, description, fields, steps } = value;
    if (typeof path !== 'string' || !Number.isInteger(version)) return undefined;
    return {
      path,
      version: Number(version),
      fields: readFormFields(fields),
      ...(typeof description === 'string' && { description }),
      ...(Array.isArray(steps) && { steps: steps.map(String) }),
    };
  } catch {
    return undefined;
  }
}
