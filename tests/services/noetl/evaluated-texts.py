"""Prints for each text whether NoETL would find a template in it.

Reads a JSON list of texts from standard input and writes a JSON list of booleans. A text is read as
noetl.core.dsl.render.render_template reads what a template became: JSON, else ast.literal_eval.
With the argument "quoted" the text stands between the quotes of a template, in every kind of quotes.
"""

import ast
import json
import sys
import warnings

warnings.simplefilter("ignore")
MARKS = ("{{", "{%", "{#")
QUOTED = ('["%s"]', "['%s']", '["""%s"""]', "['''%s''']", '{"k": "%s"}', "{'k': '%s', 'l': 1}")


def read(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from texts(key)
            yield from texts(member)
    elif isinstance(value, (list, tuple, set)):
        for member in value:
            yield from texts(member)


def has_mark(text, depth=0):
    if any(mark in text for mark in MARKS):
        return True
    if depth > 6:
        return False
    forms = {text, text.strip()}
    return any(has_mark(inner, depth + 1) for form in forms for inner in texts(read(form)) if inner != text)


def is_evaluated(text):
    if sys.argv[1:] != ["quoted"]:
        return has_mark(text)
    return any(has_mark(form.replace("%s", text)) for form in QUOTED)


print(json.dumps([is_evaluated(text) for text in json.load(sys.stdin)]))
