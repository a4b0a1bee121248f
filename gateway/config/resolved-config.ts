import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import type { IssuerRules } from './identity/issuer-rules.ts';
import type { AnyRow } from './operation-row.ts';
import type { GatewayPlugin } from './plugins.ts';
import type { sections } from './schema/gateway.ts';
import type { Resolved } from './schema/node.ts';
import type { SessionTrust } from './session-trust.ts';

type Sections = Resolved<typeof sections>;

/** A config with every environment reference read and every value checked. Durations end in `Ms`, sizes in `Bytes`. */
export interface ResolvedConfig extends Omit<Sections, 'deploy' | 'auth' | 'sessions'> {
  readonly mode: 'production' | 'development';
  readonly operations: Readonly<Record<string, AnyRow>>;
  readonly roles: readonly string[];
  readonly grants: readonly Grant[];
  readonly compiledGrants: CompiledGrants;
  readonly auth: Omit<Sections['auth'], 'issuers' | 'trustedIssuers' | 'audiences' | 'algorithms'> & {
    /** Issuers of the environment first, then the entries of the config. */
    readonly issuers: readonly IssuerRules[];
  };
  readonly sessions: Omit<Sections['sessions'], 'key'> & SessionTrust;
  readonly deploy: Sections['deploy'] & { readonly replicas: number; readonly noetlNamespace: string };
  readonly plugins: readonly GatewayPlugin[];
}

/** How users log in: `auth.login`. */
export type LoginOption = Sections['auth']['login'];

/** A user whom the `static` validator knows. */
export type StaticUser = Extract<ResolvedConfig['auth']['validator'], { kind: 'static' }>['users'][number];
