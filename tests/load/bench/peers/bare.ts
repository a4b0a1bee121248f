import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../../../gateway/config/resolve-config.ts';
import { createExecutableSchema } from '../../../../gateway/operations/executable-schema.ts';
import { createUpstream } from '../../../../gateway/upstream/undici-upstream.ts';
import shipped from '../../../../gateway.config.ts';
import type { CallContext, Caller, RootDecision } from '../../../../plugins/call-context.ts';
import { type OperationToRun, rootFieldsOf } from '../../../../plugins/noetl-auth/selected-root-fields.ts';
import { given, reportPeer } from './peer-process.ts';

/** The gateway's schema in Yoga, without its plugins: no session, no limits, and every root field allowed unasked. */
const { config } = resolveConfig(shipped as unknown as GatewayConfig, {
  NODE_ENV: 'development',
  NOETL_BASE_URL: given('BENCH_UPSTREAM'),
  GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
  GATEWAY_AUDIENCES: 'bench',
});
const { schema } = createExecutableSchema({
  sdl: await readFile(new URL('../../../../mesh/generated/schema.graphql', import.meta.url), 'utf8'),
  operations: config.operations,
  upstream: createUpstream({ ...config.upstream, observe: () => {}, clock: Date.now }),
});
// A caller has more, which no resolver of these rows reads.
const anyCaller = { session: { user: { userId: '1', roles: [] } } } as unknown as Caller;

/** What resolvers want on the context, so that they run: a decision for each root field, made without asking. */
function allowed(operation: OperationToRun): CallContext {
  const roots = rootFieldsOf(operation);
  const fields = 'fields' in roots ? roots.fields : [];
  const decisions = fields.map(({ responseKey, name, args }): [string, RootDecision] => [
    responseKey,
    { outcome: 'allowed', field: name, args: { ...args }, grant: undefined, path: undefined, rows: undefined },
  ]);
  const yes = async () => true;
  return {
    requestId: 'bench',
    caller: anyCaller,
    decisions: new Map(decisions),
    may: yes,
    mayOnExecution: yes,
    judgeOnExecution: async () => ({ allowed: true, grant: undefined }),
  };
}

// Per request, since decisions are by response key of its operation.
const allowAll: Plugin<CallContext> = { onExecute: ({ args, extendContext }) => extendContext(allowed(args)) };
const yoga = createYoga({
  schema,
  plugins: [allowAll],
  graphiql: false,
  landingPage: false,
  logging: false,
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => reportPeer((server.address() as AddressInfo).port));
