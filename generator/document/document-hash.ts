import type { OpenApiDocument } from '../openapi/open-api.ts';
import { dropProse } from '../pull/drop-prose.ts';
import { canonicalJson, sha256 } from './canonical.ts';

/** What a document says, as a hash: equal whatever its prose, format and order of keys. */
export const documentHash = (document: OpenApiDocument): string => sha256(canonicalJson(dropProse(document)));
