import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import type { IssuerRules } from '../../gateway/config/identity/issuer-rules.ts';

/** What `serve` would get of the machine. */
export interface StartClaim {
  /** Whatever stops it, one line each, with what to do. */
  readonly problems: readonly string[];
  /** The gateway's ports are taken by a gateway. */
  readonly isRunning: boolean;
}

/** Questions that doctor asks of the world. A question that cannot be answered throws. */
export interface DoctorProbes {
  readonly nodeVersion: string;
  /** Reads the environment. @throws ERR_CONFIG_INVALID with every problem. */
  readonly resolve: () => { readonly config: ResolvedConfig; readonly warnings: readonly string[] };
  /** Makes the gateway that `serve` would run, and closes it again. @throws what stops `serve` */
  readonly assemble: (config: ResolvedConfig) => Promise<void>;
  /** What of the machine `serve` would not get: files, ports. */
  readonly claim: (config: ResolvedConfig) => Promise<StartClaim>;
  /** A real read of NoETL, and its clock when it sends `Date`. */
  readonly readUpstream: (config: ResolvedConfig) => Promise<{ readonly date: Date | undefined }>;
  /** How many keys for signatures an issuer publishes. */
  readonly discoverIssuer: (rules: IssuerRules) => Promise<number>;
  /** What answers at the address that playbooks call back. */
  readonly askCallback: (internalUrl: string) => Promise<'internal' | 'public' | 'other'>;
  readonly pingStore: (config: ResolvedConfig) => Promise<void>;
  /** Hash of the live document; undefined when NoETL does not publish it. */
  readonly liveDocumentHash: (config: ResolvedConfig) => Promise<string | undefined>;
  /** The same of the pulled one; undefined before the first pull. */
  readonly lockedDocumentHash: () => Promise<string | undefined>;
  readonly now: () => Date;
}
