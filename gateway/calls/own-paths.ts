import { type StartMembers, usualStartMembers } from '../../plugins/operation-kind.ts';
import type { CallPlan } from './call-plan.ts';

/** How NoETL takes the calls that the gateway makes for itself: starting auth playbooks, looking at executions. */
export interface OwnPaths {
  /** Where playbooks are started. */
  readonly execute: string;
  readonly members: StartMembers;
  /** Where executions are listed; each has its own path below. */
  readonly executions: string;
}

/** Where NoETL has always had them. */
export const usualPaths: OwnPaths = {
  execute: '/api/execute',
  members: usualStartMembers,
  executions: '/api/executions',
};

/** Taken from the open operations, which follow NoETL's document; else the paths that NoETL has always had. */
export function ownPathsOf(plans: Iterable<CallPlan>): OwnPaths {
  let own = usualPaths;
  for (const { kind, route, path, start } of plans) {
    if (kind === 'execute' && start !== undefined && path.length === 1)
      own = { ...own, execute: route, members: start };
    if (kind === 'execution') own = { ...own, executions: folderOf(path) ?? own.executions };
  }
  return own;
}

/** The part before the id, without the slash: `/api/executions` of `/api/executions/{args.id}`. */
function folderOf([first, ...rest]: CallPlan['path']): string | undefined {
  return first !== undefined && 'text' in first && rest.length === 1 ? first.text.slice(0, -1) : undefined;
}
