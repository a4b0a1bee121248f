import type { UpstreamCall } from '../../plugins/ports.ts';

/** A read that shows whether NoETL still has the operation of an open row. */
export interface RouteProbe {
  /** As the row names it: `POST /api/execute`. */
  readonly operation: string;
  /** Always a GET. @param executionId of an execution that NoETL has listed, or of none */
  readonly call: (executionId: string) => UpstreamCall;
  /** What an answer lacks that the row uses. Absent: the GET is not the operation, it only finds its path. */
  readonly lacking?: (body: unknown) => readonly string[];
}
