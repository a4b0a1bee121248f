import type { ProtocolRole } from './gateway-config.ts';
import type { AbsentRow, OperationKey, OperationShapes, RowWhenPresent } from './operation-row.ts';

/**
 * Makes rows for operations that some releases of NoETL lack: a document without the operation builds without the field.
 * The editor checks arguments and fields of an operation that the pulled document has; of another one `generate` does.
 *
 * ```ts
 * const present = whenPresent<NoetlOperations>();
 * // …
 * workerPools: present('GET /api/worker/pools', { access: role('admin') }),
 * ```
 */
export function whenPresent<Shapes extends OperationShapes, Role extends string = ProtocolRole>() {
  return <Key extends (keyof Shapes & string) | OperationKey>(
    upstream: Key,
    row: RowWhenPresent<Key, Shapes, Role>,
  ): AbsentRow<Role> => ({ ...row, upstream, whenPresent: true }) as unknown as AbsentRow<Role>;
}
