import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ConsoleSession } from '../../../gateway/console/console-answers.ts';
import type { GatewayClient } from './gateway-client.ts';

/** The session of the page, and how to call the gateway with it. */
export interface PageSession {
  readonly gateway: GatewayClient;
  readonly me: ConsoleSession;
  /** Ends the session at the gateway and leaves the page signed out. */
  readonly end: () => void;
}

/** Set below the sign-in; undefined outside of a session. */
export const SessionContext = createContext<PageSession | undefined>(undefined);

/** The session of the page. @throws Error when a part is used outside of a session: a defect of the page */
export function useSession(): PageSession {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('This part of the page needs a session.');
  return session;
}
