import { hasTemplateMark } from '../../../plugins/noetl/template-mark.ts';
import { isOrigin, parseUpstreamUrl } from '../addresses.ts';
import { flag, integer, integerOr, list, parsed, text } from './field.ts';
import { section } from './node.ts';
import { httpUrl } from './upstream.ts';

const port = { min: 0, max: 65_535 };

/**
 * The two listeners: the public one for callers, the internal one for callbacks, probes, metrics and the console (ADR
 * 0009).
 */
export const listen = section({
  bind: text({ env: 'GATEWAY_BIND', default: '0.0.0.0', doc: 'address of both listeners' }),
  // `GATEWAY_PORT` comes second: Kubernetes may have set it to something else.
  port: integer({ env: ['ROUTER_PORT', 'GATEWAY_PORT'], default: 8090, ...port, doc: 'public listener' }),
  internalPort: integer({
    env: 'GATEWAY_INTERNAL_PORT',
    default: 8091,
    ...port,
    doc: 'internal listener: callbacks, `/metrics`, `/ready`',
  }),
  publicUrl: text({
    env: 'GATEWAY_PUBLIC_URL',
    optional: true,
    doc: 'the URL of the gateway in browsers',
    accepts: (url) => parseUpstreamUrl(url) !== undefined,
    must: httpUrl,
  }),
  internalUrl: parsed({
    env: 'GATEWAY_INTERNAL_URL',
    default: 'http://noetl-gateway-internal.gateway.svc.cluster.local:8091',
    doc: 'the URL of the internal listener for playbooks',
    // It is part of workloads, and NoETL evaluates templates in those.
    parse: (url) => (parseUpstreamUrl(url) === undefined || hasTemplateMark(url) ? undefined : url.replace(/\/+$/, '')),
    must: httpUrl,
  }),
  trustedProxies: integer({
    env: 'GATEWAY_TRUSTED_PROXIES',
    default: 0,
    min: 0,
    max: 16,
    doc: 'number of proxies in front whose `X-Forwarded-For` is trusted',
  }),
  corsAllowedOrigins: list({
    env: 'CORS_ALLOWED_ORIGINS',
    default: [],
    doc: 'exact origins (`scheme://host[:port]`); `*` only without credentials',
    item: (origin) => (origin === '*' || isOrigin(origin) ? origin : undefined),
    must: 'is not an origin (scheme://host[:port], nothing more)',
  }),
  corsAllowCredentials: flag({
    env: 'CORS_ALLOW_CREDENTIALS',
    default: true,
    doc: 'pages of these origins may send cookies',
  }),
  workers: integerOr('auto', {
    env: 'GATEWAY_WORKERS',
    default: 1,
    min: 1,
    max: 64,
    doc: 'processes that share both ports; `auto`: one for each core. `docs/performance.md` compares them with replicas',
  }),
  drainSecs: integer({
    default: 25,
    min: 0,
    max: 3600,
    doc: 'time that a stopping process gives to requests in flight',
  }),
});
