import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

/** One difference: what it is about, and a sentence. */
export interface Line {
  readonly subject: string;
  readonly message: string;
}

/**
 * An operation of NoETL that no row opens. It has either `row`, to be copied into the config, or `why`: it is not to be
 * opened.
 */
export interface ClosedOperation {
  readonly operation: string;
  /** What it does, in words; absent for an operation of no special kind. */
  readonly does?: string;
  readonly row?: string;
  readonly why?: string;
  readonly isNew: boolean;
}

/** The answer of `/console/api/upstream`: NoETL's live document against the pulled one. */
export interface Upstream {
  /** `none`: no document was pulled; `unknown`: NoETL does not publish its document, or does not answer. */
  readonly state: 'none' | 'unknown' | 'same' | 'differs';
  /** When the gateway looked, milliseconds since 1970. */
  readonly at?: number;
  readonly pulled?: { readonly source?: string; readonly date?: string; readonly operations?: number };
  readonly live?: { readonly version: string; readonly paths: number };
  /** Absent only where no document was pulled. */
  readonly report?: {
    /** What is open and would stop working. */
    readonly breaks: readonly Line[];
    /** What would open more, or can stop something. */
    readonly decide: readonly Line[];
    /**
     * New arguments and members of what is open, closed until they are accepted. `accept` is the field for `generate
     * --accept`.
     */
    readonly added: readonly (Line & { readonly accept: string })[];
    readonly harmless: readonly Line[];
    readonly closedGone: readonly string[];
    readonly closedChanged: readonly string[];
    readonly closed: readonly ClosedOperation[];
  };
}

/**
 * The newest comparison. It causes no look at NoETL after the first one: the gateway looks each hour, or when it is
 * asked with `look`.
 */
export function useUpstream() {
  const { gateway } = useSession();
  return useQuery<Upstream>({
    key: ['upstream'],
    ask: (signal) => gateway.section('upstream', undefined, signal),
    everyMs: 30_000,
  });
}
