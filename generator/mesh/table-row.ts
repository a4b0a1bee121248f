import type { Operation } from '../../plugins/operation.ts';

/** A row as the generated table has it. Access is not Mesh's matter. */
export type TableRow = Omit<Operation, 'access'>;
