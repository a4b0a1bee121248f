import { useMemo, useState } from 'preact/hooks';
import { rowsOf } from '../api/gateway-client.ts';
import { sizeText } from '../api/time.ts';
import { Scroll } from './controls.tsx';

/** Bounds of what is drawn: a result can be as large as NoETL's answer. */
const shownCharacters = 20_000;
const shownRows = 200;

/**
 * A JSON value: cut on screen, whole when copied or downloaded; as a table where it is a list of rows.
 * @param name of the downloaded file, without `.json`
 */
export function JsonView({ value, name }: { readonly value: unknown; readonly name: string }) {
  // `stringify` answers undefined for undefined, which is not in its type.
  const text = useMemo(() => JSON.stringify(value, undefined, 2) ?? 'null', [value]);
  const rows = useMemo(() => rowsOf(value), [value]);
  // JSON first: a table leaves out how the value is nested.
  const [asTable, setAsTable] = useState(false);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  const download = () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    Object.assign(document.createElement('a'), { href: url, download: `${name}.json` }).click();
    // The address would keep the text in memory until the page is closed.
    URL.revokeObjectURL(url);
  };
  return (
    <div class="json">
      <p class="tools">
        <span class="quiet">{sizeText(new Blob([text]).size)}</span>
        <button type="button" onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" onClick={download}>
          Download
        </button>
        {rows !== undefined && (
          <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'As JSON' : 'As table'}
          </button>
        )}
      </p>
      {asTable && rows !== undefined ? (
        <RowTable rows={rows} />
      ) : (
        <Scroll label={name}>
          <pre>{text.length > shownCharacters ? text.slice(0, shownCharacters) : text}</pre>
        </Scroll>
      )}
      {!asTable && text.length > shownCharacters && (
        <p class="quiet">The first {sizeText(shownCharacters)} are shown. Download it to read the rest.</p>
      )}
    </div>
  );
}

/** Rows as a table. Rows may have different members; the columns are all of them, in the order of their first use. */
function RowTable({ rows }: { readonly rows: readonly Readonly<Record<string, unknown>>[] }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <>
      <Scroll label="Rows">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th scope="col" key={column}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shownRows).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of data have no other name, and never move.
              <tr key={index}>
                {columns.map((column) => (
                  <td key={column} class={typeof row[column] === 'number' ? 'number' : undefined}>
                    {cellText(row[column])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > shownRows && (
        <p class="quiet">
          The first {shownRows} of {rows.length} rows are shown.
        </p>
      )}
    </>
  );
}

const cellText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
