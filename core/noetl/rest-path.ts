/** Where clients that speak NoETL's own API find it on the gateway. */
export const restPrefix = '/noetl/';

/** The public path of one of NoETL's own: `/api/executions` is `/noetl/executions`. */
export const restPathOf = (path: string): string => path.replace(/^\/(?:api\/)?/, restPrefix);

/** No server has it, and clients of the earlier gateway call it: answered by the gateway. */
export const rerunPath = '/noetl/executions/{execution_id}/rerun';
