/** A search is sent with Enter or the button, and not with each letter: each is an address. */
interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  /** @param text without blanks at its ends; empty: no search */
  readonly onSearch: (text: string) => void;
}

/**
 * A search whose text is in the address; the key `/` leads here (`data-search`, see `keys.tsx`). The form is made anew
 * when the address has another text, since the input keeps what was typed.
 */
export function SearchField({ label, placeholder, value, onSearch }: SearchFieldProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get('text');
    onSearch(typeof text === 'string' ? text.trim() : '');
  };
  return (
    <search>
      <form class="search" onSubmit={submit} key={value}>
        <label>
          <span>{label}</span>
          <input
            name="text"
            type="search"
            data-search
            spellcheck={false}
            placeholder={placeholder}
            defaultValue={value}
          />
        </label>
        <button type="submit">Search</button>
      </form>
    </search>
  );
}
