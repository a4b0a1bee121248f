import { parseUpstreamUrl } from '../addresses.ts';
import { integer, parsed } from './field.ts';
import { section } from './node.ts';

/** An answer or a body becomes a text, and V8's texts end at 2^29 characters: half of that leaves room for its JSON. */
export const maxTextBytes = 2 ** 28;

/** The message of a field for an invalid address. */
export const httpUrl = 'must be an http or https URL without query or credentials';

/** How NoETL is called. */
export const upstream = section({
  baseUrl: parsed({
    env: 'NOETL_BASE_URL',
    default: 'http://noetl.noetl.svc.cluster.local:8082',
    doc: 'where NoETL is; the default names the namespace of `deploy.noetlNamespace`',
    parse: parseUpstreamUrl,
    must: httpUrl,
  }),
  timeoutSecs: integer({ env: 'NOETL_TIMEOUT_SECS', default: 30, min: 1, max: 3600, doc: 'one call to NoETL' }),
  maxResponseBytes: integer({
    default: 16 * 1024 * 1024,
    min: 1024,
    max: maxTextBytes,
    doc: 'one answer of NoETL; a larger one is `ERR_UPSTREAM`',
  }),
});
