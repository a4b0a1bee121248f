/** What the editors hold when the page opens. */
export interface OpenTab {
  readonly initialQuery: string;
  readonly initialVariables: string;
}

/**
 * The tab that was active at the last visit, as GraphiQL keeps it; `first` at the first visit, or when what is kept cannot
 * be read. GraphiQL adds an empty tab unless it is given the text of the one that it opens.
 */
export function keptTab(storage: Pick<Storage, 'getItem'>, first: OpenTab): OpenTab {
  try {
    const kept: unknown = JSON.parse(storage.getItem('graphiql:tabState') ?? 'null');
    const { tabs, activeTabIndex } = kept as { tabs: Record<string, unknown>[]; activeTabIndex: number };
    const { query, variables } = tabs[activeTabIndex] ?? {};
    // The form is GraphiQL's own and can change with its version.
    if (typeof query !== 'string') return first;
    return { initialQuery: query, initialVariables: typeof variables === 'string' ? variables : '' };
  } catch {
    return first;
  }
}
