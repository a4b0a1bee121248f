import { type AnyRow, isGatewayRow } from '../../core/config/operation-row.ts';
import type { Upstream } from '../../core/ports.ts';

/** Where NoETL has what the gateway calls for itself: starting auth playbooks, looking at executions. */
export interface OwnPaths {
  readonly execute: string;
  readonly executions: string;
}

/** As the config's rows say, which follow NoETL's document; else where NoETL has always had them. */
export function ownPathsOf(operations: Readonly<Record<string, AnyRow>>): OwnPaths {
  const calls = Object.values(operations).flatMap((row) => (isGatewayRow(row) ? [] : [row.upstream]));
  const { executePlaybook } = operations;
  const starting = executePlaybook === undefined || isGatewayRow(executePlaybook) ? '' : executePlaybook.upstream;
  return {
    execute: /^POST (\/[\w/-]*\/execute)$/.exec(starting)?.[1] ?? '/api/execute',
    executions: firstOf(calls, /^GET (\/[\w/-]*\/executions)\/\{\w+\}$/) ?? '/api/executions',
  };
}

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

function firstOf(calls: readonly string[], pattern: RegExp): string | undefined {
  for (const call of calls) {
    const found = pattern.exec(call)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
