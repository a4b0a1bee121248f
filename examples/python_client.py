"""Starts a playbook from Python and waits for its result. It needs nothing but the standard library.

    GATEWAY_URL=http://localhost:8090 SESSION=<session token> python3 examples/python_client.py regression_test/hello_world
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

START = "mutation ($name: String!, $variables: JSON) { executePlaybook(name: $name, variables: $variables) { id } }"
READ = "query ($id: ID!) { execution(id: $id) { id status result error } }"


class GatewayError(Exception):
    """A refused or failed call. `code` is stable, for example ERR_ACCESS_DENIED."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Gateway:
    def __init__(self, url, session):
        self.url = url.rstrip("/")
        self.session = session

    def ask(self, query, **variables):
        """The `data` of a GraphQL answer. Raises GatewayError with the code of the first error."""
        request = urllib.request.Request(
            f"{self.url}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"content-type": "application/json", "authorization": f"Bearer {self.session}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as refused:  # 401, 429 and 503 have a body of the same form
            answer = json.load(refused)
        except urllib.error.URLError as away:
            raise GatewayError("ERR_NETWORK", f"{self.url} does not answer ({away.reason})") from away
        for error in answer.get("errors", []):
            raise GatewayError(error["extensions"]["code"], error["message"])
        return answer["data"]

    def run(self, name, variables=None, timeout=120):
        """Starts a playbook and returns its execution when it is over, whatever its status."""
        execution_id = self.ask(START, name=name, variables=variables or {})["executePlaybook"]["id"]
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            execution = self.ask(READ, id=execution_id)["execution"]
            if execution["status"] in ("COMPLETED", "FAILED", "CANCELLED"):
                return execution
            time.sleep(0.5)
        raise TimeoutError(f"execution {execution_id} is still running; it goes on in NoETL")


def main(path="regression_test/hello_world", variables="{}"):
    session = os.environ.get("SESSION", "")
    if session == "":
        print("Set SESSION to a session token, for example one that npm run dev prints.", file=sys.stderr)
        return 2
    gateway = Gateway(os.environ.get("GATEWAY_URL", "http://localhost:8090"), session)
    try:
        execution = gateway.run(path, json.loads(variables))
    except GatewayError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(execution))
    return 0 if execution["status"] == "COMPLETED" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
