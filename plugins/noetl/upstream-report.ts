/** One change, and what it is about: a field, an operation or a grant. */
export interface UpstreamLine {
  readonly subject: string;
  readonly message: string;
}

/** An operation of NoETL that no row opens. It has either `row`, to be copied into the config, or `why`: it is not to be opened. */
export interface ClosedOperation {
  /** `METHOD /path`, as the document writes it. */
  readonly operation: string;
  /** Its effect, in words; absent for an operation without a special kind. */
  readonly does?: string;
  readonly row?: string;
  readonly why?: string;
  /** The pulled document does not have it. */
  readonly isNew: boolean;
}

/** The changes by NoETL's live document, and the closed operations. */
export interface UpstreamReport {
  /** Something open stops working. */
  readonly breaks: readonly UpstreamLine[];
  /** Opens more, or may stop something. */
  readonly decide: readonly UpstreamLine[];
  /** New arguments and members of what is open; closed until `generate --accept <field>`. */
  readonly added: readonly (UpstreamLine & { readonly accept: string })[];
  /** Other changes of what is open. */
  readonly harmless: readonly UpstreamLine[];
  /** Operations that were closed and are gone, or changed. */
  readonly closedGone: readonly string[];
  readonly closedChanged: readonly string[];
  readonly closed: readonly ClosedOperation[];
}

/** The document that the schema was generated from. */
export interface PulledDocument {
  /** A URL or the name of a file. */
  readonly source?: string;
  /** ISO 8601. */
  readonly date?: string;
  readonly operations?: number;
}
