const maxOrigins = 20;
const maxLength = 200;

/** The part of a logger that is used. */
interface Warn {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * Logs an origin that CORS refuses once, with the next step. At most 20 origins for a process: any page can choose one.
 * @param own the gateway's public origin, which is never reported
 */
export function reportRefusedOrigins(log: Warn, own: string | undefined): (origin: string) => void {
  const reported = new Set<string>();
  return (origin) => {
    const shown = origin.slice(0, maxLength);
    if (origin === own || reported.has(shown) || reported.size >= maxOrigins) return;
    reported.add(shown);
    log.warn(
      { origin: shown },
      'a page of this origin may not read answers of the gateway; if it is an app of yours, add the origin to CORS_ALLOWED_ORIGINS',
    );
  };
}
