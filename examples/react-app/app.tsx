import { type FormEvent, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createGatewayClient, type Execution, type GatewayClient } from '../../client/noetl-gateway-client.ts';

// The gateway's CORS_ALLOWED_ORIGINS must name the origin of this page; `npm run dev` allows pages of this machine.
const url = import.meta.env['VITE_GATEWAY_URL'] ?? 'http://localhost:8090';

/** Logs in with a session token and lists the playbooks that its user may view. */
function App() {
  const [token, setToken] = useState('');
  const [paths, setPaths] = useState<readonly string[]>();
  const [problem, setProblem] = useState('');
  // A client sends one session's token, so another token needs another client.
  const client = useMemo(() => createGatewayClient({ url, token }), [token]);
  const load = (event: FormEvent) => {
    event.preventDefault();
    // Only playbooks that the user may view are in the answer.
    client.playbooks({ resourceType: 'Playbook' }).then(
      (found) => setPaths(found?.entries.map(({ path }) => path)),
      (error) => setProblem(String(error)),
    );
  };
  if (paths !== undefined) return <Runner client={client} paths={paths} />;
  return (
    <form onSubmit={load}>
      <label>
        Session token <input value={token} onChange={({ target }) => setToken(target.value)} required />
      </label>
      <button type="submit">Log in</button>
      <p role="alert">{problem}</p>
    </form>
  );
}

/** Runs a playbook and shows its steps as they happen. */
function Runner({ client, paths }: { readonly client: GatewayClient; readonly paths: readonly string[] }) {
  const [path, setPath] = useState(paths[0] ?? '');
  const [execution, setExecution] = useState<Execution>();
  const [problem, setProblem] = useState('');
  const [isRunning, setRunning] = useState(false);
  const stop = useRef(new AbortController());

  const start = async (event: FormEvent) => {
    event.preventDefault();
    // A signal is aborted once, so each run has its own.
    stop.current = new AbortController();
    setExecution(undefined);
    setProblem('');
    setRunning(true);
    const options = { onUpdate: setExecution, signal: stop.current.signal, cancelOnAbort: true };
    // FAILED and CANCELLED are results; what rejects is a call that failed, with a stable `code`.
    await client.run(path, {}, options).then(setExecution, (error) => setProblem(String(error)));
    setRunning(false);
  };
  return (
    <form onSubmit={start}>
      <label>
        Playbook{' '}
        <select value={path} onChange={({ target }) => setPath(target.value)}>
          {paths.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={isRunning}>
        Run
      </button>
      <button type="button" disabled={!isRunning} onClick={() => stop.current.abort()}>
        Cancel
      </button>
      <p role="alert">{problem}</p>
      <output>{execution?.status}</output>
      <ol>
        {execution?.steps?.map(({ name, status }) => (
          <li key={name}>{`${name}: ${status}`}</li>
        ))}
      </ol>
      <pre>{JSON.stringify(execution?.result, null, 2)}</pre>
    </form>
  );
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id root');
createRoot(root).render(<App />);
