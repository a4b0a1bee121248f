import type { Clock } from '../plugins/clock.ts';
import type { ResolvedConfig } from './config/gateway-config.ts';
import type { Tracing } from './observe/tracing.ts';
import type { DriftWatchOptions, UpstreamKnowledge } from './upstream/drift-watch.ts';

/** The inputs of a process: a config, a schema, and options that only some starts have. */
export interface GatewayOptions {
  readonly config: ResolvedConfig;
  /** The generated schema with its call instructions. */
  readonly sdl: string;
  readonly warnings?: readonly string[];
  /** Logs for a person instead of JSON lines. */
  readonly pretty?: boolean;
  /** A file with grants that take the place of those of the config, and that is followed while the gateway runs. */
  readonly policyFile?: string;
  /** The text of the project's file of policy cases at this moment, for the console; undefined: there is no file. */
  readonly policyCases?: () => Promise<string | undefined>;
  /** Pages of this machine may read answers, whatever their port. For development. */
  readonly corsLoopback?: boolean;
  /** To compare NoETL's live document with the pulled one; absent: no comparison. */
  readonly drift?: Pick<DriftWatchOptions, 'lockedHash' | 'hashOf'> & UpstreamKnowledge;
  /** Of the package; shown in the metrics. */
  readonly version?: string;
  /** OpenAPI of the REST calls, as YAML, for callers with a session. */
  readonly restDocument?: string;
  readonly clock?: Clock;
  /** Traces and metrics for a collector; absent: no tracing, at no cost. */
  readonly tracing?: Tracing;
}
