"""Fails unless every operation of a document has succeeded at least once: what always refuses shows nothing of what it answers.

    schemathesis-reached.py DOCUMENT FOLDER [OPERATION_ID …]

DOCUMENT is the file of the document, FOLDER holds what was asked in HTTP archives; the operations that follow are exempt.
"""

import json
import pathlib
import re
import sys
import urllib.parse

document, folder, exempt = json.load(open(sys.argv[1])), pathlib.Path(sys.argv[2]), set(sys.argv[3:])
base = urllib.parse.urlsplit(document["servers"][0]["url"]).path

operations = []
for path, item in document["paths"].items():
    pattern = re.compile(re.sub(r"\\\{[^}]*\}", "[^/]*", re.escape(base + path)))
    varies = (path.count("{"), -len(path))
    operations += [(varies, method.upper(), pattern, operation["operationId"]) for method, operation in item.items()]
# A path of which less varies goes before one that also fits.
operations.sort(key=lambda operation: operation[0])

missing = {identifier for *_, identifier in operations} - exempt
for archive in folder.glob("*.har"):
    for entry in json.load(open(archive))["log"]["entries"]:
        if 200 <= entry["response"]["status"] < 300:
            path = urllib.parse.urlsplit(entry["request"]["url"]).path
            fitting = (o for o in operations if o[1] == entry["request"]["method"] and o[2].fullmatch(path))
            found = next(fitting, None)
            if found:
                missing.discard(found[3])
if missing:
    sys.exit(f"never succeeded, so that what it answers was not seen: {', '.join(sorted(missing))}")
