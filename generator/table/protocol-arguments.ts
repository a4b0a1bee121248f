import type { AnyUpstreamRow } from '../../core/config/operation-row.ts';
import type { OperationArgument } from '../../core/operation.ts';
import { type ProtocolField, protocolCalls } from '../../core/protocol-field.ts';
import type { OperationShape } from '../document/operation-shape.ts';

/** The arguments of a protocol field. What a row says of them, or a call of another kind, is a problem. */
export function protocolArguments(
  field: ProtocolField,
  row: AnyUpstreamRow,
  shape: OperationShape,
  problems: string[],
): readonly OperationArgument[] {
  const place = `operations.${field}`;
  if (row.args !== undefined) problems.push(`${place}.args: the protocol fixes the arguments of ${field}`);
  if (row.fields !== undefined) problems.push(`${place}.fields: the protocol fixes the answer of ${field}`);
  if (row.type !== undefined && row.type !== protocolCalls[field].root) {
    problems.push(`${place}.type: the protocol makes ${field} a ${protocolCalls[field].root}`);
  }
  if (!protocolCalls[field].upstream.test(shape.key)) {
    problems.push(`${place}.upstream: ${shape.key} is not the call that the protocol’s ${field} stands for`);
    return [];
  }
  if (field === 'executePlaybook') return [bodyArgument('path', 'name'), bodyArgument('workload', 'variables')];
  const id = shape.args.find((arg) => arg.in === 'path');
  return id === undefined ? [] : [{ ...bodyArgument(id.wire, 'id'), in: 'path' }];
}

const bodyArgument = (wire: string, name: string): OperationArgument => ({
  wire,
  in: 'body',
  name,
  constant: undefined,
  description: undefined,
});
