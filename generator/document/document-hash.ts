import type { OpenApiDocument } from '../openapi/open-api.ts';
import { apiMeaning } from './api-meaning.ts';
import { canonicalJson, sha256 } from './canonical.ts';

/**
 * What a document says of its API, as a hash: equal whatever its prose, its order, its release number and what repeats
 * a default.
 */
export const documentHash = (document: OpenApiDocument): string => sha256(canonicalJson(apiMeaning(document)));
