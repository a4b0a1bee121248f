/** Where clients that speak NoETL's own API find it on the gateway. */
export const restPrefix = '/noetl/';

/** The public path of one of NoETL's own: `/api/executions` is `/noetl/executions`. */
export const restPathOf = (path: string): string => path.replace(/^\/(?:api\/)?/, restPrefix);

/** No server has it, and clients of the earlier gateway call it: answered by the gateway. */
export const rerunPath = '/noetl/executions/{execution_id}/rerun';

/**
 * Why a path cannot be found below `/noetl`: a parameter has to be a whole segment, and only one may hold several.
 * @param path with its parameters in braces
 */
export function restPathProblem(path: string, isCatalogPath: (name: string) => boolean): string | undefined {
  const segments = restPathOf(path).split('/');
  const names = segments.flatMap((segment) => /^\{([^{}]+)\}$/.exec(segment)?.[1] ?? []);
  if (names.length < segments.filter((segment) => segment.includes('{')).length) {
    return 'a parameter is only a part of a segment of its path';
  }
  return names.filter(isCatalogPath).length > 1 ? 'its path holds two catalog paths' : undefined;
}
