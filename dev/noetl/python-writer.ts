import type { RunWriter, StepRun } from './lay-out.ts';
import { commandContext, loopInput } from './python-commands.ts';
import { commandId, createPythonLine, type Members, nodeOf, type PythonLine, worker } from './python-line.ts';
import { endStep } from './python-step-end.ts';
import { idNumber, markEngine, type Run, writeEvent } from './run.ts';
import type { Script } from './script.ts';

/**
 * Writes an execution as the Python server and worker do: the events of a step come in batches, and the engine works
 * through a batch some time after it was stored.
 * @param lagMs how long a batch waits for the engine
 */
export function createPythonWriter(run: Run, script: Script, lagMs: number): RunWriter {
  const line = createPythonLine(run, script, lagMs);
  return {
    open: () => open(line),
    begin: (stepRun, at) => begin(line, stepRun, at),
    end: (stepRun, outcome, at) => endStep(line, stepRun, outcome, at),
    close: (at) => close(line, at),
  };
}

function open(line: PythonLine): number {
  const { run, script } = line;
  const at = run.startedAt;
  const start = { workload: run.workload, playbook_path: run.path };
  const event = (result: Members) => ({
    status: 'initialized',
    duration: 0,
    context: { error: null, result, status: 'initialized', final_step: null },
  });
  line.playbookEvent = writeEvent(run, { ...event(start), at, type: 'playbook.initialized', node: run.path });
  const workflow = { ...event({ ...start, first_step: script.steps[0]?.name }), parentId: line.playbookEvent };
  line.workflowEvent = writeEvent(run, { ...workflow, at: at + 1, type: 'workflow.initialized', node: 'workflow' });
  line.cause = line.playbookEvent;
  return at + 8;
}

function begin(line: PythonLine, stepRun: StepRun, at: number): number {
  const { run } = line;
  const { step, part, iteration } = stepRun;
  if (iteration !== undefined) {
    const { iterator = 'item' } = step.loop ?? {};
    line.variables = { ...line.variables, [iterator]: iteration.item, loop_index: iteration.index };
  }
  const input = iteration === undefined ? {} : loopInput(run, iteration.index, iteration.total);
  const { variables, results, before } = line;
  line.command = run.eventId(at);
  line.redelivered = false;
  const issued = { at, command: line.command, parentId: line.cause, status: 'PENDING', node: nodeOf(step), part };
  const context = commandContext({ run, step, at, input, variables, results, before, inLoop: iteration !== undefined });
  writeEvent(run, { ...issued, type: 'command.issued', context });
  const begun = claim(line, stepRun, at);
  if (step.workerDiesMs === undefined) return begun;
  // From here on the events carry the command's id as text: that is how the second worker writes it.
  line.redelivered = true;
  claim(line, stepRun, at + step.workerDiesMs);
  return begun;
}

/** A worker takes the command. @returns when its work begins */
function claim(line: PythonLine, { step, part }: StepRun, at: number): number {
  const command_id = commandId(line);
  const event = { node: nodeOf(step), part, status: 'RUNNING', command: line.command };
  const running = (context: Members) => ({ status: 'RUNNING', context });
  const claimed = { ...event, at: at + 6, type: 'command.claimed' };
  writeEvent(line.run, { ...claimed, result: running({ command_id: idNumber(line.command) }) });
  line.batches.add(part, at + 12, 'nothing', [
    {
      ...{ ...event, createdAt: at + 10, type: 'command.started' },
      result: running({ command_id, worker_id: worker }),
    },
    { ...event, createdAt: at + 10, type: 'step.enter', result: running({ status: 'started' }) },
  ]);
  return at + 10;
}

function close(line: PythonLine, at: number): void {
  const { run, ending, final } = line;
  // Some executions never get a terminal event (ADR 0010).
  if (ending === 'none') return;
  const { result, error } = final;
  const context = { error, result, status: ending, final_step: final.step };
  const part = line.script.steps.length;
  const ended = { at, status: ending, context, result, error, part, duration: 0 };
  writeEvent(run, { ...ended, type: `workflow.${ending}`, node: 'workflow', parentId: line.workflowEvent });
  writeEvent(run, { ...ended, type: `playbook.${ending}`, node: run.path, parentId: line.playbookEvent });
  markEngine(run, { at, part, over: true, ...(ending === 'failed' ? { failed: true } : {}) });
}
