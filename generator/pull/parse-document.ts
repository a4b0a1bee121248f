import { validate } from '@readme/openapi-parser';
import { parseDocument as parseYaml } from 'yaml';
import { GatewayError } from '../../plugins/errors.ts';
import { referenceProblems } from '../document/reference-problems.ts';
import { normalise } from '../normalise/normalise.ts';
import { componentNames } from '../normalise/rules/component-names.ts';
import { dropAnnotations } from '../normalise/rules/drop-annotations.ts';
import { resolveReferences } from '../normalise/rules/resolve-references.ts';
import {
  type Body,
  escapePointer,
  isRecord,
  listOperations,
  mapOperations,
  type OpenApiDocument,
} from '../openapi/open-api.ts';
import { applyOverlays, type Overlay } from './apply-overlays.ts';
import { placeOfLine } from './place-of-line.ts';
import { plainWords } from './plain-words.ts';

/** Problems of one document that are listed; the rest is a number. */
const maxProblems = 20;

/**
 * Reads an OpenAPI 3.0 or 3.1 document, JSON or YAML, and checks it. Operation ids may be missing or repeated,
 * component names may be odd, and references may be circular: nothing here depends on them.
 * @throws ERR_SPEC_INVALID with the places of what is wrong; ERR_SPEC_UNSUPPORTED for another version.
 * @param overlays are applied before the document is checked: they repair what the checks refuse
 */
export async function parseDocument(bytes: Uint8Array, overlays: readonly Overlay[] = []): Promise<OpenApiDocument> {
  try {
    return await parseAndCheck(bytes, overlays);
  } catch (error) {
    // The stack ran out: no document that people write comes near.
    throw error instanceof RangeError ? invalid(['the document is nested too deeply'], error) : error;
  }
}

async function parseAndCheck(bytes: Uint8Array, overlays: readonly Overlay[]): Promise<OpenApiDocument> {
  const value = applyOverlays(readText(decode(bytes)), overlays);
  if (!isRecord(value)) throw invalid(['#: the document is not an object']);
  checkVersion(value);
  if (!isRecord(value['paths'])) throw invalid(['#/paths: missing; the document has no operations']);
  const slashless = Object.keys(value['paths']).filter((path) => !path.startsWith('/'));
  if (slashless.length > 0) {
    throw invalid(slashless.map((path) => `#/paths/${escapePointer(path)}: a path begins with a slash`));
  }
  const document = value as OpenApiDocument;
  const places = placeProblems(document);
  if (places.length > 0) throw invalid(places);
  const references = referenceProblems(document);
  if (references.length > 0) throw invalid(references);
  await check(document);
  if (listOperations(document).length === 0) throw invalid(['#/paths: the document has no operations']);
  return document;
}

/** Parameters in places that OpenAPI 3 does not have; the validator reports them by another member. */
function placeProblems(document: OpenApiDocument): readonly string[] {
  return listOperations(document).flatMap(({ path, method, operation }) =>
    (Array.isArray(operation.parameters) ? operation.parameters : []).flatMap((parameter: unknown, index) => {
      const place = isRecord(parameter) ? parameter['in'] : undefined;
      if (typeof place !== 'string' || ['path', 'query', 'header', 'cookie'].includes(place)) return [];
      const at = `#/paths/${escapePointer(path)}/${method.toLowerCase()}/parameters/${index}/in`;
      return [`${at}: “${place}” is not a place of a parameter; it must be path, query, header or cookie`];
    }),
  );
}

/** The document as it is written; it may be invalid. */
export const unrepaired = (bytes: Uint8Array): OpenApiDocument => readText(decode(bytes)) as OpenApiDocument;

/** An overlay as it is written, JSON or YAML. @throws ERR_SPEC_INVALID */
export const parseOverlay = (name: string, bytes: Uint8Array): Overlay => ({ name, value: readText(decode(bytes)) });

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid(['the text is not UTF-8'], error);
  }
}

function readText(text: string): unknown {
  const start = text.trimStart()[0];
  if (start === undefined) throw invalid(['the document is empty']);
  return start === '{' || start === '[' ? readJson(text) : readYaml(text);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A flow mapping of YAML begins like JSON; a document that is neither is reported as JSON.
    const yaml = parseYaml(text, { strict: true, uniqueKeys: true });
    if (yaml.errors.length === 0 && !text.trimStart().startsWith('{"')) return readYaml(text);
    throw invalid([`not JSON: ${error instanceof Error ? error.message : 'unreadable'}${place(text, error)}`], error);
  }
}

/** Line and column of a JSON error, when the engine reports the position. */
function place(text: string, error: unknown): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  const at = position === undefined ? text.length : Number(position);
  const before = text.slice(0, at).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function readYaml(text: string): unknown {
  const yaml = parseYaml(text, { strict: true, uniqueKeys: true });
  if (yaml.errors.length > 0) {
    throw invalid(yaml.errors.slice(0, maxProblems).map((error) => `not YAML: ${error.message.split('\n')[0]}`));
  }
  try {
    // Dates and shared nodes of YAML become plain JSON. Aliases are bounded: a few lines of them can expand to
    // gigabytes.
    return JSON.parse(JSON.stringify(yaml.toJS({ maxAliasCount: 100 })));
  } catch (error) {
    throw invalid([`not usable YAML: ${error instanceof Error ? error.message : 'unreadable'}`], error);
  }
}

function checkVersion(value: Readonly<Record<string, unknown>>): void {
  const version = value['openapi'];
  if (typeof version === 'string' && /^3\.[01](?:\.|$)/.test(version)) return;
  if (version === undefined && value['swagger'] === undefined) {
    throw invalid(['#/openapi: missing; this is no OpenAPI document']);
  }
  throw new GatewayError('ERR_SPEC_UNSUPPORTED', 'Only OpenAPI 3.0 and 3.1 are understood.', {
    problems: [`#/openapi: this document is of version ${String(version ?? value['swagger'])}`],
  });
}

async function check(document: OpenApiDocument): Promise<void> {
  // The library resolves in place, and refuses names that the rules put right; shared parts are checked where they are
  // used.
  const resolved = normalise(document, [resolveReferences, componentNames, dropAnnotations]).document;
  const copy = structuredClone(withoutSharedParts(withoutUnread(resolved)));
  const version = /^3\.[01]$/.test(document.openapi) ? `${document.openapi}.0` : document.openapi;
  const checked: Record<string, unknown> = { ...copy, openapi: version };
  const result = await validate(checked as unknown as Parameters<typeof validate>[0], {
    resolve: { external: false, file: false },
    timeoutMs: 30_000,
    validate: { rules: { openapi: { 'duplicate-operation-id': 'warning', 'array-without-items': 'warning' } } },
  }).catch((error: unknown) => {
    throw invalid([error instanceof Error ? error.message : 'the document cannot be checked'], error);
  });
  if (result.valid) return;
  const more = result.errors.length > maxProblems ? [`and ${result.errors.length - maxProblems} more`] : [];
  const text = printed(checked);
  throw invalid([...result.errors.slice(0, maxProblems).map(({ message }) => oneLine(message, text)), ...more]);
}

const isExtension = (name: string): boolean => name.startsWith('x-');

/**
 * Without what nothing here reads, and what may refer to shared parts: examples, headers and links of answers,
 * callbacks.
 */
function withoutUnread(document: OpenApiDocument): OpenApiDocument {
  const bare = <Part extends object>(part: Part, ...names: readonly string[]): Part =>
    isRecord(part)
      ? (Object.fromEntries(Object.entries(part).filter(([name]) => !names.includes(name))) as Part)
      : part;
  const bodyOf = (body: Body): Body => {
    const kept = bare(body, 'headers', 'links');
    if (!isRecord(kept) || !isRecord(kept.content)) return kept;
    const content = Object.entries(kept.content).map(
      ([type, media]) => [type, bare(media, 'example', 'examples', 'encoding')] as const,
    );
    return { ...kept, content: Object.fromEntries(content) };
  };
  return mapOperations(bare(document, 'webhooks', 'x-webhooks'), ({ operation }) => {
    const { parameters, requestBody, responses, ...rest } = bare(
      operation,
      'callbacks',
      ...Object.keys(operation).filter(isExtension),
    );
    return {
      ...rest,
      ...(parameters === undefined
        ? {}
        : {
            parameters: Array.isArray(parameters)
              ? parameters.map((one) => bare(one, 'example', 'examples'))
              : parameters,
          }),
      ...(requestBody === undefined ? {} : { requestBody: bodyOf(requestBody) }),
      ...(isRecord(responses)
        ? {
            responses: Object.fromEntries(
              Object.entries(responses).map(([status, body]) => [status, bodyOf(body as Body)]),
            ),
          }
        : responses === undefined
          ? {}
          : { responses }),
    };
  });
}

/** Answers, parameters and bodies that operations refer to are in the operations by now. */
function withoutSharedParts(document: OpenApiDocument): OpenApiDocument {
  if (document.components === undefined) return document;
  const { schemas = {}, securitySchemes } = document.components;
  return { ...document, components: { schemas, ...(securitySchemes === undefined ? {} : { securitySchemes }) } };
}

/** The document as the library's line numbers count it: resolved in place. Empty when it goes in circles. */
function printed(checked: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(checked, null, 2);
  } catch {
    return '';
  }
}

/** The place, the sentence, and the line that it is about. */
function oneLine(message: string, text: string): string {
  const [sentence = '', ...frame] = message.split('\n');
  const [, number, line] = frame.map((row) => /^>\s*(\d+)\s*\|\s*(.*)$/.exec(row)).find((row) => row !== null) ?? [];
  if (line === undefined) return plainWords(sentence);
  const place = placeOfLine(text, Number(number));
  return `${place === undefined ? '' : `${place}: `}${plainWords(sentence)}, at ${line.trim()}`;
}

const invalid = (problems: readonly string[], cause?: unknown): GatewayError =>
  new GatewayError('ERR_SPEC_INVALID', 'The document is not a valid OpenAPI document.', {
    cause,
    problems:
      problems.length > maxProblems
        ? [...problems.slice(0, maxProblems), `and ${problems.length - maxProblems} more`]
        : problems,
  });
