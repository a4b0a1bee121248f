/** What a person may get wrong in the config that `init` writes: each is a type error. */
export const configMistakes: Readonly<Record<string, { readonly write: string; readonly wrong: string }>> = {
  operation: { write: "'POST /api/execute'", wrong: "'POST /api/executes'" },
  argument: { write: 'cascade: { constant', wrong: 'cascades: { constant' },
  'argument-of-an-optional-row': { write: 'include_data: { constant', wrong: 'include_datas: { constant' },
  'rule-argument': { write: "onPlaybook('execute', 'name')", wrong: "onPlaybook('execute', 'nama')" },
  role: { write: "role('admin')", wrong: "role('admins')" },
  'grant-role': { write: "allow('viewer', ['view'], '*', {", wrong: "allow('viewers', ['view'], '*', {" },
  permission: { write: "allow('viewer', ['view'], '*', {", wrong: "allow('viewer', ['read'], '*', {" },
};

/** A custom plugin, rule and adapters, typed by what the package exports and by nothing else. */
export const ownCode = `import {
  type AccessChecker,
  type AdapterGiven,
  allow,
  type CallContext,
  custom,
  defineGateway,
  type Ending,
  GatewayError,
  type Observe,
  type Plugin,
  parseSessionToken,
  type SessionValidator,
  type UpstreamReply,
} from 'noetl-gateway';
import type { NoetlOperations } from './openapi/noetl.types.ts';

const plugin: Plugin<CallContext> = {
  onExecute({ args }) {
    const context: CallContext = args.contextValue;
    if (context.caller.session.user.roles.length === 0) throw new GatewayError('ERR_ACCESS_DENIED', 'No role.');
  },
};

const officeHours: AccessChecker = {
  check: async ({ user }) =>
    user.roles.includes('admin')
      ? { allowed: true, grant: undefined }
      : { allowed: false, why: 'upstream', grant: undefined },
};

function directory({ upstream, observe }: AdapterGiven): SessionValidator {
  const tell: Observe = observe;
  return {
    async validate(token) {
      const reply: UpstreamReply = await upstream.request({
        method: 'GET',
        path: '/api/health',
        idempotent: true,
        route: '/api/health',
      });
      tell({ type: 'validation', state: 'finished' });
      return reply.status === 200 && token === parseSessionToken('abcdefgh') ? undefined : undefined;
    },
  };
}

export const isMissed = (ending: Ending): boolean => 'missed' in ending;

export const own = defineGateway<NoetlOperations>({
  operations: {
    upstreamHealth: {
      upstream: 'GET /api/health',
      access: custom(({ user, may }) => user.email !== undefined && may('view', 'data/report')),
    },
  },
  roles: ['admin', 'developer', 'analyst', 'viewer'],
  grants: [allow('admin', ['view'], '*')],
  adapters: { validator: directory, accessChecker: () => officeHours },
  plugins: [plugin],
});
`;
