import type { OwnPaths } from '../../core/noetl/own-paths.ts';
import type { Upstream } from '../../core/ports.ts';

/** The upstream for the gateway's own calls: those are written for NoETL's usual paths, and go where it has them now. */
export function atOwnPaths(upstream: Upstream, paths: OwnPaths): Upstream {
  const moves = [
    ['/api/executions', paths.executions],
    ['/api/execute', paths.execute],
  ] as const;
  const moved = (path: string): string => {
    const [usual, now] = moves.find(([from]) => path === from || path.startsWith(`${from}/`)) ?? ['', ''];
    return `${now}${path.slice(usual.length)}`;
  };
  if (moves.every(([usual, now]) => usual === now)) return upstream;
  return { request: (call) => upstream.request({ ...call, path: moved(call.path), route: moved(call.route) }) };
}
