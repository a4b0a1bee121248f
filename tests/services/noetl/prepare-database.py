"""Makes the database of a test NoETL, removes it, or adds executions of a playbook that ended, one for each minute before now:
python prepare-database.py NAME [--drop | --past PATH COUNT]."""

import pathlib
import sys

import noetl
import psycopg

name = sys.argv[1]
where = "host=127.0.0.1 port=5432 user=postgres"


def run(database: str, *statements: str) -> None:
    with psycopg.connect(f"{where} dbname={database}", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


if "--past" in sys.argv:
    path, count = sys.argv[3:]
    with psycopg.connect(f"{where} dbname={name}", autocommit=True) as connection:
        connection.execute(
            """INSERT INTO noetl.execution (execution_id, catalog_id, status, last_event_type, start_time, end_time)
            SELECT 1000000 - n, c.catalog_id, 'COMPLETED', 'playbook.completed', now() - n * interval '1 minute', now()
            FROM noetl.catalog c, generate_series(1, %s) n WHERE c.path = %s""",
            (int(count), path),
        )
    sys.exit()
run("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
if "--drop" in sys.argv:
    sys.exit()
run("postgres", f'CREATE DATABASE "{name}"')
ddl = pathlib.Path(noetl.__file__).parent / "database/ddl/postgres/schema_ddl.sql"
run(
    name,
    "DO $$ BEGIN CREATE ROLE noetl LOGIN PASSWORD 'noetl'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    "CREATE SCHEMA noetl AUTHORIZATION noetl",
)
with psycopg.connect(f"host=127.0.0.1 port=5432 user=noetl password=noetl dbname={name}", autocommit=True) as connection:
    connection.execute("SET search_path TO noetl")
    connection.execute(ddl.read_text())
