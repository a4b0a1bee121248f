"""Prints the OpenAPI document of a release of NoETL: print_document.py FOLDER, into which its wheel was unpacked.

The server's application is made, and nothing is started: it connects to nothing. Packages that the release needs come from the Python that
runs this, which has another release installed.
"""

import contextlib
import importlib
import json
import os
import sys

SETTINGS = {
    "POSTGRES_HOST": "127.0.0.1",
    "POSTGRES_PORT": "5432",
    "POSTGRES_USER": "noetl",
    "POSTGRES_PASSWORD": "noetl",
    "POSTGRES_DB": "noetl",
    "NOETL_POSTGRES_DB": "noetl",
    "NOETL_USER": "noetl",
    "NOETL_PASSWORD": "noetl",
    "NOETL_SCHEMA": "noetl",
    "NOETL_HOST": "127.0.0.1",
    "NOETL_PORT": "8082",
    "NOETL_SERVER_URL": "http://127.0.0.1:8082",
    "NOETL_ENABLE_UI": "false",
    "NOETL_DEBUG": "false",
    "NOETL_SERVER_NAME": "document",
    "NOETL_SERVER": "uvicorn",
    "NOETL_SERVER_WORKERS": "1",
    "NOETL_SERVER_RELOAD": "false",
    "NOETL_AUTO_RECREATE_RUNTIME": "true",
    "NOETL_HEARTBEAT_RETRY_AFTER": "3",
    "NOETL_RUNTIME_SWEEP_INTERVAL": "15",
    "NOETL_RUNTIME_OFFLINE_SECONDS": "60",
    "NOETL_DISABLE_METRICS": "true",
    "NOETL_SERVER_METRICS_INTERVAL": "60",
    "NOETL_ENCRYPTION_KEY": "0123456789abcdef0123456789abcdef",
}


def document() -> dict:
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    module = importlib.import_module("noetl.server.app")
    app = module.create_app() if hasattr(module, "create_app") else module.app
    return app.openapi()


sys.path.insert(0, sys.argv[1])
# Releases write log lines to standard output.
with contextlib.redirect_stdout(sys.stderr):
    made = document()
print(json.dumps(made))
