import { useSession } from './me.ts';
import { useQuery } from './use-query.ts';

export interface Line {
  readonly subject: string;
  readonly message: string;
}

export interface ClosedOperation {
  readonly operation: string;
  readonly does?: string;
  readonly row?: string;
  readonly why?: string;
  readonly isNew: boolean;
}

export interface Upstream {
  /** `none`: no document was pulled; `unknown`: NoETL does not publish its document, or does not answer. */
  readonly state: 'none' | 'unknown' | 'same' | 'differs';
  readonly at?: number;
  readonly pulled?: { readonly source?: string; readonly date?: string; readonly operations?: number };
  readonly live?: { readonly version: string; readonly paths: number };
  readonly report?: {
    readonly breaks: readonly Line[];
    readonly decide: readonly Line[];
    readonly added: readonly (Line & { readonly accept: string })[];
    readonly harmless: readonly Line[];
    readonly closedGone: readonly string[];
    readonly closedChanged: readonly string[];
    readonly closed: readonly ClosedOperation[];
  };
}

export function useUpstream() {
  const { gateway } = useSession();
  return useQuery<Upstream>({
    key: ['upstream'],
    ask: (signal) => gateway.section('upstream', undefined, signal),
    everyMs: 30_000,
  });
}
