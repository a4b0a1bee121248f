import { type AnyRow, isGatewayRow } from '../config/operation-row.ts';

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
    execute: pathIn([starting], /^POST (\/[\w/-]*\/execute)$/) ?? '/api/execute',
    executions: pathIn(calls, /^GET (\/[\w/-]*\/executions)\/\{\w+\}$/) ?? '/api/executions',
  };
}

const pathIn = (calls: readonly string[], pattern: RegExp): string | undefined =>
  calls.map((call) => pattern.exec(call)?.[1]).find((path) => path !== undefined);
