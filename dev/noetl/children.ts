import type { CatalogEntry } from './catalog.ts';
import { status as pythonStatus } from './python-shapes.ts';
import { type LayOutTools, overAt, type Run } from './run.ts';
import { viewRun } from './run-view.ts';
import { rustStatus } from './rust-shapes.ts';
import { noStartStep } from './rust-writer.ts';

/**
 * How an execution is started; `at` in milliseconds: a child starts in its parent's time, which may be ahead of the
 * clock.
 */
export interface StartOptions {
  readonly workload: Readonly<Record<string, unknown>>;
  readonly parentId?: string;
  /** Default: now. */
  readonly at?: number;
}

/** What starting a child takes. */
interface Starting {
  readonly speak: 'python' | 'rust';
  readonly find: (path: string) => CatalogEntry | undefined;
}

/** The tools of a layout, with the parent that a child belongs to. */
export type ChildTools = Omit<LayOutTools, 'startChild'> & {
  startChildOf(parentId: string): LayOutTools['startChild'];
};

/** How a step starts another playbook, and what it receives from it. */
export function childTools(
  { find, speak }: Starting,
  start: (entry: CatalogEntry, options: StartOptions) => Run,
): ChildTools {
  return {
    startChildOf: (parentId) => (path, workload, at) => {
      const entry = find(path);
      if (entry === undefined) return { refused: `Executable catalog entry not found: ${path}` };
      const lacksStart = speak === 'rust' && noStartStep(entry.playbook.script(workload));
      if (lacksStart !== false) return { refused: lacksStart };
      return { run: start(entry, { workload, parentId, at }) };
    },
    // The worker polls the child, so it learns of the end a moment later.
    childOver: (child) => overAt(child) + 100,
    childResult(child, returns, at) {
      const view = viewRun(child, at);
      if (speak === 'rust') {
        if (returns) return rustStatus(view);
        return { async: true, execution_id: child.id, path: child.path, status: 'started' };
      }
      if (returns) return pythonStatus(view);
      const data = { status: 'started', execution_id: child.id, commands_generated: 1 };
      return { id: child.id, data, status: 'success', duration: 0.06, execution_id: child.id };
    },
  };
}
