import { join } from 'node:path';
import { GatewayError } from '../../plugins/errors.ts';
import { isRecord, type OpenApiDocument } from '../openapi/open-api.ts';
import { pulledFiles } from '../pull/pulled-files.ts';
import { readIfPresent } from './write-atomically.ts';

/**
 * The project's pulled document. It is checked no further: `pull` has checked it, and a review may have changed it
 * since.
 * @throws ERR_SPEC_INVALID when it is missing, or when it is not a document.
 */
export async function readDocument(projectDir: string): Promise<OpenApiDocument> {
  const text = await readIfPresent(join(projectDir, pulledFiles.document));
  if (text === undefined) throw invalid('it does not exist yet; run `npm run pull -- <url or file>`');
  const value = parse(text);
  if (!isRecord(value) || typeof value['openapi'] !== 'string' || !isRecord(value['paths'])) {
    throw invalid('it is not an OpenAPI document; pull it again');
  }
  return value as OpenApiDocument;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid('it is not JSON; pull it again', error);
  }
}

const invalid = (why: string, cause?: unknown): GatewayError =>
  new GatewayError('ERR_SPEC_INVALID', 'The pulled document cannot be used.', {
    cause,
    problems: [`${pulledFiles.document}: ${why}`],
  });
