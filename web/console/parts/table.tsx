import type { ComponentChildren } from 'preact';
import { Scroll } from './scroll.tsx';

/** A column. Titles are unique in a table: they are its keys. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** What the row is called: the header of the row for screen readers. One column of a table has it. */
  readonly isName?: boolean;
}

/** `class` beside the style of all tables; see `style/tables.css` and `style/phone.css`. */
interface TableProps<Row> {
  /** What the table is, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** A name of the row that stays the same when the rows are read again. */
  readonly keyOf: (row: Row) => string;
  readonly class?: string;
}

/** A table that scrolls by itself when it is wide. On a phone each row is a block, and each cell has the title of its column. */
export function Table<Row>({ label, columns, rows, keyOf, class: name }: TableProps<Row>) {
  return (
    <Scroll label={label}>
      <table class={`stacks ${name ?? ''}`}>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th scope="col" key={title} class={isNumber ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, isNumber, isName }) =>
                isName ? (
                  <th scope="row" key={title}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={title} data-title={title} class={isNumber ? 'number' : undefined}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
