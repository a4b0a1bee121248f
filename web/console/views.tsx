import type { ComponentType } from 'preact';
import type { ViewProps } from './view-props.ts';
import { AccessView } from './views/access.tsx';
import { AuditView } from './views/audit.tsx';
import { ExecutionsView } from './views/executions.tsx';
import { ExplainView } from './views/explain.tsx';
import { HealthView } from './views/health.tsx';
import { PlaybooksView } from './views/playbooks.tsx';
import { PolicyView } from './views/policy.tsx';
import { UpstreamView } from './views/upstream.tsx';

export interface View {
  /** The address below `/console/`. */
  readonly name: string;
  readonly title: string;
  /** After `g`. */
  readonly letter: string;
  /** Only roles of `console.roles` see it. */
  readonly forOperators: boolean;
  readonly View: ComponentType<ViewProps>;
}

/** In the order of the navigation. Letters are unique; the first view is the one of `/console`. */
export const views: readonly View[] = [
  { name: 'executions', title: 'Executions', letter: 'e', forOperators: false, View: ExecutionsView },
  { name: 'playbooks', title: 'Playbooks', letter: 'p', forOperators: false, View: PlaybooksView },
  { name: 'access', title: 'Access', letter: 'a', forOperators: true, View: AccessView },
  { name: 'explain', title: 'Explain', letter: 'x', forOperators: true, View: ExplainView },
  { name: 'policy', title: 'Policy', letter: 'y', forOperators: true, View: PolicyView },
  { name: 'upstream', title: 'Upstream', letter: 'd', forOperators: true, View: UpstreamView },
  { name: 'health', title: 'Health', letter: 'h', forOperators: true, View: HealthView },
  { name: 'audit', title: 'Audit', letter: 'u', forOperators: true, View: AuditView },
];

/** The view of an address; the first one for an address without a view. */
export function viewAt(path: string): View {
  const name = path.split('/')[2] ?? '';
  const [first] = views;
  const found = views.find((view) => view.name === name) ?? first;
  if (found === undefined) throw new Error('The console has no views.');
  return found;
}
