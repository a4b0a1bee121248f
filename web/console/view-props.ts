/** What a view is drawn from: the address, so that every state has a link. */
export interface ViewProps {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}
