import { useState } from 'preact/hooks';
import type { CurrentAccess } from '../../../gateway/console/console-answers.ts';
import { Scroll } from './scroll.tsx';

type Operation = CurrentAccess['operations'][number];

/** Roles × operations. A cell opens the grants that decide it; one cell is open at a time. */
export function Matrix({ report }: { readonly report: CurrentAccess }) {
  // `field role` of the open cell.
  const [open, setOpen] = useState<string>();
  const { roles, operations } = report;
  return (
    <Scroll label="Roles and operations">
      <table class="matrix stacks">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            {roles.map((role) => (
              <th scope="col" key={role}>
                {role}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {operations.map((operation) => (
            <Row
              key={operation.field}
              operation={operation}
              report={report}
              open={open}
              onOpen={(cell) => setOpen(cell === open ? undefined : cell)}
            />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** One operation. `open` names the open cell of the whole matrix. */
interface RowProps {
  readonly operation: Operation;
  readonly report: CurrentAccess;
  readonly open: string | undefined;
  readonly onOpen: (cell: string) => void;
}

/** An operation with its cells and, below them, the grants of the open one. */
function Row({ operation, report, open, onOpen }: RowProps) {
  const { field, root, upstream, rule, cells } = operation;
  // -1: the open cell is in another row.
  const opened = cells.findIndex((_, index) => open === `${field} ${report.roles[index]}`);
  return (
    <>
      <tr>
        <th scope="row" title={`${root}, ${upstream ?? 'answered by the gateway'}`}>
          <code>{field}</code>
          <span class="rule">{rule}</span>
        </th>
        {cells.map((cell, index) => (
          <td key={report.roles[index]} data-kind={cell.kind} data-title={report.roles[index]}>
            <CellText cell={cell} isOpen={index === opened} onOpen={() => onOpen(`${field} ${report.roles[index]}`)} />
          </td>
        ))}
      </tr>
      {opened >= 0 && (
        <tr class="detail">
          <td colSpan={cells.length + 1}>
            <strong>{report.roles[opened]}</strong> gets <code>{field}</code> by
            <ul class="plain">
              {cells[opened]?.grants.map((index) => (
                <li key={index}>
                  <code>{report.grants[index]?.text}</code>
                </li>
              ))}
            </ul>
          </td>
        </tr>
      )}
    </>
  );
}

/** Only a cell that depends on paths has grants to show: `all`, `none` and `custom` come from the access rule alone. */
function CellText({
  cell,
  isOpen,
  onOpen,
}: {
  readonly cell: Operation['cells'][number];
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}) {
  if (cell.kind === 'all') return <span class="mark yes">yes</span>;
  if (cell.kind === 'none') return <span class="mark none">no</span>;
  if (cell.kind === 'custom') return <span class="mark depends">{cell.text}</span>;
  return (
    <button type="button" class="cell" aria-expanded={isOpen} onClick={onOpen}>
      {cell.text}
    </button>
  );
}
