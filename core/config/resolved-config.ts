import type { CompiledGrants } from '../access/decision.ts';
import type { Grant } from '../access/grant.ts';
import type { IssuerRules } from '../identity/issuer-rules.ts';
import type {
  AdaptersSection,
  DeploySection,
  LoginOption,
  UserLimitsSection,
  ValidatorOption,
} from './gateway-config.ts';
import type { AnyRow } from './operation-row.ts';

export interface AuthPlaybooks {
  readonly login: string;
  readonly validateSession: string;
  readonly checkAccess: string;
}

/** A config with every environment reference read, every value checked and every unit in its name. */
export interface ResolvedConfig {
  readonly mode: 'production' | 'development';
  readonly operations: Readonly<Record<string, AnyRow>>;
  readonly roles: readonly string[];
  readonly grants: readonly Grant[];
  readonly compiledGrants: CompiledGrants;
  readonly upstream: { readonly baseUrl: URL; readonly timeoutMs: number; readonly maxResponseBytes: number };
  readonly listen: {
    readonly bind: string;
    readonly port: number;
    readonly internalPort: number;
    readonly publicUrl: string | undefined;
    readonly internalUrl: string;
    readonly trustedProxies: number;
    readonly corsAllowedOrigins: readonly string[];
    readonly corsAllowCredentials: boolean;
    readonly drainMs: number;
  };
  readonly auth: {
    /** Issuers of the environment first, then the entries of the config. */
    readonly issuers: readonly IssuerRules[];
    readonly jwtMode: 'enforce' | 'shadow';
    readonly login: LoginOption;
    readonly validator: ValidatorOption;
    readonly access: {
      readonly checker: 'local' | 'playbook' | 'http';
      readonly combine: 'one' | 'both';
      readonly cacheTtlMs: number;
    };
    readonly playbooks: AuthPlaybooks;
    readonly sessionDbCredential: string;
    readonly playbookTimeoutMs: number;
    readonly setCookie: boolean;
    readonly introspection: boolean;
  };
  readonly sessions: {
    readonly store: string;
    readonly cacheTtlMs: number;
    readonly cacheSize: number;
    readonly revalidateMs: number;
    readonly invalidTtlMs: number;
    readonly maxMs: number;
  };
  readonly limits: {
    readonly bodyBytes: number;
    readonly queryDepth: number;
    readonly queryAliases: number;
    readonly queryRootFields: number;
    readonly queryTokens: number;
    readonly queryCost: number;
    readonly queryDirectives: number;
    readonly batching: boolean;
    readonly unbrokenRun: number;
    readonly validationsAtOnce: number;
    readonly validationsWaiting: number;
    readonly startsAtOnce: number;
    readonly userCallsAtOnce: number;
    readonly userCallsWaiting: number;
    readonly callWaitMs: number;
    readonly loginsPerMinute: number;
    readonly checksPerMinute: number;
    readonly guessesPerMinute: number;
    readonly guessesPerMinuteInAll: number;
    readonly startsPerSecond: number;
    readonly startsBurst: number;
    readonly callsPerSecond: number;
    readonly callsBurst: number;
    readonly byRole: Readonly<Record<string, UserLimitsSection>>;
  };
  readonly observability: { readonly logLevel: string; readonly auditTo: string; readonly auditEmails: boolean };
  readonly deploy: Required<Omit<DeploySection, 'host'>> & { readonly host: string | undefined };
  readonly adapters: AdaptersSection;
  readonly plugins: readonly unknown[];
}
