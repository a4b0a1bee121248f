import type { OpenApiDocument } from '../openapi/open-api.ts';
import { apiMeaning } from './api-meaning.ts';
import { canonicalJson, sha256 } from './canonical.ts';

/**
 * The hash of a document's API. Prose, order, release number and members that repeat
 * a default do not change it.
 */
export const documentHash = (document: OpenApiDocument): string => sha256(canonicalJson(apiMeaning(document)));
